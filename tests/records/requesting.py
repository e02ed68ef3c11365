"""Asking and answering over HTTP, as the pages do it."""

from __future__ import annotations

import re
from typing import Any

from django.urls import reverse

from records.models import TimeRequest
from records.services.time_requests import Seen, ask
from tests.cast import NOW, clock, days

WISH = NOW - days(20)  # beyond the 7 days of sales, within the 30 of managers


def asked(record: Any, by: Any, wanted: Any = WISH, clock: Any = clock, **more: Any) -> TimeRequest:
    """A request that waits."""
    words = {"why_code": "back_fill", "words": "Found the card only now.", "seen_version": record.version}
    return ask(**{"record": record, "wanted": wanted, "by": by, "channel": "web", "clock": clock} | words | more)


def page(request: TimeRequest) -> str:
    """The address of its page."""
    return reverse("records:request_detail", args=[request.pk])


def text(response: Any) -> str:
    """The page."""
    return response.content.decode()


def looked(client: Any, request: TimeRequest) -> str:
    """Open its page and take what the form that answers carries."""
    return re.search(r'name="seen" value="([^"]*)"', text(client.get(page(request))))[1]


def seen_now(request: TimeRequest) -> str:
    """What the form of a page made now would carry, whoever might open it."""
    fresh = TimeRequest.objects.get(pk=request.pk)
    return str(Seen.of(fresh, fresh.record_model.objects.get(pk=fresh.record_id)))


def answer(client: Any, request: TimeRequest, seen: str = "", **data: Any) -> Any:
    """Post an answer: an approval, unless said otherwise."""
    given = {"answer": "approve", "seen": seen or seen_now(request), "note": "Seen."}
    return client.post(page(request), given | data)
