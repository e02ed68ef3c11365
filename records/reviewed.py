"""What reviewers said of the changes in a record's history."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import OuterRef, Q, Subquery

from audit.canonical import kind_of
from audit.models import Review, ReviewItem
from audit.presenters import Entry


def reviewed(entries: Iterable[Entry], model: Any) -> list[tuple[Entry, ReviewItem | None]]:
    """Each entry with the item by which it was reviewed, its last reviewer as `reviewer`; None otherwise. One query."""
    entries = list(entries)
    moved = [entry for entry in entries if entry.moved]
    if not moved:
        return [(entry, None) for entry in entries]
    last = Review.objects.filter(kind=OuterRef("kind"), history_id=OuterRef("history_id")).order_by("-id")
    alone = Q(history_id__in=[entry.history_id for entry in moved])
    of_batches = Q(batch__in={entry.batch for entry in moved if entry.batch is not None})
    items = ReviewItem.objects.filter(alone | of_batches, kind=kind_of(model.history.model), state__in=("ok", "back"))
    found = list(items.annotate(reviewer=Subquery(last.values("by_name")[:1])))
    return [(entry, next((item for item in found if _holds(item, entry)), None)) for entry in entries]


def _holds(item: ReviewItem, entry: Entry) -> bool:
    """Whether the entry is the item's change, or one of its batch."""
    if item.first_id is None:
        return entry.history_id == item.history_id
    return entry.batch == item.batch and item.first_id <= entry.history_id <= item.last_id  # type: ignore[operator]
