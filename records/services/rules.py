"""Rules: presets from the first start, and changes by those who may. Exclusively under the rules lock."""

from __future__ import annotations

from typing import Any

from audit.acts import act
from audit.times import FORMATS, now
from records.access import Checker
from records.models import CompanyRules, Reason, TypeRule, Window
from records.models._entry_time_key import key
from records.models.rules import TYPES
from records.refusals import refuse

from .locks import locked, rules_lock
from .periods import DAYS, check_periods, check_zone, closed_now, tell_of_closing
from .records import Clock, Saved, actor, write
from .refusing import service
from .rows import check_manager

REASONS = (
    ("typing_error", "Typing error", "日期填错"),
    ("back_fill", "Back-fill", "补录"),
    ("business_change", "Business change", "业务调整"),
    ("time_zone", "Time zone", "时区"),
    ("other", "Other", "其他"),
)
# role → class → days back; None is "no limit". No entry: may not.
WINDOWS: dict[str, dict[str, int | None]] = {
    "sales": {"ordinary": 7},
    "sales_manager": {"ordinary": 30},
    "senior_sales_manager": {"ordinary": 90, "key": 90},
    "administrator": {"ordinary": None, "key": None},
}


def fill_presets(*, roles: dict[str, Any]) -> int:
    """Write the rules that never existed: company, one rule per type, windows per role, reasons. Gives their number.

    `roles` maps role keys to Role rows. What somebody changed or took away stays so: history remembers it.
    Called inside an open transaction (after migrate).
    """
    made: list[Any] = []
    if not CompanyRules.history.exists():
        made.append(CompanyRules(pk=1))
    made += [
        TypeRule(company_id=1, record_type=t) for t in TYPES if not TypeRule.history.filter(record_type=t).exists()
    ]
    for order, (code, english, chinese) in enumerate(REASONS):
        if not Reason.history.filter(code=code).exists():
            made.append(Reason(code=code, name_en=english, name_zh=chinese, order=order))
    for role_key, classes in WINDOWS.items():
        for record_type in TYPES:
            for customer_class, days in classes.items():
                cell = {"role": roles[role_key], "record_type": record_type, "customer_class": customer_class}
                known = {("role_id" if n == "role" else n): (v.pk if n == "role" else v) for n, v in cell.items()}
                if not Window.history.filter(**known).exists():
                    made.append(Window(**cell, days_back=days, no_limit=days is None))
    with act(by=None, reason="", note="preset", channel="command", at=now()), key():
        for row in made:
            row.save(force_insert=True)
    return len(made)


@service("change_rule", about="rule")
def change_rule(
    *,
    rule: Any,
    seen_version: int,
    values: dict[str, Any],
    by: Any,
    note: str,
    channel: str,
    clock: Clock,
    remote_addr: str | None = None,
) -> Saved:
    """Change the company's row or the rule of a type to `values` (field → value), with why in `note`.

    Raises Refused: rules_right, why, stale_rule, value; and of closed periods period_lower, period_raise, period_hard,
    period_ahead, zone_hard. Raises ValidationError for a value that the field refuses.
    """
    rules_lock(exclusive=True)
    row = locked(type(rule), rule.pk)
    checker = actor(by, clock())
    check_manager(checker, note)
    if row.version != seen_version:
        raise refuse("stale_rule")
    if isinstance(row, TypeRule):
        values = check_periods(row, values, checker)
    elif isinstance(row, CompanyRules):
        _check_company(row, values, checker)
    closes = isinstance(row, TypeRule) and bool(set(values) & set(DAYS))
    before = closed_now(row, checker.at) if closes else (None, None)
    saved = write(row, values, checker, reason="", note=note.strip(), channel=channel, remote_addr=remote_addr)
    if closes:
        tell_of_closing(row, before, checker, note)
    return saved


def _check_company(row: CompanyRules, values: dict[str, Any], checker: Checker) -> None:
    if values.get("zone", row.zone) != row.zone:
        check_zone(row.zone, values["zone"], checker)
    if values.get("time_format", row.time_format) not in FORMATS:
        raise refuse("value")


@service("change_rule")
def turn_away(*, by: Any, channel: str, clock: Clock, remote_addr: str | None = None) -> None:
    """Refuse, and keep that somebody without the right tried to change a rule."""
    raise refuse("rules_right")
