"""From rows to the limits of one case: what `records.rules.judge` needs, read under the rules lock."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from audit import times
from records.access import Checker, Source
from records.models import PeriodException, Reason, TypeRule, Window
from records.models.access import Person
from records.rules import Limits, Neighbour, WindowLimit

from .around import locks_on, neighbours_of

logger = logging.getLogger("redate.rules")

SYSTEM_REASONS = {"import": {"import"}, "undo": {"undo"}, "command": {"command", "undo"}}  # a channel gives itself


def windows_of(
    who: Person, record_type: str, customer_class: str, sources: Iterable[Source]
) -> tuple[WindowLimit, ...]:
    """Windows of the person's roles, and of the grants that answered; none without a source."""
    found = list(sources)
    if not found:
        return ()
    rows = Window.objects.filter(role__group__in=who.groups, record_type=record_type, customer_class=customer_class)
    by_role = [
        WindowLimit(None if no_limit else back, forward, longest)
        for no_limit, back, forward, longest in rows.values_list(
            "no_limit", "days_back", "days_forward", "longest_move"
        )
    ]
    return (*by_role, *(source.window for source in found if source.window is not None))


def limits_for(
    *,
    who: Person,
    record_type: str,
    customer_class: str,
    sources: Iterable[Source],
    channel: str,
    reasons: Iterable[str] | None = None,
    rule: TypeRule | None = None,
    at: dt.datetime | None = None,
) -> Limits | None:
    """The limits of a case; None where the type's rule is missing or broken: that is logged, and `judge` refuses.

    Exceptions are looked up at the moment `at`. `reasons` are the codes offered and `rule` the type's with its company,
    where a page has read them already; a service gives neither.
    """
    rule = rule or TypeRule.objects.select_related("company").filter(record_type=record_type).first()
    zone = zone_of(rule, record_type)
    if rule is None or zone is None:
        return None
    offered = Reason.objects.filter(active=True).values_list("code", flat=True) if reasons is None else reasons
    codes = frozenset(offered)
    return Limits(
        windows=windows_of(who, record_type, customer_class, sources),
        zone=zone,
        closed_through=rule.closed_through,
        allow_future=rule.allow_future,
        reason_required=rule.reason_required,
        note_length=rule.note_length,
        reasons=codes | SYSTEM_REASONS.get(channel, set()),
        closed_hard_through=rule.closed_hard_through,
        grace_days=rule.grace_days,
        excepted_by=excepted_by(who, record_type, at) if at and _closes(rule) else None,
        requests_allowed=rule.requests_allowed,
        approval_days=rule.approval_days,
        approval_on_key=rule.approval_on_key,
        reported_through=rule.reported_through,
        warn_order=rule.warn_order,
    )


def zone_of(rule: TypeRule | None, record_type: str) -> dt.tzinfo | None:
    """The company's zone; None, with a line in the log, where the type has no rule or the zone's name is none."""
    if rule is None:
        logger.error("No rule for %s: nothing is allowed", record_type)
        return None
    try:
        return times.zone(rule.company.zone)
    except ValueError:
        logger.error("The company's time zone %r is none: nothing is allowed", rule.company.zone)
        return None


def _closes(rule: TypeRule) -> bool:
    """Whether anything is closed that an exception could open."""
    return rule.closed_through is not None or rule.grace_days is not None


def excepted_by(who: Person, record_type: str, at: dt.datetime) -> int | None:
    """The exception that lets the person into closed periods of the type at `at`: the one that lasts longest.

    One they gave themselves never counts, also not through a role or team they joined afterwards.
    """
    found = PeriodException.objects.in_force(at).filter(Q(user=who.id) | Q(group__in=who.groups))
    found = found.exclude(granted_by=who.id)
    return found.filter(record_type=record_type).order_by("-until").values_list("pk", flat=True).first()


def locked_by(record: Any, rule: TypeRule | None) -> str:
    """What locks the record's entry time: "signed", "was_signed" (it itself), "contract" (one of its own), or ""."""
    return locks_on([record], rule)[record.pk]


def neighbours(record: Any, rule: TypeRule | None, checker: Checker) -> tuple[Neighbour, ...]:
    """What the record's entry time should not pass: what it hangs on, what hangs on it, the day it was won.

    Told as far as the person of `checker` may see.
    """
    zone = zone_of(rule, rule.record_type) if rule is not None and rule.warn_order else None
    return neighbours_of([record], rule, zone, checker)[record.pk]


def class_of(record: Any) -> str:
    """The customer class of a record: "key" or "ordinary"."""
    return "key" if record.is_key else "ordinary"
