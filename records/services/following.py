"""Following a record: whoever follows is told of each change of its entry time."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from records.models import Follow
from records.models.record import Record


def follow(*, record: Record, by: Any) -> bool:
    """Let the person follow the record; False where they did already. Raises DoesNotExist where they may not see it."""
    with transaction.atomic():
        row = type(record)._default_manager.visible_to(by).get(pk=record.pk)
        return Follow.objects.get_or_create(record_type=row._meta.model_name, record_id=row.pk, user_id=by.pk)[1]


def unfollow(*, record: Record, by: Any) -> bool:
    """Let the person follow the record no more; False where they did not."""
    mine = Follow.objects.filter(record_type=record._meta.model_name, record_id=record.pk, user=by.pk)
    return bool(mine.delete()[0])


def with_follows(records: QuerySet, user: Any) -> QuerySet:
    """The records, each with `follows`: whether the person follows it."""
    mine = Follow.objects.filter(record_type=records.model._meta.model_name, record_id=OuterRef("pk"), user=user.pk)
    return records.annotate(follows=Exists(mine))
