"""Steps that happen at a moment, played in the order of time, so that numbers and history follow the calendar."""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

Clock = Callable[[], dt.datetime]
Step = Callable[["World", Clock], None]

SEED = 20260318
MONTHS_BACK = 14
COMPANY_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass
class World:
    """What exists so far, and what is still to happen. `people` maps sign-in names to persons."""

    now: dt.datetime
    people: dict[str, Any] = field(default_factory=dict)
    zones: dict[str, ZoneInfo] = field(default_factory=dict)
    rng: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 no secret comes of it
    customers: list[Any] = field(default_factory=list)
    opportunities: list[Any] = field(default_factory=list)
    follow_ups: list[Any] = field(default_factory=list)
    contracts: list[Any] = field(default_factory=list)
    currencies: dict[int, str] = field(default_factory=dict)
    _steps: list[tuple[dt.datetime, int, Step]] = field(default_factory=list)
    _order: Any = field(default_factory=itertools.count)

    @property
    def first(self) -> dt.datetime:
        """The first day of the story."""
        return self.now - dt.timedelta(days=MONTHS_BACK * 365 // 12)

    def at(self, moment: dt.datetime, step: Step) -> None:
        """Let `step` happen at the aware `moment`; what would lie in the future never happens."""
        if moment <= self.now:
            heapq.heappush(self._steps, (moment.replace(second=0, microsecond=0), next(self._order), step))

    def play(self) -> int:
        """Let everything happen, in order; steps may add later ones. Gives the number of steps."""
        played = 0
        while self._steps:
            moment, _, step = heapq.heappop(self._steps)
            step(self, lambda moment=moment: moment)  # type: ignore[misc]
            played += 1
        return played

    def chance(self, probability: float) -> bool:
        """True that often."""
        return self.rng.random() < probability

    def working_moment(self, day: dt.date, zone: ZoneInfo = COMPANY_ZONE) -> dt.datetime:
        """A minute between 08:30 and 18:30 of that day in `zone`."""
        minutes = int(self.rng.triangular(8 * 60 + 30, 18 * 60 + 30, 10 * 60 + 15))
        wall = dt.datetime.combine(day, dt.time(minutes // 60, minutes % 60), zone)
        return wall.astimezone(dt.UTC)

    def working_day(self, ago: int, clock: str) -> dt.datetime:
        """That clock of the company, so many days before today; on a weekend the Friday before."""
        day = (self.now - dt.timedelta(days=ago)).astimezone(COMPANY_ZONE).date()
        day -= dt.timedelta(days=max(day.weekday() - 4, 0))
        return dt.datetime.combine(day, dt.time.fromisoformat(clock), COMPANY_ZONE).astimezone(dt.UTC)

    def morning_after(self, moment: dt.datetime) -> dt.datetime:
        """09:35 of the company, on the day after."""
        day = moment.astimezone(COMPANY_ZONE).date() + dt.timedelta(days=1)
        return dt.datetime.combine(day, dt.time(9, 35), COMPANY_ZONE).astimezone(dt.UTC)

    def some_moment(self, after: dt.datetime, zone: ZoneInfo = COMPANY_ZONE, before: dt.datetime | None = None) -> Any:
        """A working minute between two moments; weekends are rare."""
        before = before or self.now
        span = max((before - after).days, 0)
        day = (after + dt.timedelta(days=self.rng.randint(0, span))).astimezone(zone).date()
        if day.weekday() > 4 and not self.chance(0.08):
            day -= dt.timedelta(days=day.weekday() - 4)
        moment = self.working_moment(day, zone)
        return moment if moment <= before else moment - dt.timedelta(days=1)
