"""The open grants of a person: their own, and those to their roles and team."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from records.models import GRANTS
from records.models.access import REDATE, Person, permission_id
from records.rules import WindowLimit

from .words import back

SHOWN = 20


@dataclass(frozen=True)
class OwnGrant:
    """A grant as its holder reads it: on which record, how far back, until when, by whom, why, through which group."""

    record: Any
    covers: bool
    far: str
    until: dt.datetime | None
    by: str
    why: str
    through: str
    granted_at: dt.datetime


def own_grants(who: Person, windows: dict[tuple[str, str], list[WindowLimit]], at: dt.datetime) -> list[OwnGrant]:
    """Grants to change entry times in force at `at`, on records that are not archived; the newest twenty.

    `windows` are those of the person's roles: on a granted record they hold too, and the wider one counts.
    """
    found = []
    for name, (to_person, to_group) in GRANTS.items():
        if permission_id(REDATE.format(name)) is None:
            continue
        for grants in (to_person.objects.filter(user=who.id), to_group.objects.filter(group__in=who.groups)):
            found += [_own(grant, windows) for grant in _read(grants, name, at)]
    return sorted(found, key=lambda grant: grant.granted_at, reverse=True)[:SHOWN]


def _read(grants: QuerySet, name: str, at: dt.datetime) -> QuerySet:
    joins = ["content_object", "granted_by"]
    if name != "customer":
        joins.append("content_object__customer")
    if any(f.name == "group" for f in grants.model._meta.fields):
        joins += ["group__role", "group__team"]
    rows = grants.in_force(at).filter(  # type: ignore[attr-defined]
        permission=permission_id(REDATE.format(name)), content_object__archived_at=None
    )
    passwords = ("granted_by__password", "granted_by__email")
    return rows.select_related(*joins).defer(*passwords).order_by("-granted_at", "-pk")[:SHOWN]


def _own(grant: Any, windows: dict[tuple[str, str], list[WindowLimit]]) -> OwnGrant:
    record = grant.content_object
    cell = (record._meta.model_name, "key" if record.is_key else "ordinary")
    mine = WindowLimit(None if grant.no_limit else grant.days_back, grant.days_forward, grant.longest_move)
    widest = max([mine, *windows.get(cell, [])], key=lambda w: (w.days_back is None, w.days_back or 0))
    return OwnGrant(
        record=record,
        covers=grant.covers,
        far=back(widest),
        until=grant.until,
        by=str(grant.granted_by),
        why=grant.why,
        through=_through(getattr(grant, "group", None)),
        granted_at=grant.granted_at,
    )


def _through(group: Any) -> str:
    if group is None:
        return ""
    if hasattr(group, "role"):
        return _("Role %(name)s") % {"name": group.role.name}
    return _("Team %(name)s") % {"name": group.team.name} if hasattr(group, "team") else ""
