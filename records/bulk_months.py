"""The monthly totals that a bulk change moves: before and after, of the records that the viewer may see."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from audit.times import start_of_day

from .keyset import Counted
from .models import RECORDS, BulkChange
from .services.bulk_changes import MOVE, TOLD
from .services.bulk_preview import months_between

SHOWN = 24  # months, those that move most
MOST = 100_000  # records of a month are counted no further


@dataclass(frozen=True)
class Month:
    """A month of the company's zone, like "2026-03": how many leave and enter it, and how many stand in it now."""

    name: str
    leave: int
    enter: int
    before: int

    @property
    def uncounted(self) -> bool:
        """Whether more stand in it than were counted."""
        return self.before > MOST

    @property
    def after(self) -> int:
        """How many will stand in it."""
        return self.before - self.leave + self.enter

    @property
    def net(self) -> str:
        """By how much it changes, with its sign."""
        return f"{self.enter - self.leave:+,}".replace("-", "−")


def months_of(bulk: BulkChange, user: Any, zone: dt.tzinfo) -> tuple[list[Month], int]:
    """The months that move once the allowed rows are done, newest first, and how many are not shown.

    What a trial did already counts as standing. Two queries, however many rows and months.
    """
    if bulk.kind != MOVE or bulk.state == BulkChange.State.DONE:
        return [], 0
    moving = _moving(bulk, zone)
    most = sorted(moving, key=lambda name: sum(moving[name]), reverse=True)[:SHOWN]
    found = sorted(most, reverse=True)
    totals = _totals(bulk, found, user, zone)
    months = [Month(name, *moving[name], total) for name, total in zip(found, totals, strict=True)]
    return months, len(moving) - len(found)


def _moving(bulk: BulkChange, zone: dt.tzinfo) -> dict[str, list[int]]:
    """How many leave and enter each month, without those that were done or left out already."""
    settled = bulk.rows.filter(verdict="ok", after__isnull=False).exclude(outcome="")
    done = months_between(settled.values_list("before", "after"), zone)
    none = [0, 0]
    moving = {
        name: [number - gone for number, gone in zip(both, done.get(name, none), strict=True)]
        for name, both in bulk.spec.get(TOLD, {}).items()
    }
    return {name: both for name, both in moving.items() if any(both)}


def _totals(bulk: BulkChange, names: list[str], user: Any, zone: dt.tzinfo) -> list[int]:
    """How many records stand in each month, counted no further than MOST + 1. One query."""
    model: Any = RECORDS[bulk.record_type]
    rows, counts = model.objects.visible_to(user).live(), {}
    for name in names:
        first = dt.date(int(name[:4]), int(name[5:]), 1)
        edges = start_of_day(first, zone), start_of_day((first + dt.timedelta(days=31)).replace(day=1), zone)
        counts[f"in_{name[:4]}_{name[5:]}"] = Counted(
            rows.filter(entered_at__gte=edges[0], entered_at__lt=edges[1]), MOST
        )
    if not counts:
        return []
    found = BulkChange.objects.filter(pk=bulk.pk).annotate(**counts).values_list(*counts).get()
    return list(found)
