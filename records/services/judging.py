"""From rows to the limits of one case: what `records.rules.judge` needs, read under the rules lock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, Q

from audit.times import closed_edge
from records.access import Source
from records.models import Contract, Customer, FollowUp, Opportunity, PeriodException, Reason, TypeRule, Window
from records.models.access import Person
from records.rules import Limits, Neighbour, WindowLimit

SIGNED = ("signed", "running", "ended")  # contracts that were signed, whatever became of them
SYSTEM_REASONS = {"import": "import", "undo": "undo", "command": "command"}  # codes a channel gives itself


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
    """The limits of a case; None where the type has no rule row, which `judge` refuses.

    Exceptions are looked up at the moment `at`. `reasons` are the codes offered and `rule` the type's with its company,
    where a page has read them already; a service gives neither.
    """
    rule = rule or TypeRule.objects.select_related("company").filter(record_type=record_type).first()
    if rule is None:
        return None
    offered = Reason.objects.filter(active=True).values_list("code", flat=True) if reasons is None else reasons
    codes = frozenset(offered)
    return Limits(
        windows=windows_of(who, record_type, customer_class, sources),
        zone=ZoneInfo(rule.company.zone),
        closed_through=rule.closed_through,
        allow_future=rule.allow_future,
        reason_required=rule.reason_required,
        note_length=rule.note_length,
        reasons=codes | {SYSTEM_REASONS[channel]} if channel in SYSTEM_REASONS else codes,
        grace_days=rule.grace_days,
        excepted_by=excepted_by(who, record_type, at) if at and _closes(rule) else None,
        requests_allowed=rule.requests_allowed,
        approval_days=rule.approval_days,
        approval_on_key=rule.approval_on_key,
        reported_through=rule.reported_through,
        warn_order=rule.warn_order,
    )


def _closes(rule: TypeRule) -> bool:
    return rule.closed_through is not None or rule.grace_days is not None


def excepted_by(who: Person, record_type: str, at: dt.datetime) -> int | None:
    """The exception that lets the person into closed periods of the type at `at`: the one that lasts longest.

    One they gave themselves never counts, also not through a role or team they joined afterwards.
    """
    found = PeriodException.objects.in_force(at).filter(Q(user=who.id) | Q(group__in=who.groups))
    return found.filter(record_type=record_type).order_by("-until").values_list("pk", flat=True).first()


def locked_by(record: Any, rule: TypeRule | None) -> str:
    """What locks the record's entry time: "signed" (the contract itself is), "contract" (one of its own), or ""."""
    if isinstance(record, Contract):
        return "signed" if rule is not None and rule.lock_signed and record.status in SIGNED else ""
    if not isinstance(record, Opportunity):
        return ""
    locks = TypeRule.objects.filter(record_type="contract", lock_signed=True, lock_opportunity=True)
    signed = Contract.objects.filter(opportunity=record.pk, status__in=SIGNED, archived_at__isnull=True)
    return "contract" if signed.filter(Exists(locks)).exists() else ""


def neighbours(record: Any) -> tuple[Neighbour, ...]:
    """What the record's entry time should not pass: its customer's, its opportunity's, the day it was won."""
    found = []
    customer, opportunity = getattr(record, "customer", None), getattr(record, "opportunity", None)
    found = found.exclude(granted_by=who.id)
    if isinstance(record, FollowUp) and isinstance(customer, Customer):
        found.append(Neighbour("before_customer", customer.entered_at, customer.name))
    if isinstance(record, Contract) and opportunity is not None:
        found.append(Neighbour("before_opportunity", opportunity.entered_at, opportunity.name))
    if isinstance(record, Opportunity) and record.stage == "won" and record.expected_close_on is not None:
        end = closed_edge(record.expected_close_on, ZoneInfo("UTC"))
        found.append(Neighbour("after_won", end, record.name))
    return tuple(found)


def class_of(record: Any) -> str:
    """The customer class of a record: "key" or "ordinary"."""
    return "key" if record.is_key else "ordinary"
