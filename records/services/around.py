"""What stands around records and bears on their entry times: contracts that lock them, what they should not pass.

Asked for many records at once; one is many of one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, Min, OuterRef, Q, QuerySet, prefetch_related_objects

from audit.times import closed_edge
from records.access import Checker
from records.models import Contract, Customer, FollowUp, Opportunity, TypeRule
from records.models.access import VIEW
from records.rules import LAST_DAY, SIGNED, Neighbour

ONE_SECOND = dt.timedelta(seconds=1)


def locks_on(records: Sequence[Any], rule: TypeRule | None) -> dict[Any, str]:
    """What locks each record's entry time, by id: "signed" or "was_signed" (it itself), "contract" (its own), or ""."""
    found = dict.fromkeys((record.pk for record in records), "")
    if isinstance(records[0], Contract):
        return found | _signed(records) if rule is not None and rule.lock_signed else found
    if not isinstance(records[0], Opportunity):
        return found
    rules = TypeRule.objects.filter(record_type="contract", lock_signed=True, lock_opportunity=True)
    signed = signed_contracts().filter(opportunity__in=list(found))
    locked = signed.filter(Exists(rules)).order_by().values_list("opportunity", flat=True).distinct()
    return found | dict.fromkeys(locked, "contract")


def _signed(contracts: Sequence[Any]) -> dict[Any, str]:
    others = [each.pk for each in contracts if each.status not in SIGNED]
    were = signed_contracts().filter(pk__in=others).order_by().values_list("pk", flat=True) if others else ()
    return {each.pk: "signed" for each in contracts if each.status in SIGNED} | dict.fromkeys(were, "was_signed")


def signed_contracts() -> QuerySet:
    """Contracts that count as signed (`records.rules.SIGNED`), by what they are and by their history.

    Not those that an undo put into the archive, with the import that had made them: they never were.
    """
    rows = Contract.history.model.objects.filter(id=OuterRef("pk"), brought_in_at__isnull=True)
    undone = rows.filter(channel="undo", archived_at=OuterRef("archived_at"))
    ever = rows.filter(status__in=SIGNED)
    return Contract.objects.filter(Q(status__in=SIGNED) | Exists(ever)).exclude(Exists(undone))


def neighbours_of(
    records: Sequence[Any], rule: TypeRule | None, zone: dt.tzinfo | None, checker: Checker
) -> dict[Any, tuple[Neighbour, ...]]:
    """What each record's entry time should not pass, by id: what it hangs on, what hangs on it, the day it was won.

    What the person of `checker` may not see is not told. What hangs on it is never named.
    """
    found: dict[Any, list[Neighbour]] = {record.pk: [] for record in records}
    if rule is not None and rule.warn_order:
        first = records[0]
        if len(records) > 1 and isinstance(first, Contract):
            prefetch_related_objects(list(records), "opportunity")
        may_see = _visible([above for record in records if (above := _hangs_on(record)) is not None], checker)
        for record in records:
            found[record.pk] += _above(record, zone, may_see)
        if isinstance(first, Customer):
            _add_first(found, "after_follow_up", FollowUp, "customer", checker)
        if isinstance(first, Opportunity):
            _add_first(found, "after_contract", Contract, "opportunity", checker)
    return {pk: tuple(near) for pk, near in found.items()}


def _hangs_on(record: Any) -> Any:
    """What the record's time should not be earlier than: a follow-up's customer, a contract's opportunity, or None."""
    if isinstance(record, FollowUp):
        return record.customer if isinstance(record.customer, Customer) else None
    return record.opportunity if isinstance(record, Contract) else None


def _visible(above: list[Any], checker: Checker) -> set[Any]:
    """Ids of those the person may see. No query for who sees all."""
    each = {record.pk: record for record in above}
    if not each or _sees_all(checker, type(above[0])):
        return set(each)
    checker.prefetch_perms(list(each.values()))
    codename = VIEW.format(above[0]._meta.model_name)
    return {pk for pk, record in each.items() if checker.has_perm(codename, record)}


def _sees_all(checker: Checker, model: Any) -> bool:
    return checker.who.sees_all and VIEW.format(model._meta.model_name) in checker.who.permissions


def _above(record: Any, zone: dt.tzinfo | None, may_see: set[Any]) -> list[Neighbour]:
    """What the record hangs on, and the last second of the day on which it was won, in the company's zone."""
    above = _hangs_on(record)
    if above is not None:
        code = "before_customer" if isinstance(above, Customer) else "before_opportunity"
        return [Neighbour(code, above.entered_at, above.name, told=above.pk in may_see)]
    if not isinstance(record, Opportunity) or record.stage != "won" or zone is None:
        return []
    day = record.expected_close_on
    return (
        []
        if day is None or day >= LAST_DAY
        else [Neighbour("after_won", closed_edge(day, zone) - ONE_SECOND, record.name)]
    )


def _add_first(found: dict[Any, list[Neighbour]], code: str, children: Any, parent: str, checker: Checker) -> None:
    """Of each record the first of the records that hang on it; its moment is told where that is no secret."""
    rows = children.objects.live().filter(**{f"{parent}__in": list(found)}).order_by()
    first = dict(rows.values_list(parent).annotate(first=Min("entered_at")))
    seen = first
    if first and not _sees_all(checker, children):
        mine = children.objects.visible_to(checker.user, checker.at).filter(pk__in=rows.values("pk")).order_by()
        seen = dict(mine.values_list(parent).annotate(first=Min("entered_at")))
    for pk, moment in first.items():
        found[pk].append(Neighbour(code, moment, told=seen.get(pk) == moment))
