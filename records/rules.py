"""What is allowed: the pure judgement. No database, no clock, no person: a case, the limits, a moment.

The limits are rows of records/models/rules.py; the door and every other channel ask `judge` and nothing else.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from audit.times import END, FIRST, closed_edge, day_of, start_of_day

MINUTES_TO_TAKE_BACK = 15
# Statuses of a contract that is signed. One that had any of them once counts as signed for ever, also set back to
# draft, cancelled or archived: or else setting it back, moving the time and signing again would go around the lock.
SIGNED = ("signed", "running", "ended")
MOST_DAYS = 50_000  # more than lie between the first and the last entry time: any number above means the same
FIRST_DAY, LAST_DAY = FIRST.date() - dt.timedelta(days=1), END.date()  # closing further out changes nothing


def _days(number: int) -> dt.timedelta:
    return dt.timedelta(days=min(number, MOST_DAYS))


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
        return start_of_day(day_of(at, zone) - _days(self.days_back), zone)

    def closes(self, at: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
        """The first moment a time may no longer be set to: the end of today plus the days forward."""
        return start_of_day(day_of(at, zone) + _days(self.days_forward + 1), zone)

    def holds(self, after: dt.datetime, at: dt.datetime, zone: dt.tzinfo) -> bool:
        """Whether `after` lies inside."""
        opens = self.opens(at, zone)
        return (opens is None or opens <= after) and after < self.closes(at, zone)

    def admits(self, before: dt.datetime | None, after: dt.datetime, at: dt.datetime, zone: dt.tzinfo) -> bool:
        """Whether `after` lies inside, and not further from `before` than the longest move."""
        if not self.holds(after, at, zone):
            return False
        return self.longest_move is None or before is None or abs(after - before) <= _days(self.longest_move)


@dataclass(frozen=True)
class Neighbour:
    """A moment that the new time should not pass: `code` says what lies there and on which side, `name` which it is.

    Of `before_…` the moment is the first that is in order, of `after_…` the last. Where the person may not see what
    lies there, `told` is False: then it is warned of without its name and moment.
    """

    code: str  # before_customer, before_opportunity, after_won, after_follow_up, after_contract
    moment: dt.datetime
    name: str = ""
    told: bool = True

    def is_passed(self, after: dt.datetime) -> bool:
        """Whether a time of `after` would lie on the wrong side."""
        return after < self.moment if self.code.startswith("before_") else after > self.moment


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
    backfill: bool = False  # a creation by somebody with the right to back-fill: needs no window, however long ago
    stamped: bool = False  # a creation stamped by the server itself: needs neither window nor reason
    approved: bool = False  # a second person says yes to it: needs no further approval
    locked_by: str = ""  # "signed", "was_signed" or "contract": what locks this entry time, where the rule lets it
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
    closed_hard_through: dt.date | None = None  # closed for good: no exception opens it
    excepted_by: int | None = None  # the exception that lets this person into periods closed otherwise
    requests_allowed: bool = False
    approval_days: int | None = None
    approval_on_key: bool = False
    reported_through: dt.date | None = None
    warn_order: bool = True

    def closed_at(self, at: dt.datetime) -> dt.date | None:
        """The last closed day at the moment `at`: as set, for good, or the last month whose grace is over."""
        days = [day for day in (self.closed_through, self.closed_hard_through) if day is not None]
        if self.grace_days is not None:
            past = day_of(at, self.zone) - _days(self.grace_days)
            days.append(past.replace(day=1) - dt.timedelta(days=1))
        return _near(max(days, default=None))

    def shut_at(self, at: dt.datetime) -> dt.date | None:
        """The last day that is closed to this person at `at`: with an exception only what is closed for good."""
        return self.closed_at(at) if self.excepted_by is None else _near(self.closed_hard_through)


def _near(day: dt.date | None) -> dt.date | None:
    """The day, or where it lies outside of what times can be, the next that means the same."""
    return None if day is None else min(max(day, FIRST_DAY), LAST_DAY)


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
    """Judge a case at the moment `at`. Without limits (a missing or broken rule) everything is refused.

    Error codes: no_rule, future, closed, locked, window, too_far, forward, approval, reason, reason_unknown, note.
    Warning codes: before_customer, before_opportunity, after_won, after_follow_up, after_contract. `may_ask` is set
    where all that refuses a change is a window or the need of a second person, and the type allows requests.
    """
    if limits is None:
        return Verdict((Finding("no_rule"),))
    hard = [*_future(case, limits, at), *_closed(case, limits.shut_at(at), limits), *_locked(case)]
    soft = _window(case, limits, at)
    approval = [] if hard or soft else _approval(case, limits, at)
    errors = (*hard, *soft, *approval, *_reason(case, limits))
    if not errors:
        opened = limits.excepted_by is not None and bool(_closed(case, limits.closed_at(at), limits))
        return Verdict(warnings=_order(case, limits), excepted=opened)
    askable = case.before is not None and limits.requests_allowed and {e.code for e in errors} <= ASKABLE
    return Verdict(errors=errors, needs_approval=bool(approval), may_ask=bool(soft or approval) and askable)


def _future(case: Case, limits: Limits, at: dt.datetime) -> list[Finding]:
    return [Finding("future")] if case.after > at and not limits.allow_future else []


def _closed(case: Case, through: dt.date | None, limits: Limits) -> list[Finding]:
    """What of the case lies in a period closed through that day."""
    if through is None:
        return []
    edge = closed_edge(through, limits.zone)
    leaves = case.before is not None and case.before < edge
    if not leaves and case.after >= edge:
        return []
    good = _near(limits.closed_hard_through)
    first = min(case.after, case.before or case.after)
    for_good = good is not None and first < closed_edge(good, limits.zone)
    return [Finding("closed", {"through": good if for_good else through, "leaves": leaves, "for_good": for_good})]


def _locked(case: Case) -> list[Finding]:
    return [Finding("locked", {"by": case.locked_by})] if case.locked_by and case.before is not None else []


def _approval(case: Case, limits: Limits, at: dt.datetime) -> list[Finding]:
    """What a second person must agree to; nothing that the server stamped, nor one's own taking back.

    A time given at creation counts as a change from now, or else a new record would be the way around the second
    person. The right to back-fill lifts the distance and the class, not what is reported already.
    """
    if case.approved or case.taking_back or case.stamped:
        return []
    found, before = [], at if case.before is None else case.before
    if limits.approval_days is not None and abs(case.after - before) > _days(limits.approval_days):
        found += [] if case.backfill else ["large"]
    if limits.approval_on_key and case.customer_class == "key":
        found += [] if case.backfill else ["key"]
    reported = _near(limits.reported_through)
    if reported is not None and min(case.after, before) < closed_edge(reported, limits.zone):
        found.append("reported")
    new = case.before is None
    return [Finding("approval", {"because": tuple(found), "days": limits.approval_days, "new": new})] if found else []


def _order(case: Case, limits: Limits) -> tuple[Finding, ...]:
    if not limits.warn_order or case.stamped:
        return ()
    passed = (near for near in case.order if near.is_passed(case.after))
    return tuple(Finding(near.code, _about(near, limits)) for near in passed)


def _about(near: Neighbour, limits: Limits) -> dict[str, Any]:
    """What the sentence may say of it: nothing of what the person may not see."""
    if not near.told:
        return {}
    return {"name": near.name, "moment": near.moment, "day": day_of(near.moment, limits.zone)}


def _window(case: Case, limits: Limits, at: dt.datetime) -> list[Finding]:
    if case.taking_back or case.backfill or case.stamped:
        return []
    if any(window.admits(case.before, case.after, at, limits.zone) for window in limits.windows):
        return []
    inside = [window for window in limits.windows if window.holds(case.after, at, limits.zone)]
    if inside:
        return [Finding("too_far", {"days": max(window.longest_move or 0 for window in inside)})]
    if case.after > at:
        return [Finding("forward")] if limits.allow_future else []  # already refused as the future
    backs = [window.days_back for window in limits.windows if window.days_back is not None]
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
