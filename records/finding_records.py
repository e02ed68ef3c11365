"""Records of all types by what people type: a number, or words of the name."""

from __future__ import annotations

from typing import Any

from audit.ids import id_in

from .models import RECORDS

EACH = 10


def find_records(user: Any, text: str) -> list[Any]:
    """At most ten records of each type that the person may see and that match; one alone where a number is meant."""
    if not text.strip():
        return []
    found: list[Any] = []
    for model in RECORDS.values():
        rows = model.objects.visible_to(user).matching(text).select_related("owner")  # type: ignore[attr-defined]
        rows = rows if model._meta.model_name == "customer" else rows.select_related("customer", "owner")
        found += rows.order_by("-entered_at", "-id")[:EACH]
    return found


def record_of(user: Any, text: str) -> Any:
    """The record that a value like `followup:12` means, if the person may see it; else None."""
    name, _colon, number = text.partition(":")
    pk = id_in(number)
    if name not in RECORDS or pk is None:
        return None
    joins = ["owner"] if name == "customer" else ["owner", "customer"]
    return RECORDS[name].objects.visible_to(user).select_related(*joins).filter(pk=pk).first()  # type: ignore[attr-defined]
