"""What the access page of a record shows: roles, the owner rule, grants in force, and those that have ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.words import in_a_row

from .models import GRANTS, Window
from .models.access import REDATE
from .services.judging import class_of
from .who_may import holder_name, people_of, roles_that_may

SHOWN, ENDED_SHOWN, PEOPLE_SHOWN = 200, 20, 30
COLUMNS = ("until", "days_back", "days_forward", "no_limit", "longest_move", "covers", "why")


@dataclass(frozen=True)
class GrantRow:
    """A grant as the page shows it. `here` is false for one on the customer that covers the record."""

    kind: str  # the record type it is on
    holder: str  # "user" or "group"
    pk: int
    name: str
    people: int  # active ones it speaks for
    here: bool
    codename: str
    until: dt.datetime | None
    days_back: int
    days_forward: int
    no_limit: bool
    longest_move: int | None
    covers: bool
    why: str
    by: str
    ended_at: dt.datetime | None = None
    ended_by: str = ""
    ended_why: str = ""

    @property
    def redates(self) -> bool:
        """Whether it lets one change the entry time; otherwise see the record."""
        return self.codename == REDATE.format(self.kind)

    @property
    def reach(self) -> str:
        """How far back it lets one go, in words; empty for sight alone."""
        days = None if self.no_limit else self.days_back
        return days_in_words(days, self.longest_move) if self.redates else ""

    @property
    def ended_minute(self) -> dt.datetime | None:
        """When it ended, to the minute."""
        return self.ended_at.replace(second=0, microsecond=0) if self.ended_at else None


@dataclass(frozen=True)
class RoleRow:
    """A role that may, how far, and its people; `more` of them are not named."""

    name: str
    reach: str
    people: list[str]
    more: int


def days_in_words(days: int | None, longest: int | None = None) -> str:
    """How far back a window reaches, and how far a time may move at once."""
    if longest is not None:
        at_once = ngettext("%(n)d day at once", "%(n)d days at once", longest) % {"n": longest}
        return in_a_row([days_in_words(days), at_once])
    if days is None:
        return _("no limit")
    if days == 0:
        return _("today only")
    return ngettext("%(days)s day back", "%(days)s days back", days) % {"days": days}


def reach_of(terms: Any) -> str:
    """How far back the terms of a grant let one go, in words; empty for sight alone."""
    return days_in_words(terms.window.days_back, terms.longest_move) if terms.kind == REDATE else ""


def roles(record: Any) -> list[RoleRow]:
    """The roles that may change the entry time, with their days and people. Three queries."""
    groups = list(roles_that_may(record).annotate(number=_people_in("pk")))
    rows = Window.objects.filter(
        role__group__in=groups, record_type=record._meta.model_name, customer_class=class_of(record)
    )
    windows = {
        group: (None if no_limit else back, longest) for group, no_limit, back, longest in rows.values_list(*WINDOW)
    }
    named: dict[int, list[str]] = {group.pk: [] for group in groups}
    for _pk, name, group in people_of(groups, PEOPLE_SHOWN):
        named[group.pk].append(name)
    return [_role_row(group, windows, named[group.pk]) for group in groups]


WINDOW = ("role__group", "no_limit", "days_back", "longest_move")


def _role_row(group: Any, windows: dict[int, tuple[int | None, int | None]], people: list[str]) -> RoleRow:
    reach = days_in_words(*windows[group.pk]) if group.pk in windows else _("no window set, so not at all")
    return RoleRow(str(group.role), reach, people, group.number - len(people))


def in_force(record: Any, at: dt.datetime) -> list[GrantRow]:
    """Grants that have not ended, those that end first on top. One query."""
    parts = [row_of(grants.in_force(at), *place) for grants, *place in _places(record)]
    rows = parts[0].union(*parts[1:], all=True).order_by("until", "name", "pk")[:SHOWN]
    return [GrantRow(**row) for row in rows]


def ended(record: Any, at: dt.datetime) -> list[GrantRow]:
    """The last grants that ended by themselves or were revoked. Two queries."""
    parts = [
        row_of(grants.filter(until__lte=at), *place, ended_at=F("until"), ended_by=Value(""), ended_why=Value(""))
        for grants, *place in _places(record)
    ]
    gone = [
        row_of(rows, *place, ended_at=F("history_date"), ended_by=F("actor_name"), ended_why=F("history_change_reason"))
        for rows, *place in _places(record, history=True)
    ]
    found = [*_newest(parts), *_newest(gone)]
    rows = [GrantRow(**_as_it_ended(row)) for row in found]
    return sorted(rows, key=lambda row: row.ended_at or at, reverse=True)[:ENDED_SHOWN]


def _newest(parts: list[QuerySet]) -> QuerySet:
    return parts[0].union(*parts[1:], all=True).order_by("-ended_at", "-pk")[:ENDED_SHOWN]


def _as_it_ended(row: dict[str, Any]) -> dict[str, Any]:
    """A row deleted after its end was only replaced: it ended by itself."""
    if row["until"] is not None and row["until"] <= row["ended_at"]:
        return row | {"ended_at": row["until"], "ended_by": "", "ended_why": ""}
    return row


def _places(record: Any, history: bool = False) -> Iterable[tuple[QuerySet, str, str, bool]]:
    """Grants, or the rows that deleting them left, on the record and on its customer with all under it."""
    name = record._meta.model_name
    found = [(name, Q(content_object=record.pk), True)]
    if name != "customer" and record.customer_id:
        found.append(("customer", Q(content_object=record.customer_id, covers=True), False))
    for kind, q, here in found:
        for model, holder in zip(GRANTS[kind], ("user", "group"), strict=True):
            rows = model.history.model.objects.filter(history_type="-") if history else model.objects.all()  # type: ignore[attr-defined]
            yield rows.order_by().filter(q), kind, holder, here


def row_of(grants: QuerySet, kind: str, holder: str, here: bool, **more: Any) -> QuerySet:
    """The columns of a GrantRow, and `more`, of grants or of rows of their history."""
    active = Case(When(user__is_active=True, then=1), default=0) if holder == "user" else _people_in("group")
    by = Coalesce(NullIf("granted_by__display_name", Value("")), "granted_by__username")
    return grants.values(
        *COLUMNS,
        kind=Value(kind),
        holder=Value(holder),
        pk=F("id"),
        name=holder_name(holder),
        people=active,
        here=Value(here),
        codename=F("permission__codename"),
        by=by,
        **more,
    )


def _people_in(group: str) -> Coalesce:
    """How many active people a group has."""
    members = get_user_model().groups.through.objects.filter(group=OuterRef(group), user__is_active=True)
    number = members.order_by().values("group").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(number), 0)
