"""How far a person may set an entry time, told before they try: for the card, the picker and the sentences there.

Pure reading. What a page foretells is judged again by the services, under their locks.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from audit.times import FIRST, closed_edge, format_time

from .access import Checker, Source
from .models import Customer, TypeRule
from .models.access import REDATE
from .rules import Limits
from .services.judging import class_of, limits_for


@dataclass(frozen=True)
class Reach:
    """The span a time may be set to. Without `may` nothing of it holds."""

    may: bool
    at: dt.datetime
    limits: Limits | None
    sources: tuple[Source, ...] = ()
    backfill: bool = False  # at creation: no window holds

    @property
    def zone(self) -> dt.tzinfo:
        """The company's zone, in which days of windows and closed periods are counted."""
        return self.limits.zone if self.limits else dt.UTC

    @property
    def days(self) -> int | None:
        """Calendar days back; None without a limit."""
        backs = [window.days_back for window in self._windows]
        return None if self.backfill or None in backs else max((back for back in backs if back is not None), default=0)

    @property
    def opens(self) -> dt.datetime | None:
        """The first moment inside the windows; None without a limit. Closed periods may cut it further."""
        opened = [window.opens(self.at, self.zone) for window in self._windows]
        return None if self.backfill or None in opened else min((o for o in opened if o is not None), default=self.at)

    @property
    def closes(self) -> dt.datetime | None:
        """The first moment that is too late where times ahead are allowed; None where nothing is later than now."""
        if self.limits is None or not self.limits.allow_future:
            return None
        return max((window.closes(self.at, self.zone) for window in self._windows), default=self.at)

    @property
    def closed_through(self) -> dt.date | None:
        """The last day that is closed to this person, included."""
        return self.limits.shut_at(self.at) if self.limits else None

    @property
    def earliest(self) -> dt.datetime | None:
        """The first moment that windows and closed period both leave open; None without any limit."""
        edge = closed_edge(self.closed_through, self.zone) if self.closed_through else None
        return max((moment for moment in (self.opens, edge) if moment is not None), default=None)

    @property
    def _windows(self) -> tuple[Any, ...]:
        return self.limits.windows if self.limits else ()

    def readings(self, zone: dt.tzinfo) -> dict[str, str]:
        """now, min, max and closed as a clock in `zone` shows them, for the attributes that entry-time.js reads.

        The script opens a day after `closed`; in another zone than the company's the edge is no midnight.
        """
        found = {"now": format_time(self.at, zone)[:16], "min": format_time(self.opens or FIRST, zone)[:16]}
        if self.closes is not None:
            found["max"] = format_time(self.closes - dt.timedelta(minutes=1), zone)[:16]
        if self.closed_through is not None:
            edge = closed_edge(self.closed_through, self.zone).astimezone(zone).replace(tzinfo=None)
            found["closed"] = f"{edge - dt.timedelta(days=1):%Y-%m-%d %H:%M}"
        return found


def reach(
    user: Any, record: Any, at: dt.datetime, *, checker: Checker | None = None, rule: TypeRule | None = None
) -> Reach:
    """How far `user` may set the entry time of `record` at the aware moment `at`; four queries at most.

    A record that is not stored yet, or a model in place of a record, is one that the person is about to create.
    `checker` (of that person and moment) and `rule` (of that type) save a query each where the page has them.
    """
    record = about_to_create(record, user) if isinstance(record, type) else record
    name, checker = record._meta.model_name, checker or Checker(user, at)
    sources = tuple(checker.why(record, REDATE.format(name)))
    backfill = record.pk is None and f"backfill_{name}" in checker.who.permissions
    limits = limits_for(
        who=checker.who,
        record_type=name,
        customer_class=class_of(record),
        sources=sources,
        channel="web",
        reasons=(),
        rule=rule,
        at=at,
    )
    may = limits is not None and (backfill or bool(sources and limits.windows))
    return Reach(may, at, limits, sources, backfill)


def about_to_create(model: Any, user: Any, customer: Customer | None = None) -> Any:
    """An unstored record as the person would create it, on the customer or on an ordinary one."""
    if model is Customer:
        return Customer(owner=user)
    return model(owner=user, customer=customer or Customer(owner=user))
