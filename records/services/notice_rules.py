"""Who is told besides, per type: "finance for contracts". Exclusively under the rules lock; each change is an event."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group

from audit.events import record_event
from records.access import Checker
from records.models import NoticeRule
from records.models.rules import TYPES
from records.refusals import refuse

from .granting import is_active
from .locks import rules_lock
from .records import Clock, actor
from .refusing import service
from .rows import check_manager


@service("add_notice_rule", about="rule")
def add_notice_rule(
    *,
    record_type: str,
    to: Any,
    why: str,
    by: Any,
    channel: str,
    clock: Clock,
    remote_addr: str | None = None,
) -> NoticeRule:
    """Tell a person, or the group of a role or team (`to`), of every change of an entry time of the type.

    They are told of records that they may see. Raises Refused: rules_right, why, grant_holder (nobody active, or no
    role or team), notice_stands (told already), value. Event: notice_rule_added.
    """
    rules_lock(exclusive=True)
    checker = _checked(by, clock, why)
    if record_type not in TYPES:
        raise refuse("value")
    if not is_active(to):
        raise refuse("grant_holder")
    holder = {"group" if isinstance(to, Group) else "user": to}
    if NoticeRule.objects.filter(record_type=record_type, **holder).exists():
        raise refuse("notice_stands")
    rule = NoticeRule.objects.create(record_type=record_type, **holder)
    _keep("notice_rule_added", rule, checker, why, channel, remote_addr)
    return rule


@service("remove_notice_rule", about="rule")
def remove_notice_rule(
    *, rule: NoticeRule, why: str, by: Any, channel: str, clock: Clock, remote_addr: str | None = None
) -> bool:
    """Tell them no longer; False where the rule is gone already. Raises Refused: rules_right, why.

    Event: notice_rule_removed.
    """
    rules_lock(exclusive=True)
    checker = _checked(by, clock, why)
    found = NoticeRule.objects.filter(pk=rule.pk).first()
    if found is None:
        return False
    _keep("notice_rule_removed", found, checker, why, channel, remote_addr)
    found.delete()
    return True


def _checked(by: Any, clock: Clock, why: str) -> Checker:
    checker = actor(by, clock())
    check_manager(checker, why)
    return checker


def _keep(kind: str, rule: NoticeRule, checker: Checker, why: str, channel: str, remote_addr: str | None) -> None:
    what = {
        "type": rule.record_type,
        "to": str(rule.user or rule.group),
        "user": rule.user_id,
        "group": rule.group_id,
        "note": why.strip(),
    }
    record_event(
        kind=kind, by=checker.user, at=checker.at, channel=channel, record=rule, remote_addr=remote_addr, what=what
    )
