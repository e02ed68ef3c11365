"""What stands around records and bears on their entry times: contracts that lock them, what they should not pass.

Asked for many records at once; one is many of one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, Min, prefetch_related_objects

from audit.times import closed_edge
from records.models import Contract, Customer, FollowUp, Opportunity, TypeRule
from records.rules import LAST_DAY, Neighbour

SIGNED = ("signed", "running", "ended")  # contracts that were signed, whatever became of them
ONE_SECOND = dt.timedelta(seconds=1)


def locks_on(records: Sequence[Any], rule: TypeRule | None) -> dict[Any, str]:
    """What locks each record's entry time, by id: "signed" (a contract that is), "contract" (one of its own), or ""."""
    found = dict.fromkeys((record.pk for record in records), "")
    if isinstance(records[0], Contract):
        locks = rule is not None and rule.lock_signed
        return found | {each.pk: "signed" for each in records if locks and each.status in SIGNED}
    if not isinstance(records[0], Opportunity):
        return found
    rules = TypeRule.objects.filter(record_type="contract", lock_signed=True, lock_opportunity=True)
    signed = Contract.objects.filter(opportunity__in=list(found), status__in=SIGNED, archived_at__isnull=True)
    locked = signed.filter(Exists(rules)).order_by().values_list("opportunity", flat=True).distinct()
    return found | dict.fromkeys(locked, "contract")


def neighbours_of(
    records: Sequence[Any], rule: TypeRule | None, zone: dt.tzinfo | None
) -> dict[Any, tuple[Neighbour, ...]]:
    """What each record's entry time should not pass, by id: what it hangs on, what hangs on it, the day it was won.

    What hangs on it is not named: the person may not know it.
    """
    found: dict[Any, list[Neighbour]] = {record.pk: [] for record in records}
    if rule is not None and rule.warn_order:
        first = records[0]
        if len(records) > 1 and isinstance(first, Contract):
            prefetch_related_objects(list(records), "opportunity")
        for record in records:
            found[record.pk] += _above(record, zone)
        if isinstance(first, Customer):
            _add_first(found, "after_follow_up", FollowUp.objects, "customer")
        if isinstance(first, Opportunity):
            _add_first(found, "after_contract", Contract.objects, "opportunity")
    return {pk: tuple(near) for pk, near in found.items()}


def _above(record: Any, zone: dt.tzinfo | None) -> list[Neighbour]:
    """What the record hangs on, and the last second of the day on which it was won, in the company's zone."""
    customer, opportunity = getattr(record, "customer", None), getattr(record, "opportunity", None)
    if isinstance(record, FollowUp) and isinstance(customer, Customer):
        return [Neighbour("before_customer", customer.entered_at, customer.name)]
    if isinstance(record, Contract) and opportunity is not None:
        return [Neighbour("before_opportunity", opportunity.entered_at, opportunity.name)]
    if not isinstance(record, Opportunity) or record.stage != "won" or zone is None:
        return []
    day = record.expected_close_on
    return (
        []
        if day is None or day >= LAST_DAY
        else [Neighbour("after_won", closed_edge(day, zone) - ONE_SECOND, record.name)]
    )


def _add_first(found: dict[Any, list[Neighbour]], code: str, children: Any, parent: str) -> None:
    """Of each record the first of the records that hang on it."""
    rows = children.live().filter(**{f"{parent}__in": list(found)}).order_by()
    for pk, moment in rows.values_list(parent).annotate(first=Min("entered_at")):
        found[pk].append(Neighbour(code, moment))
