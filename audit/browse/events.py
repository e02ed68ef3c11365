"""Events as rows of the trail: which of them a viewer may see, and what they are about."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import BigIntegerField, Case, Q, QuerySet, When
from django.db.models.expressions import Combinable

from audit.displays import called, display_of
from audit.held import sees_all, sees_row
from audit.kept import tracked_models


def within(rows: QuerySet, viewer: Any) -> QuerySet:
    """Events that the viewer may see: those about a row of a tracked model only where they may see that row."""
    limited: list[tuple[str, Combinable]] = []
    for model, _history in tracked_models():
        if not sees_all(visible := display_of(model).visible_to(viewer)):
            limited.append((model._meta.label_lower, sees_row(visible, "record_id")))
    if not limited:
        return rows
    held = Case(*(When(record_type=label, then=seen) for label, seen in limited), output_field=BigIntegerField())
    free = ~Q(record_type__in=[label for label, _ in limited])
    return rows.alias(held=held).filter(free | Q(held__isnull=False))


def subject(values: Any) -> tuple[type[models.Model], int] | None:
    """The model and id of what an event is about, where rows of that model are called something."""
    if not values["record_type"] or values["record_id"] is None:
        return None
    try:
        model = apps.get_model(values["record_type"])
    except (LookupError, ValueError):
        return None
    return (model, values["record_id"]) if called(model) else None
