"""All grants on one page: those in force, ending soon, ended, and those granted, used and revoked within a day.

Eight tables are merged by their moment. Each gives one page of its own index, so more grants cost no more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.signing import BadSignature, Signer
from django.db.models import F, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from audit.times import distance

from .access_panel import GrantRow, row_of
from .models import GRANTS, RECORDS
from .models.access import Person, grantable, person
from .quick_grants import LOOKED_AT, quick

SIZE = 50
SOON, MONTH = dt.timedelta(days=7), dt.timedelta(days=31)
TITLES = {"customer": "name", "opportunity": "name", "followup": "summary", "contract": "name"}
SHOWN = ("", "soon", "ended", "quick")


@dataclass(frozen=True)
class ListedRow(GrantRow):
    """A grant with its record; `began_at`, `used`: when it was given and first used, where that is asked."""

    record_id: int = 0
    title: str = ""
    number: str = ""
    moment: dt.datetime | None = None  # what the list is sorted by, then by table and id
    place: int = 0
    row_id: int = 0
    began_at: dt.datetime | None = None
    used: dt.datetime | None = None
    asked_at: dt.datetime | None = None

    @property
    def singular(self) -> str:
        """The type of the record with a capital."""
        return RECORDS[self.kind]().singular

    @property
    def began_minute(self) -> dt.datetime | None:
        """When it was given, to the minute."""
        return self.began_at.replace(second=0, microsecond=0) if self.began_at else None

    @property
    def revoked(self) -> bool:
        """Whether somebody ended it before its time."""
        return bool(self.ended_by and self.ended_at and self.until and self.ended_at < self.until)

    @property
    def soon(self) -> str:
        """How soon it ends, in words, within a month."""
        left = self.until - self.asked_at if self.until and self.asked_at else dt.timedelta(days=-1)
        if not dt.timedelta() < left <= MONTH:
            return ""
        rounded = dt.timedelta(days=left.days) if left.days else left
        return _("in %(distance)s") % {"distance": distance(rounded)}

    @property
    def address(self) -> str:
        """The record's page."""
        return RECORDS[self.kind](pk=self.record_id).get_absolute_url()


@dataclass(frozen=True)
class Wanted:
    """Which grants: `show` is one of SHOWN; of these people and groups (all where None), on records of that type."""

    show: str = ""
    users: frozenset[int] | None = None
    groups: frozenset[int] | None = None
    record_type: str = ""
    words: str = ""

    @property
    def ended(self) -> bool:
        """Whether the newest come first: what is over."""
        return self.show in ("ended", "quick")


@dataclass(frozen=True)
class GrantPage:
    """Rows in order; `before` and `after` are keys to go on from, "" at an end."""

    rows: list[ListedRow]
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class _Table:
    """One table of grants, or of their history, with its place in the order and the column that sorts it."""

    rows: QuerySet
    kind: str
    holder: str
    place: int
    moment: str
    key: str


def listed(
    wanted: Wanted, user: Any, at: dt.datetime, *, after: str = "", before: str = "", size: int = SIZE
) -> GrantPage:
    """A page of the grants that `user` may give and end, at the aware moment `at`. One statement."""
    key = _read(wanted, before) if before else None
    backwards = key is not None
    key = key or _read(wanted, after)
    found = _fetch(wanted, user, at, key, backwards, size + 1)
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_before, has_after = (more, True) if backwards else (key is not None, more)
    first, last = (_write(wanted, found[0]), _write(wanted, found[-1])) if found else ("", "")
    return GrantPage(found, first if has_before else "", last if has_after else "")


def _fetch(wanted: Wanted, user: Any, at: dt.datetime, key: Any, backwards: bool, size: int) -> list[ListedRow]:
    down, parts = wanted.ended != backwards, []
    for table in _tables(wanted, user, at):
        rows = table.rows.filter(_beyond(table, key, down)) if key else table.rows
        first = rows.order_by(*_order((table.moment, table.key), down)).values("pk")[:size]
        parts.append(_columns(table, table.rows.model._default_manager.order_by().filter(pk__in=first), wanted))
    if not parts:
        return []
    merged = parts[0].union(*parts[1:], all=True).order_by(*_order(("moment", "place", "row_id"), down))
    return [ListedRow(**row, asked_at=at) for row in merged[:size]]


