"""Drift: one person's changes that lean to one side, and amount to much."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Max, Q, Sum

from audit.times import day_of, start_of_day

from .found import Found
from .looking import Look
from .thresholds import DRIFT_DAYS, DRIFT_MOVES, DRIFT_SHARE

_SHIFT = ExpressionWrapper(F("entered_at") - F("previous_entered_at"), output_field=DurationField())
_DAY = dt.timedelta(days=1)


@dataclass
class Lean:
    """What one person's moves of one month amount to."""

    name: str = ""
    count: int = 0
    earlier: int = 0
    total: dt.timedelta = dt.timedelta()
    newest: dt.datetime | None = None

    def add(self, row: dict[str, Any]) -> None:
        """The moves of a group: each counts, but those of a batch together as one move, by their mean."""
        parts = 1 if row["batch"] is None else row["count"]
        self.total += row["total"] / parts
        self.count += row["count"] if row["batch"] is None else 1
        self.earlier += row["earlier"] if row["batch"] is None else row["total"] < dt.timedelta()
        self.name = row["who"]
        self.newest = max(self.newest or row["newest"], row["newest"])

    @property
    def leans(self) -> bool:
        """Whether it is more than chance and more than little."""
        share = max(self.earlier, self.count - self.earlier) / self.count
        return self.count >= DRIFT_MOVES and share >= DRIFT_SHARE and abs(self.total) >= DRIFT_DAYS * _DAY


def drift(look: Look) -> Iterator[Found]:
    """People whose moves lean, month by month; whole months, so that a figure only grows. Twice as much is new."""
    month = day_of(look.since, look.zone).replace(day=1)
    while month <= day_of(look.at, look.zone):
        following = (month + dt.timedelta(days=32)).replace(day=1)
        for user, lean in _people(look, month, following).items():
            if lean.leans:
                yield _found(user, month, lean)
        month = following


def _people(look: Look, month: dt.date, following: dt.date) -> dict[int, Lean]:
    people: dict[int, Lean] = {}
    begins, ends = start_of_day(month, look.zone), start_of_day(following, look.zone)
    told = {
        "count": Count("pk"),
        "earlier": Count("pk", filter=Q(entered_at__lt=F("previous_entered_at"))),
        "total": Sum(_SHIFT),
        "newest": Max("history_date"),
        "who": Max("actor_name"),
    }
    for history in look.histories():
        rows = look.own_moves(history, begins).filter(history_date__lt=ends)
        for row in rows.values("history_user_id", "batch").annotate(**told).iterator():
            people.setdefault(row["history_user_id"], Lean()).add(row)
    return people


def _found(user: int, month: dt.date, lean: Lean) -> Found:
    earlier = lean.earlier * 2 > lean.count
    facts = {
        "name": lean.name,
        "people": [user],
        "count": lean.count,
        "to": "earlier" if earlier else "later",
        "aside": lean.earlier if earlier else lean.count - lean.earlier,
        "days": abs(lean.total) // _DAY,
        "month": month.isoformat(),
    }
    size = (lean.count // DRIFT_MOVES).bit_length()
    return Found("drift", f"{user}:{month:%Y-%m}:{size}", lean.newest, facts=facts)
