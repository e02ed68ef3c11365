"""What a finding is about: the row, the record, and the people whose changes it speaks of."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Q

from audit.kept import tracked_models
from audit.models import Finding

TIMES = "times"  # the source whose findings speak of how entry times came to be
_PEOPLE = ("history_user_id", "requester_id", "approver_id", "actor_id", "by_id", "asked_by_id", "answered_by_id")


def record_model(name: str) -> type[models.Model] | None:
    """The tracked model of that name."""
    return next((model for model, _ in tracked_models() if model._meta.model_name == name), None)


def row_model(kind: str) -> type[models.Model] | None:
    """The model of that label; None for one that is not here."""
    try:
        return apps.get_model(kind)
    except (LookupError, ValueError):
        return None


def people_of(finding: Finding) -> set[int]:
    """Everybody whose change it is about: they may not say themselves that it is fine."""
    people = {pk for pk in finding.facts.get("people", []) if isinstance(pk, int)}
    people |= _of_row(finding)
    if finding.source == TIMES and not people:
        people = _movers(finding.record_type, finding.record_id)
        people |= _movers(finding.facts.get("parent_type", ""), finding.facts.get("parent_id"))
    return people


def _of_row(finding: Finding) -> set[int]:
    """Those whom the row names."""
    if finding.row_id is None:
        return set()
    if finding.kind == settings.AUTH_USER_MODEL.lower():
        return {finding.row_id}
    model = row_model(finding.kind)
    row: Any = model and model._default_manager.filter(pk=finding.row_id).first()
    return {pk for name in _PEOPLE if isinstance(pk := getattr(row, name, None), int)}


def _movers(record_type: str, record_id: Any) -> set[int]:
    """Those who gave the record an entry time: who created it, and who changed it."""
    model: Any = record_model(record_type) if record_type and record_id is not None else None
    if model is None:
        return set()
    rows = model.history.model.objects.filter(id=record_id, history_user_id__isnull=False)
    given = rows.filter(Q(history_type="+") | Q(previous_entered_at__isnull=False)).order_by()
    return set(given.values_list("history_user_id", flat=True).distinct())
