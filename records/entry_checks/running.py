"""One run of all checks."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import closed, counting, hours, keeping, leaning, past_redate, standing
from .found import Found
from .looking import Look, look_since
from .thresholds import MOST

Clock = Callable[[], dt.datetime]

CHECKS = {
    "future": standing.future,
    "before_parent": standing.before_parent,
    "many_on_one": counting.many_on_one,
    "burst": counting.burst,
    "outside_hours": hours.outside_hours,
    "across_closed": closed.across_closed,
    "drift": leaning.drift,
    "raw_sql": past_redate.raw_sql,
}


@dataclass
class Report:
    """What a run looked at and found. `findings` names MOST of a check at the most; `total` counts all of them."""

    at: dt.datetime
    since: dt.datetime
    rows: int = 0
    seconds: float = 0.0
    findings: list[Found] = field(default_factory=list)
    explained: set[str] = field(default_factory=set)
    _codes: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """How many things were found."""
        return sum(self._codes.values())

    @property
    def codes(self) -> dict[str, int]:
        """How many of each code."""
        return dict(self._codes)

    @property
    def cut(self) -> set[str]:
        """The codes of which more was found than is named."""
        return {code for code, count in self._codes.items() if count > MOST}

    @property
    def open(self) -> int:
        """How many of them nobody has said are fine."""
        return self.total - len(self.explained)

    def add(self, found: Found) -> None:
        """Count one thing found, and keep it if there are not too many of its kind."""
        self._codes[found.code] += 1
        if self._codes[found.code] <= MOST:
            self.findings.append(found)


def run(
    *,
    by: Any,
    clock: Clock,
    since: dt.date | None = None,
    beat: Any = None,
    keep: bool = True,
    channel: str = "command",
) -> Report:
    """Make all checks of the changes from the day `since` on; `by` is a person or None.

    `keep`: store the run and its findings, and an event. `beat.step(done, total, said)` may raise to end it.
    """
    kept = keeping.begin(by=by, at=clock()) if keep else None
    try:
        look = look_since(clock(), since)
        report = examine(look, beat)
    except BaseException:
        if kept is not None:
            keeping.failed(kept, clock())
        raise
    if kept is not None:
        keeping.end(kept, report, look, by=by, at=clock(), channel=channel)
    report.explained = keeping.explained(report.findings)
    return report


def examine(look: Look, beat: Any = None) -> Report:
    """Make the checks; nothing is written."""
    begun = time.monotonic()
    report = Report(look.at, look.since, rows=sum(look.moves(history).count() for history in look.histories()))
    for number, (name, check) in enumerate(CHECKS.items()):
        if beat is not None:
            beat.step(number, len(CHECKS), name)
        for found in check(look):
            report.add(found)
    report.seconds = time.monotonic() - begun
    return report
