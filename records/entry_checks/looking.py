"""What a check is given: the span it looks at, the company's zone and rules, and the moves in that span."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from audit.times import day_of, start_of_day
from records.models import RECORDS
from records.models.rules import CompanyRules, company

from .thresholds import LOOK_BACK


@dataclass(frozen=True)
class Look:
    """One run over the changes made from `since` through `at`. Days begin and end in the company's zone."""

    at: dt.datetime
    since: dt.datetime
    rules: CompanyRules = field(default_factory=company)

    @property
    def zone(self) -> dt.tzinfo:
        """The company's zone."""
        return self.rules.shown_zone

    def histories(self) -> Iterator[Any]:
        """The history of each record type."""
        for model in RECORDS.values():
            yield model.history.model  # type: ignore[attr-defined]

    def moves(self, history: Any, since: dt.datetime | None = None) -> QuerySet:
        """Changes of entry times made here in the span; what was brought in from elsewhere was made there."""
        made = {"history_date__gte": since or self.since, "history_date__lte": self.at, "brought_in_at__isnull": True}
        return history.objects.filter(previous_entered_at__isnull=False, **made).order_by()

    def own_moves(self, history: Any, since: dt.datetime | None = None) -> QuerySet:
        """Those of people; what the database's own programs changed has no person."""
        return self.moves(history, since).filter(history_user_id__isnull=False).exclude(channel="sql")


def look_since(at: dt.datetime, since: dt.date | None = None) -> Look:
    """A look from the beginning of that day on, by default LOOK_BACK ago."""
    rules = company()
    first = since or day_of(at - LOOK_BACK, rules.shown_zone)
    return Look(at, start_of_day(first, rules.shown_zone), rules)
