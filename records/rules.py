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
class Neighbour:
    """A record or day that the new time should not pass: `code` says how, `moment` where it lies, `name` what it is."""

    code: str  # before_customer, before_opportunity, after_won
    moment: dt.datetime
    name: str


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
    approved: bool = False  # a second person says yes to it: needs no further approval
    locked_by: str = ""  # "signed" or "contract": what locks this entry time, where the rule lets it
    order: tuple[Neighbour, ...] = ()  # what should lie before or after it


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
    grace_days: int | None = None
    excepted_by: int | None = None  # the exception that lets this person into closed periods
    requests_allowed: bool = False
    approval_days: int | None = None
    approval_on_key: bool = False
    reported_through: dt.date | None = None
    warn_order: bool = True

    def closed_at(self, at: dt.datetime) -> dt.date | None:
        """The last closed day at the moment `at`: as set, or the last month whose days of grace are over."""
        days = [self.closed_through] if self.closed_through else []
        if self.grace_days is not None:
            past = day_of(at, self.zone) - dt.timedelta(days=self.grace_days)
            days.append(past.replace(day=1) - dt.timedelta(days=1))
        return max(days, default=None)


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
    may_ask: bool = False  # a time request can carry it to somebody who may
    excepted: bool = False  # only an exception let it through

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the errors."""
        return tuple(finding.code for finding in self.errors)


ASKABLE = frozenset({"window", "too_far", "forward", "approval"})  # somebody who may go further can be asked


def judge(case: Case, limits: Limits | None, at: dt.datetime) -> Verdict:
    """Judge a case at the moment `at`. Without limits (a missing rule) everything is refused.

    Error codes: no_rule, future, closed, locked, window, too_far, forward, approval, reason, reason_unknown, note.
    Warning codes: before_customer, before_opportunity, after_won. `may_ask` is set where all that refuses is a window
    or the need of a second person, and the type allows requests.
    """
    if limits is None:
        return Verdict((Finding("no_rule"),))
    closed = _closed(case, limits, at)
    hard = [*_future(case, limits, at), *(closed if limits.excepted_by is None else []), *_locked(case)]
    soft = _window(case, limits, at)
    approval = [] if hard or soft else _approval(case, limits)
    errors = (*hard, *soft, *approval, *_reason(case, limits))
    may_ask = bool(soft or approval) and limits.requests_allowed and {e.code for e in errors} <= ASKABLE
    return Verdict(
        errors=errors,
        warnings=() if errors else _order(case, limits),
        needs_approval=bool(approval),
        may_ask=may_ask,
        excepted=bool(closed) and limits.excepted_by is not None,
    )


def _future(case: Case, limits: Limits, at: dt.datetime) -> list[Finding]:
    return [Finding("future")] if case.after > at and not limits.allow_future else []


def _closed(case: Case, limits: Limits, at: dt.datetime) -> list[Finding]:
    through = limits.closed_at(at)
    if through is None:
        return []
    edge = closed_edge(through, limits.zone)
    leaves = case.before is not None and case.before < edge
    return [Finding("closed", {"through": through, "leaves": leaves})] if leaves or case.after < edge else []


def _locked(case: Case) -> list[Finding]:
    return [Finding("locked", {"by": case.locked_by})] if case.locked_by and case.before is not None else []


def _approval(case: Case, limits: Limits) -> list[Finding]:
    """What a second person must agree to; creations and one's own taking back need none."""
    if case.approved or case.before is None or case.taking_back:
        return []
    found = []
    if limits.approval_days is not None and abs(case.after - case.before) > dt.timedelta(days=limits.approval_days):
        found.append("large")
    if limits.approval_on_key and case.customer_class == "key":
        found.append("key")
    if limits.reported_through is not None:
        edge = closed_edge(limits.reported_through, limits.zone)
        if case.before < edge or case.after < edge:
            found.append("reported")
    return [Finding("approval", {"because": tuple(found), "days": limits.approval_days})] if found else []


def _order(case: Case, limits: Limits) -> tuple[Finding, ...]:
    if not limits.warn_order or case.stamped:
        return ()
    found = []
    for near in case.order:
        odd = case.after > near.moment if near.code == "after_won" else case.after < near.moment
        if odd:
            found.append(Finding(near.code, {"name": near.name, "moment": near.moment}))
    return tuple(found)


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
