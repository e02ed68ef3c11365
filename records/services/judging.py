"""From rows to the limits of one case: what `records.rules.judge` needs, read under the rules lock."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from records.access import Source
from records.models import Reason, TypeRule, Window
from records.models.access import Person
from records.rules import Limits, WindowLimit

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
) -> Limits | None:
    """The limits of a case; None where the type has no rule row, which `judge` refuses.

    `reasons` are the codes offered and `rule` the type's with its company, where a page has read them already; a
    service gives neither.
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
    )


def class_of(record: Any) -> str:
    """The customer class of a record: "key" or "ordinary"."""
    return "key" if record.is_key else "ordinary"
