"""What was said with a customer before: the last follow-ups, and the days on which something happened."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from audit.times import format_time

from .models import FollowUp

MARKED = 60


@dataclass(frozen=True)
class Before:
    """The last three follow-ups, newest first, and `marks`, JSON of day → what happened, for the calendar."""

    last: list[FollowUp]
    marks: str


def before_of(user: Any, customer: Any) -> Before | None:
    """Of the follow-ups that the person may see; None without a customer. One query."""
    if customer is None or customer.pk is None:
        return None
    visible = FollowUp.objects.visible_to(user).live().filter(customer=customer)
    found = list(visible.order_by("-entered_at", "-id")[:MARKED])
    return Before(found[:3], marks(found))


def marks(follow_ups: Iterable[FollowUp]) -> str:
    """JSON of day → `Call, First call about the pilot 15:30`, in the zone of the person who looks; latest of a day."""
    zone, found = timezone.get_current_timezone(), {}
    for each in follow_ups:
        day, clock = format_time(each.entered_at, zone).split(" ")
        found.setdefault(day, f"{each.get_kind_display()}, {each.summary} {clock[:5]}")
    return json.dumps(found, ensure_ascii=False)
