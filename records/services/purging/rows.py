"""Old rows of one table: those before a day that are not the last of what they are about."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from audit.models import ReviewItem
from records.services.locks import rules_lock
from records.services.records import Clock
from records.services.refusing import service

from .taking import administrator, take_out


@service("purge_rows", about="")
def purge_rows(*, history: Any, before: dt.datetime, why: str, by: Any, channel: str, clock: Clock) -> int:
    """Take the old rows of a history table out; gives their number. The last row of everything stays.

    Raises Refused (purge_right, purge_reason), and ValueError where `before` lies ahead.
    """
    rules_lock(exclusive=False)
    checker = administrator(by, clock(), why)
    if before > checker.at:
        raise ValueError("before lies in the future")
    return take_out(old_rows(history, before), checker, why=why, channel=channel)


def old_rows(history: Any, before: dt.datetime) -> QuerySet:
    """Rows older than `before` that another row of the same thing follows, and that wait for no reviewer."""
    return _followed(history, before).filter(~_waits(history))


def waiting_rows(history: Any, before: dt.datetime) -> QuerySet:
    """Rows that would go, but for a reviewer who has not looked at them yet."""
    return _followed(history, before).filter(_waits(history))


def _followed(history: Any, before: dt.datetime) -> QuerySet:
    later = history._default_manager.filter(id=OuterRef("id"), history_id__gt=OuterRef("history_id")).order_by()
    return history._default_manager.filter(Exists(later), history_date__lt=before).order_by()


def _waits(history: Any) -> Any:
    """A row alone, or one of the stretch of rows that are reviewed as one."""
    waiting = ReviewItem.objects.filter(kind=history._meta.label_lower, state="open")
    alone = waiting.filter(batch__isnull=True, history_id=OuterRef("history_id"))
    together = waiting.filter(batch=OuterRef("batch"))
    return Exists(alone) | Exists(together)
