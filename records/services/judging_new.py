"""Judging the time of a record that is about to be created."""

from __future__ import annotations

from typing import Any

from records.access import Checker
from records.models import TypeRule
from records.models.access import REDATE
from records.refusals import Refused, refuse
from records.rules import Case, judge

from .judging import class_of, limits_for, neighbours


def judge_new(
    record: Any,
    checker: Checker,
    *,
    reason: str,
    note: str,
    channel: str,
    stamped: bool,
    acknowledged: frozenset[str],
) -> dict[str, Any]:
    """An earlier time at creation obeys the rules of a change, so that nobody enters what they may not set.

    Only locks do not speak: they keep a time that stands. Gives what its history row keeps: the exception that let it
    into a closed period, the warnings that were ticked. Raises Refused; for warnings not ticked, with those.
    """
    name, customer_class = record._meta.model_name, class_of(record)
    backfill = f"backfill_{name}" in checker.who.permissions
    sources = [] if stamped else checker.why(record, REDATE.format(name))
    if not (stamped or backfill or sources):
        raise refuse("right_new")
    rule = TypeRule.objects.select_related("company").filter(record_type=name).first()
    case = Case(
        record_type=name,
        customer_class=customer_class,
        before=None,
        after=record.entered_at,
        reason=reason,
        note=note,
        stamped=stamped,
        backfill=backfill,
        order=() if stamped else neighbours(record, rule, checker),
    )
    limits = limits_for(
        who=checker.who,
        record_type=name,
        customer_class=customer_class,
        sources=sources,
        channel=channel,
        rule=rule,
        at=checker.at,
    )
    verdict = judge(case, limits, checker.at)
    if verdict.errors:
        raise Refused(*verdict.errors)
    warned = {warning.code for warning in verdict.warnings}
    if warned - acknowledged:
        raise Refused(*verdict.warnings)
    exception = limits.excepted_by if verdict.excepted and limits else None
    return {"exception_id": exception, "acknowledged": ",".join(sorted(warned))}
