"""What a move of an entry time would carry with it: the month it counts in, closed periods, what it passes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from audit.times import day_of

from .models import FollowUp
from .reach import Reach

MOST_PASSED = 100  # follow-ups counted


@dataclass(frozen=True)
class Impact:
    """Months are their first days, in the company's zone. `passed` counts follow-ups of the same customer."""

    month_before: dt.date
    month_after: dt.date
    closed_through: dt.date | None
    is_closed: bool
    passed: int

    @property
    def moves_month(self) -> bool:
        """Whether it counts in another month."""
        return self.month_before != self.month_after

    @property
    def passes_many(self) -> bool:
        """Whether more are passed than were counted."""
        return self.passed > MOST_PASSED


def impact_of(record: Any, after: dt.datetime, viewer: Any, reach: Reach) -> Impact:
    """Of moving `record` to `after`, as far as `viewer`, whose reach it is, may know. One query."""
    before, through = record.entered_at, reach.closed_through
    days = [day_of(moment, reach.zone) for moment in (before, after)]
    return Impact(
        month_before=days[0].replace(day=1),
        month_after=days[1].replace(day=1),
        closed_through=through,
        is_closed=through is not None and min(days) <= through,
        passed=_passed(record, before, after, viewer),
    )


def _passed(record: Any, before: dt.datetime, after: dt.datetime, viewer: Any) -> int:
    """Follow-ups of the customer that lie between both times, that the viewer may see."""
    customer = record.root_customer
    if customer is None:
        return 0
    first, last = sorted((before, after))
    between = FollowUp.objects.visible_to(viewer).live().filter(entered_at__gt=first, entered_at__lt=last)
    if isinstance(record, FollowUp):
        between = between.exclude(pk=record.pk)
    return between.filter(customer=customer.pk).values("pk")[: MOST_PASSED + 1].count()
