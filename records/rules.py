"""What is allowed: the pure judgement. No database, no clock, no person: a case, the limits, a moment.

The limits are rows of records/models/rules.py; the door and every other channel ask `judge` and nothing else.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from audit.times import closed_edge, day_of, start_of_day

MINUTES_TO_TAKE_BACK = 15


@dataclass(frozen=True)
class WindowLimit:
    """Calendar days of the company's zone around today; `days_back` None: no limit; `longest_move` in days of 24 h."""

    days_back: int | None
    days_forward: int = 0
    longest_move: int | None = None

    def opens(self, at: dt.datetime, zone: dt.tzinfo) -> dt.datetime | None:
        """The first moment a time may be set to; None without a limit."""
        if self.days_back is None:
            return None
        return start_of_day(day_of(at, zone) - dt.timedelta(days=self.days_back), zone)

    def closes(self, at: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
        """The first moment a time may no longer be set to: the end of today plus the days forward."""
        return start_of_day(day_of(at, zone) + dt.timedelta(days=self.days_forward + 1), zone)

    def admits(self, before: dt.datetime | None, after: dt.datetime, at: dt.datetime, zone: dt.tzinfo) -> bool:
        """Whether `after` lies inside, and not further from `before` than the longest move."""
        opens = self.opens(at, zone)
        if (opens is not None and after < opens) or after >= self.closes(at, zone):
            return False
        if self.longest_move is None or before is None:
            return True
        return abs(after - before) <= dt.timedelta(days=self.longest_move)


@dataclass(frozen=True)
class Case:
    """A change of an entry time, or a creation (`before` None). All moments are aware, whole seconds."""

    record_type: str
    customer_class: str
    before: dt.datetime | None
    after: dt.datetime
    reason: str = ""
    note: str = ""
    taking_back: bool = False  # one's own last change, at most 15 minutes old: needs no window
    backfill: bool = False  # a creation by somebody with the right to back-fill: needs no window
    stamped: bool = False  # a creation stamped by the server itself: needs neither window nor reason


@dataclass(frozen=True)
class Limits:
    """What holds for the case: windows of the person's roles and grants, the closed period, what a reason needs."""

    windows: tuple[WindowLimit, ...]
    zone: dt.tzinfo
    closed_through: dt.date | None = None
    allow_future: bool = False
    reason_required: bool = True
    note_length: int = 0
    reasons: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Finding:
    """One thing a rule says, by its code, with what the sentence needs."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """Errors refuse; warnings must be ticked by their code; `needs_approval` sends the change to a second person."""

    errors: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    needs_approval: bool = False

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the errors."""
        return tuple(finding.code for finding in self.errors)


def judge(case: Case, limits: Limits | None, at: dt.datetime) -> Verdict:
    """Judge a case at the moment `at`. Without limits (a missing rule) everything is refused.

    Error codes: no_rule, future, closed, window, too_far, forward, reason, reason_unknown, note.
    """
    if limits is None:
        return Verdict((Finding("no_rule"),))
    findings = [*_period(case, limits, at), *_window(case, limits, at), *_reason(case, limits)]
    return Verdict(tuple(findings))


def _period(case: Case, limits: Limits, at: dt.datetime) -> list[Finding]:
    found = []
    if case.after > at and not limits.allow_future:
        found.append(Finding("future"))
    if limits.closed_through is not None:
        edge = closed_edge(limits.closed_through, limits.zone)
        inside = [moment for moment in (case.before, case.after) if moment is not None and moment < edge]
        if inside:
            leaves = case.before is not None and case.before < edge
            found.append(Finding("closed", {"through": limits.closed_through, "leaves": leaves}))
    return found


def _window(case: Case, limits: Limits, at: dt.datetime) -> list[Finding]:
    if case.taking_back or case.backfill or case.stamped:
        return []
    if any(window.admits(case.before, case.after, at, limits.zone) for window in limits.windows):
        return []
    if case.after > at:
        return [Finding("forward")] if limits.allow_future else []  # already refused as the future
    backs = [window.days_back for window in limits.windows if window.days_back is not None]
    opened = [w for w in limits.windows if w.days_back is None or case.after >= w.opens(at, limits.zone)]  # type: ignore[operator]
    if opened:
        return [Finding("too_far", {"days": max(w.longest_move or 0 for w in opened)})]
    return [Finding("window", {"days": max(backs, default=0)})]


def _reason(case: Case, limits: Limits) -> list[Finding]:
    if case.stamped or case.taking_back:
        return []
    found = []
    if case.reason and case.reason not in limits.reasons:
        found.append(Finding("reason_unknown"))
    elif not case.reason and limits.reason_required:
        found.append(Finding("reason"))
    if len(case.note.strip()) < limits.note_length:
        found.append(Finding("note", {"length": limits.note_length}))
    return found
