"""What a person may, and through what: each role with its windows, the owner rule, exceptions. Pure reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.utils.text import capfirst

from .access_panel import days_in_words
from .models import RECORDS, TypeRule, Window
from .models.access import KEY, OWN, REDATE, person


@dataclass(frozen=True)
class TypeLine:
    """A record type: how far on ordinary and on key records, "" for not at all."""

    name: str
    ordinary: str
    key: str


@dataclass(frozen=True)
class RoleLines:
    """A role and what it gives per type. `windows` alone, without the right, count where another source answers."""

    name: str
    lines: list[TypeLine]
    redates: bool


@dataclass(frozen=True)
class OwnerLine:
    """The owner rule of a type: whether it lets this person change the entry times of their own ordinary records."""

    name: str
    on: bool
    answers: bool


def roles_of(user: Any) -> list[RoleLines]:
    """The roles of the person, each with its days per type. Three queries."""
    groups = Group.objects.filter(user=user, role__isnull=False).select_related("role")
    groups = groups.prefetch_related("permissions").order_by("role__order", "role__key")
    rows = Window.objects.filter(role__group__user=user).select_related("role")
    windows = {(row.role.group_id, row.record_type, row.customer_class): row for row in rows}
    return [_role(group, windows) for group in groups]


def _role(group: Any, windows: dict[tuple[int, str, str], Window]) -> RoleLines:
    held = {permission.codename for permission in group.permissions.all()}
    lines = []
    for name, title in type_names().items():
        may = REDATE.format(name) in held
        days = {each: _days(windows.get((group.pk, name, each))) for each in ("ordinary", "key")}
        lines.append(TypeLine(title, days["ordinary"] if may else "", days["key"] if may and KEY in held else ""))
    return RoleLines(str(group.role), lines, any(line.ordinary or line.key for line in lines))


def _days(window: Window | None) -> str:
    return days_in_words(window.days_back, window.longest_move) if window else ""


def owner_rules_for(user: Any) -> list[OwnerLine]:
    """The owner rule of each type, and whether it answers for this person: they may own, and hold a window."""
    who = person(user)
    on = set(TypeRule.objects.filter(owners_may=True).values_list("record_type", flat=True))
    rows = Window.objects.filter(role__group__in=who.groups, customer_class="ordinary")
    windows = set(rows.values_list("record_type", flat=True))
    return [
        OwnerLine(title, name in on, name in on and OWN in who.permissions and name in windows)
        for name, title in type_names().items()
    ]


def type_names() -> dict[str, str]:
    """The record types, many, with a capital."""
    return {name: capfirst(str(model._meta.verbose_name_plural)) for name, model in RECORDS.items()}
