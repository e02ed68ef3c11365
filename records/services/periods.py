"""Closing and reopening periods: what a change of a type's rule, or of the company's zone, may do to them."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from audit.times import closed_edge, day_of, zone_names
from records.access import Checker
from records.models import CompanyRules, Notice, TypeRule
from records.refusals import refuse
from records.rules import Limits

from .notices import tell_of_period

DAYS = ("closed_through", "closed_hard_through", "grace_days")


def check_periods(rule: TypeRule, values: dict[str, Any], checker: Checker) -> dict[str, Any]:
    """The values, closed_through raised along with a hard close.

    Raises Refused: period_hard (below what is closed for good), period_ahead (a day that is not over), period_raise and
    period_lower (without the right to close, or to reopen).
    """
    if not set(values) & set(DAYS):
        return values
    zone = rule.company.shown_zone
    values = _with_hard(rule, values)
    before, after = ({name: given.get(name, getattr(rule, name)) for name in DAYS} for given in ({}, values))
    if _lower(before["closed_hard_through"], after["closed_hard_through"]):
        raise refuse("period_hard", through=before["closed_hard_through"])
    if _lower(after["closed_hard_through"], after["closed_through"]):
        raise refuse("period_hard", through=after["closed_hard_through"])
    today = day_of(checker.at, zone)
    for name in ("closed_through", "closed_hard_through"):
        if after[name] != before[name] and after[name] is not None and after[name] >= today:
            raise refuse("period_ahead", today=today)
    closed = [_closed_at(days, zone, checker.at) for days in (before, after)]
    held = checker.who.permissions
    lowers = _lower(before["closed_through"], after["closed_through"]) or _lower(*closed)
    if lowers and "reopen_periods" not in held:
        raise refuse("period_lower")
    raises = any(_lower(after[name], before[name]) for name in DAYS[:2]) or _lower(closed[1], closed[0])
    if raises and "close_periods" not in held:
        raise refuse("period_raise")
    return values


def _with_hard(rule: TypeRule, values: dict[str, Any]) -> dict[str, Any]:
    hard = values.get("closed_hard_through")
    if hard is None or hard == rule.closed_hard_through:
        return values
    days = (hard, values.get("closed_through", rule.closed_through))
    return values | {"closed_through": max(day for day in days if day is not None)}


def _lower(before: dt.date | None, after: dt.date | None) -> bool:
    """Whether less is closed after than before."""
    return before is not None and (after is None or after < before)


def _closed_at(days: dict[str, Any], zone: dt.tzinfo, at: dt.datetime) -> dt.date | None:
    limits = Limits((), zone, closed_through=days["closed_through"], grace_days=days["grace_days"])
    return limits.closed_at(at)


Closed = tuple[dt.date | None, dt.date | None]  # the last day that is closed, and that is closed for good


def closed_now(rule: TypeRule, at: dt.datetime) -> Closed:
    """What is closed by the rule as it stands on `rule`, at the moment `at`."""
    days = {name: getattr(rule, name) for name in DAYS}
    limits = Limits((), rule.company.shown_zone, **days)
    return limits.closed_at(at), rule.closed_hard_through


def tell_of_closing(rule: TypeRule, before: Closed, checker: Checker, why: str) -> None:
    """Tell those concerned where more is closed than `before`, or less, now that `rule` holds the new days."""
    after = closed_now(rule, checker.at)
    kinds = Notice.Kind
    if _lower(after[1], before[1]):
        kind, day = kinds.CLOSED_HARD, after[1]
    elif after[0] != before[0]:
        kind, day = (kinds.REOPENED if _lower(before[0], after[0]) else kinds.CLOSED), after[0]
    else:
        return
    tell_of_period(record_type=rule.record_type, kind=kind, day=day, at=checker.at, actor=checker.user, why=why)


def check_zone(old: str, new: str, checker: Checker) -> None:
    """Refuse a zone of the company in which closed periods would end earlier, as lowering them would be refused."""
    if new not in zone_names():
        raise refuse("value")
    zones = CompanyRules(zone=old).shown_zone, ZoneInfo(new)
    for rule in TypeRule.objects.all():
        if _opens(rule.closed_hard_through, *zones):
            raise refuse("zone_hard", through=rule.closed_hard_through)
        if _opens(rule.closed_through, *zones) and "reopen_periods" not in checker.who.permissions:
            raise refuse("period_lower")


def _opens(day: dt.date | None, old: dt.tzinfo, new: dt.tzinfo) -> bool:
    return day is not None and closed_edge(day, new) < closed_edge(day, old)
