"""Telling people that an exception of theirs ends soon: once, within the last day of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from records.models import Notice, PeriodException

from .locks import only_one
from .notices import holders_of, tell_of_exception

SOON = dt.timedelta(days=1)
LOCK = 72_020  # the advisory lock of those who tell, beside that of reminders


def tell_of_ends_if_due(clock: Callable[[], dt.datetime]) -> int:
    """Tell whoever holds an exception that ends within a day, and lasted longer; gives how many were told.

    For the worker's loop.
    """
    now = clock()
    ending = PeriodException.objects.filter(until__gt=now, until__lte=now + SOON)
    ending = ending.filter(until__gt=F("granted_at") + SOON).order_by("pk")
    return sum(_tell(exception, now) for exception in ending if _not_told(exception).exists())


def _tell(exception: PeriodException, now: dt.datetime) -> int:
    with transaction.atomic():
        if not only_one(LOCK):
            return 0
        said: dict[str, Any] = {"kind": Notice.Kind.EXCEPT_ENDS, "at": now, "actor": None, "why": exception.why}
        return tell_of_exception(exception, **said, to=_not_told(exception))


def _not_told(exception: PeriodException) -> QuerySet:
    """Active holders who have not heard of this end yet."""
    told = Notice.objects.filter(user=OuterRef("pk"), kind=Notice.Kind.EXCEPT_ENDS, record_type=exception.record_type)
    told = told.filter(after=exception.until.replace(microsecond=0))
    return holders_of(exception).filter(~Exists(told), is_active=True)
