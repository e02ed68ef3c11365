"""What a role may, in few words: for the list of roles, and beside each role where one is chosen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from crm.models import Role
from records.models import RECORDS, TypeRule, Window
from records.models.access import KEY, OWN, REDATE
from records.permissions import SENTENCES, TYPES

from .words import back, days

SHOWN = "customer"  # the type whose windows the list shows


@dataclass(frozen=True)
class RoleFacts:
    """A role with its number of people, what it may move the entry time of, how far back, and what it may besides."""

    role: Role
    people: int
    moves: str
    ordinary: str
    key: str
    also: str
    summary: str


def role_facts() -> list[RoleFacts]:
    """All roles in their order, in four queries."""
    roles = Role.objects.select_related("group").prefetch_related("group__permissions")
    owners_may = TypeRule.objects.filter(record_type=SHOWN, owners_may=True).exists()
    windows = {(w.role_id, w.customer_class): w for w in Window.objects.filter(record_type=SHOWN)}
    return [_facts(role, windows, owners_may) for role in roles.annotate(people=Count("group__user"))]


def _facts(role: Any, windows: dict[tuple[int, str], Window], owners_may: bool) -> RoleFacts:
    held = {permission.codename for permission in role.group.permissions.all()}
    ordinary, key = windows.get((role.pk, "ordinary")), windows.get((role.pk, "key"))
    moves = _moves(held, ordinary, key, owners_may)
    if moves is None:
        ordinary = key = None
    also = _also(held)
    summary = _("%(what)s: %(far)s") % {"what": moves, "far": back(ordinary or key)} if moves else also
    return RoleFacts(
        role, role.people, moves or _("None"), days(ordinary), days(key if KEY in held else None), also, summary
    )


def _moves(held: set[str], ordinary: Window | None, key: Window | None, owners_may: bool) -> str | None:
    if REDATE.format(SHOWN) in held and KEY in held and key:
        return _("All records") if ordinary else _("All key records")
    if REDATE.format(SHOWN) in held and ordinary:
        return _("All ordinary records")
    if OWN in held and owners_may and ordinary:
        return _("Own ordinary records")
    return None


def _also(held: set[str]) -> str:
    if "manage_people" in held:
        return _("Rules, periods and people")
    if "review_changes" in held:
        return _("Reads all, changes nothing")
    if "grant_access" in held:
        return _("Grants access, assigns owners, imports")
    return _("Asks for the rest")


def sentences(role: Role) -> list[tuple[str, list[str]]]:
    """What the role may, a sentence each, with the record types it holds for."""
    held = set(role.group.permissions.values_list("codename", flat=True))
    found = []
    for name, said in SENTENCES.items():
        types = [kind for kind in TYPES if name.format(kind) in held]
        if types:
            found.append((str(said), list(_plural(types)) if "{}" in name else []))
    return found


def _plural(types: Iterable[str]) -> Iterable[str]:
    return (str(RECORDS[kind]._meta.verbose_name_plural) for kind in types)
