"""How many changes wait for a review, how long, and how many were reviewed, by month."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.db.models import Min, Subquery

from audit.models import Review, ReviewItem
from audit.times import day_of, start_of_day

from .keyset import COUNTED, Counted
from .models import CompanyRules
from .review_risk import BANDS

MONTHS = 6
OPEN, OK, BACK = "open", "ok", "back"


@dataclass(frozen=True)
class Month:
    """A month by its first day: the changes made in it, by what reviewers said. Numbers stop at COUNTED + 1."""

    first: dt.date
    waiting: int
    in_order: int
    sent_back: int

    @property
    def all(self) -> int:
        """All changes of the month."""
        return self.waiting + self.in_order + self.sent_back


@dataclass(frozen=True)
class Figures:
    """Numbers stop at COUNTED + 1; `oldest` is the number of days the oldest waits, None where nothing does."""

    waiting: int
    high: int
    reviewed: int
    oldest: int | None
    months: list[Month]

    @property
    def most(self) -> int:
        """The highest number that is exact."""
        return COUNTED


def figures(now: dt.datetime, zone: dt.tzinfo) -> Figures:
    """In one query, each number a short stretch of an index. Months are those of the company's zone."""
    firsts = _firsts(day_of(now, zone))
    edges = [start_of_day(first, zone) for first in firsts]
    items = ReviewItem.objects.filter(state=OPEN)
    asked: dict[str, Any] = {
        "waiting": Counted(items),
        "high": Counted(items.filter(risk__gte=dict(BANDS)["high"])),
        "reviewed": Counted(Review.objects.filter(at__gte=edges[1])),
        "oldest": Subquery(items.order_by().values("state").annotate(first=Min("at")).values("first")),
    }
    for number, (after, before) in enumerate(pairwise(edges)):
        asked |= {f"{state}{number}": _within(state, before, after) for state in (OPEN, OK, BACK)}
    found = CompanyRules.objects.filter(pk=1).values(**asked).get()
    return Figures(
        waiting=found["waiting"],
        high=found["high"],
        reviewed=found["reviewed"],
        oldest=(now - found["oldest"]).days if found["oldest"] else None,
        months=[
            Month(first, *(found[f"{state}{number}"] for state in (OPEN, OK, BACK)))
            for number, first in enumerate(firsts[1:])
        ],
    )


def _firsts(today: dt.date) -> list[dt.date]:
    """The first days of next month, of this one and those before, newest first."""
    found = [(today.replace(day=28) + dt.timedelta(days=4)).replace(day=1)]
    while len(found) <= MONTHS:
        found.append((found[-1] - dt.timedelta(days=1)).replace(day=1))
    return found


def _within(state: str, start: dt.datetime, end: dt.datetime) -> Counted:
    return Counted(ReviewItem.objects.filter(state=state, at__gte=start, at__lt=end))
