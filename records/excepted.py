"""Exceptions in force and ended, and every change that was made under one, newest first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.text import capfirst

from .models import RECORDS, PeriodException

SHOWN, ENDED_SHOWN, SIZE = 200, 50, 50
KINDS = tuple(RECORDS)


@dataclass(frozen=True)
class Row:
    """An exception as the page shows it; of an ended one also when, and by whom and why where it was revoked."""

    pk: int
    name: str
    is_group: bool
    record_type: str
    until: dt.datetime
    why: str
    by: str
    ended_at: dt.datetime | None = None
    ended_by: str = ""
    ended_why: str = ""

    @property
    def kind(self) -> str:
        """The record type in words."""
        return capfirst(str(RECORDS[self.record_type]._meta.verbose_name_plural))


def in_force(at: dt.datetime, pk: int | None = None) -> list[Row]:
    """Exceptions that have not ended, those that end first on top; or the one of that id."""
    rows = PeriodException.objects.in_force(at).order_by("until", "pk")
    rows = rows if pk is None else rows.filter(pk=pk)
    return _named(rows.values(*COLUMNS)[:SHOWN])


def ended(at: dt.datetime) -> list[Row]:
    """The last that ended by themselves or were revoked."""
    by_themselves = PeriodException.objects.filter(until__lte=at).order_by("-until", "-pk")
    revoked = PeriodException.history.filter(history_type="-").order_by("-history_id")
    columns = (*COLUMNS, "history_date", "actor_name", "history_change_reason")
    found = _named([*by_themselves.values(*COLUMNS)[:ENDED_SHOWN], *revoked.values(*columns)[:ENDED_SHOWN]])
    return sorted(found, key=lambda row: row.ended_at or row.until, reverse=True)[:ENDED_SHOWN]


COLUMNS = ("id", "user_id", "group_id", "record_type", "until", "why", "granted_by_id")


def _named(rows: Iterable[dict[str, Any]]) -> list[Row]:
    found = list(rows)
    people = get_user_model()._default_manager.in_bulk({row[n] for row in found for n in ("user_id", "granted_by_id")})
    groups = Group.objects.select_related("role", "team").in_bulk({row["group_id"] for row in found})
    return [
        Row(
            pk=row["id"],
            name=str(people.get(row["user_id"], "")) or _group(groups.get(row["group_id"])),
            is_group=row["group_id"] is not None,
            record_type=row["record_type"],
            until=row["until"],
            why=row["why"],
            by=str(people.get(row["granted_by_id"], "")),
            ended_at=row.get("history_date"),
            ended_by=row.get("actor_name", ""),
            ended_why=row.get("history_change_reason", ""),
        )
        for row in found
    ]


def _group(group: Any) -> str:
    return str(getattr(group, "role", None) or getattr(group, "team", None) or group or "")


# ---- what was changed under them ----


@dataclass(frozen=True)
class Change:
    """One change or creation under an exception. `before` is None for a creation."""

    record: Any
    at: dt.datetime
    actor: str
    before: dt.datetime | None
    after: dt.datetime
    words: str
    why: str  # of the exception


@dataclass(frozen=True)
class Changes:
    """A page of them; `older` is the key to go on from, or ""."""

    rows: list[Change]
    older: str


def changes(viewer: Any, after: str = "") -> Changes:
    """Changes under exceptions on records that the viewer may see, behind the key `after`. One query per type."""
    key = _read(after)
    found = [row for kind in KINDS for row in _rows(kind, viewer, key)]
    found.sort(key=lambda row: (-row["history_date"].timestamp(), row["kind"], -row["history_id"]))
    page = found[:SIZE]
    older = _write(page[-1]) if len(found) > SIZE else ""
    return Changes(_shown(page), older)


def _rows(kind: str, viewer: Any, key: tuple[dt.datetime, int, int] | None) -> list[dict[str, Any]]:
    model: Any = RECORDS[kind]
    visible = model.objects.visible_to(viewer).filter(pk=OuterRef("id"))
    rows: QuerySet = model.history.filter(Exists(visible), exception_id__isnull=False)
    number = KINDS.index(kind)
    if key is not None:
        at, its_kind, history_id = key
        beyond = Q(history_date__lt=at)
        if number == its_kind:
            beyond |= Q(history_date=at, history_id__lt=history_id)
        elif number > its_kind:
            beyond |= Q(history_date=at)
        rows = rows.filter(beyond)
    columns = ("history_id", "id", "history_date", "actor_name", "previous_entered_at", "entered_at")
    ordered = rows.order_by("-history_date", "-history_id")
    found = ordered.values(*columns, "history_change_reason", "exception_id")[: SIZE + 1]
    return [row | {"kind": number} for row in found]


def _shown(rows: list[dict[str, Any]]) -> list[Change]:
    records = {
        number: RECORDS[kind]._default_manager.in_bulk({row["id"] for row in rows if row["kind"] == number})
        for number, kind in enumerate(KINDS)
    }
    exceptions = PeriodException.history.filter(id__in={row["exception_id"] for row in rows}).order_by("history_id")
    why = dict(exceptions.values_list("id", "why"))
    return [
        Change(
            record=records[row["kind"]].get(row["id"]),
            at=row["history_date"],
            actor=row["actor_name"],
            before=row["previous_entered_at"],
            after=row["entered_at"],
            words=row["history_change_reason"],
            why=why.get(row["exception_id"], ""),
        )
        for row in rows
    ]


def _write(row: dict[str, Any]) -> str:
    return f"{row['history_date'].isoformat()}~{row['kind']}~{row['history_id']}"


def _read(text: str) -> tuple[dt.datetime, int, int] | None:
    """The key, or None for what was never one."""
    try:
        at, kind, history_id = text.split("~")
        moment = dt.datetime.fromisoformat(at)
        numbers = int(kind), int(history_id)
    except ValueError:
        return None
    return (moment, *numbers) if moment.tzinfo and 0 <= numbers[1] < 2**63 else None