def _tables(wanted: Wanted, user: Any, at: dt.datetime) -> Iterator[_Table]:
    who = person(user)
    for number, (kind, holder) in enumerate((kind, holder) for kind in GRANTS for holder in ("user", "group")):
        model: Any = GRANTS[kind][holder == "group"]
        held = _of_holders(wanted, holder)
        if held is None or (wanted.record_type and kind != wanted.record_type):
            continue

        def of(rows: Any, kind: str = kind, held: Q = held) -> QuerySet:
            return on_records(rows.filter(held), kind, wanted.words, user, who)

        if wanted.show in ("", "soon"):
            rows = model.objects.in_force(at)
            rows = rows.filter(until__lte=at + SOON) if wanted.show else rows
            yield _Table(of(rows), kind, holder, number, "until", "id")
        else:
            gone = model.history.model.objects.filter(history_type="-")
            if wanted.show == "quick":
                gone = quick(gone.filter(history_date__gte=at - LOOKED_AT), kind, holder)
            yield _Table(of(gone), kind, holder, number, "history_date", "history_id")
        if wanted.show == "ended":
            yield _Table(of(model.objects.filter(until__lte=at)), kind, holder, number + 8, "until", "id")


def _of_holders(wanted: Wanted, holder: str) -> Q | None:
    """Grants to those asked for; None where none of this kind of holder is."""
    if wanted.users is None and wanted.groups is None:
        return Q()
    ids = (wanted.users if holder == "user" else wanted.groups) or ()
    return Q(**{f"{holder}__in": ids}) if ids else None


def on_records(rows: QuerySet, kind: str, words: str, user: Any, who: Person) -> QuerySet:
    """Of the grants those that the person may end, on records that they may see and that hold the words."""
    records: Any = RECORDS[kind].objects
    rows = rows.filter(grantable(who, RECORDS[kind]))
    if not (who.sees_all and f"view_{kind}" in who.permissions):
        rows = rows.filter(content_object__in=records.visible_to(user).values("pk"))
    return rows.filter(content_object__in=records.matching(words).values("pk")) if words else rows


def _columns(table: _Table, rows: QuerySet, wanted: Wanted) -> QuerySet:
    title = f"content_object__{TITLES[table.kind]}"
    columns = {
        "record_id": F("content_object_id"),
        "title": Cast(title, TextField()),
        "number": F("content_object__number"),
        "moment": F(table.moment),
        "place": Value(table.place),
        "row_id": F(table.key),
    }
    if wanted.ended:
        by, why = ("actor_name", "history_change_reason") if table.key == "history_id" else (Value(""), Value(""))
        columns |= {"ended_at": F(table.moment), "ended_by": _text(by), "ended_why": _text(why)}
    if wanted.show == "quick":
        rows = quick(rows, table.kind, table.holder)
        columns |= {"began_at": F("granted_at"), "used": F("used_at")}
    return row_of(rows, table.kind, table.holder, True, **columns)


def _text(value: Any) -> Cast:
    return Cast(value, TextField())


def _order(names: tuple[str, ...], down: bool) -> list[str]:
    return [f"-{name}" if down else name for name in names]


def _beyond(table: _Table, key: tuple[dt.datetime, int, int], down: bool) -> Q:
    """Rows of one table behind the row with that key in the merged order."""
    moment, place, row_id = key
    way = "lt" if down else "gt"
    later = Q(**{f"{table.moment}__{way}": moment})
    if table.place != place:
        return Q(**{f"{table.moment}__{way}e": moment}) if (table.place < place) == down else later
    return Q(**{f"{table.moment}__{way}e": moment}) & (later | Q(**{f"{table.key}__{way}": row_id}))


def _signer(wanted: Wanted) -> Signer:
    return Signer(salt=f"all_grants.{wanted.show}")


def _write(wanted: Wanted, row: ListedRow) -> str:
    return _signer(wanted).sign_object([row.moment.isoformat(), row.place, row.row_id]) if row.moment else ""


def _read(wanted: Wanted, key: str) -> tuple[dt.datetime, int, int] | None:
    """The key of a row; None for one that was not made here for this list."""
    try:
        moment, place, row_id = _signer(wanted).unsign_object(key)
    except BadSignature:
        return None
    return dt.datetime.fromisoformat(moment), place, row_id
