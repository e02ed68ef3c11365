"""Telling reviewers that changes wait too long: once a day, on working days, once work has begun."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from audit.models import ReviewItem
from audit.times import day_of, start_of_day
from records.models import RECORDS, Notice
from records.models.rules import company
from records.review_risk import is_outside_hours

from .locks import only_one
from .notices import tell
from .reviews import RIGHT

OVERDUE_DAYS, LOOKED_AT = 7, 20
LOCK = 72_019  # the advisory lock of those who remind, beside that of the rules


def remind_if_due(clock: Callable[[], dt.datetime]) -> int:
    """Tell each reviewer, once a day, that changes wait longer than OVERDUE_DAYS; gives how many were told.

    The notice is about the record of the change that waits longest. For the worker's loop.
    """
    now = clock()
    overdue = ReviewItem.objects.filter(state="open", at__lt=now - dt.timedelta(days=OVERDUE_DAYS)).order_by("at")
    if not overdue.exists():
        return 0
    zone = company().shown_zone
    today = start_of_day(day_of(now, zone), zone)
    if is_outside_hours(now, zone) or not _not_told(today).exists():
        return 0
    with transaction.atomic():
        record = _first_record(overdue)
        if record is None or not only_one(LOCK):
            return 0
        return tell(kind=Notice.Kind.REVIEW_DUE, record=record, at=now, actor=None, to=_not_told(today))


def _first_record(overdue: QuerySet) -> Any:
    """The record of the change that waits longest, passing over a few that somebody has deleted past Redate."""
    found = (
        RECORDS[item.record_type]._default_manager.filter(pk=item.record_id).first() for item in overdue[:LOOKED_AT]
    )
    return next((record for record in found if record is not None), None)


def _not_told(today: dt.datetime) -> QuerySet:
    """Active reviewers who were not reminded since then."""
    reminded = Notice.objects.filter(user=OuterRef("pk"), kind=Notice.Kind.REVIEW_DUE, at__gte=today)
    reviewers = get_user_model()._default_manager.filter(is_active=True, groups__permissions__codename=RIGHT)
    return reviewers.filter(~Exists(reminded)).distinct()
