"""How the history of each record type is shown; registered once, when the app is ready."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import F, Value
from django.db.models.functions import Coalesce, NullIf

from audit.displays import Named, track

from .models import RECORDS, Customer, Opportunity

HIDDEN = {"id", "version", "number", "external_source", "external_id", "search_text", "name_key"}


def register() -> None:
    """Give every record type to the trail."""
    for model in RECORDS.values():
        shown = [f.attname for f in model._meta.concrete_fields if f.attname not in HIDDEN]
        track(
            model,
            visible_to=model.objects.visible_to,  # type: ignore[attr-defined]
            fields_for=lambda viewer, shown=shown: shown,  # type: ignore[misc]
            url=lambda record: record.get_absolute_url(),
            names=lambda viewer, shown=shown: _names(viewer, shown),  # type: ignore[misc]
        )


def _names(viewer: Any, shown: list[str]) -> Named:
    people = get_user_model()._default_manager.annotate(
        shown_name=Coalesce(NullIf(F("display_name"), Value("")), F("username"))
    )
    known = {
        "owner_id": (people, "shown_name"),
        "customer_id": (Customer.objects.visible_to(viewer), "name"),
        "opportunity_id": (Opportunity.objects.visible_to(viewer), "name"),
    }
    return {name: value for name, value in known.items() if name in shown}
