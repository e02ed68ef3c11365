"""Changes to be reviewed, and what reviewers do over HTTP."""

from __future__ import annotations

import re
from typing import Any

from django.urls import reverse

from audit.models import ReviewItem
from records.services.entry_time import change_entry_time
from records.services.review_filling import fill_queue
from tests.cast import NOW, clock, days

PAGE = "/review/"
TWO_DAYS_AGO = NOW - days(2)


def moved(record: Any, by: Any, to: Any = TWO_DAYS_AGO, at: Any = NOW, note: str = "Card found.") -> Any:
    """Change the record's entry time through the door, at a moment."""
    record.refresh_from_db()
    return change_entry_time(
        record=record,
        seen_version=record.version,
        entered_at=to,
        reason="back_fill",
        note=note,
        by=by,
        channel="web",
        clock=lambda: at,
    )


def queued(record: Any) -> ReviewItem:
    """Fill the queue; the newest item of the record."""
    fill_queue(clock)
    return ReviewItem.objects.filter(record_type=record._meta.model_name, record_id=record.pk).latest("id")


def text(response: Any) -> str:
    """The page."""
    return response.content.decode()


def page(item: ReviewItem) -> str:
    """The address of its page."""
    return reverse("records:review_item", args=[item.pk])


def look(client: Any, item: ReviewItem) -> str:
    """Open its page, and take what the form carries."""
    return re.search(r'name="seen" value="([^"]*)"', text(client.get(page(item))))[1]


def say(client: Any, item: ReviewItem, outcome: str = "ok", note: str = "Gate pass seen.", seen: str = "", **more: Any):
    """Open the page and post an outcome."""
    data = {"outcome": outcome, "note": note, "seen": seen or look(client, item)}
    return client.post(page(item), data, **more)
