"""Grants that were given, used and revoked within a day: what somebody who hides a change would do."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from .models import RECORDS

DAY = dt.timedelta(days=1)
LOOKED_AT = dt.timedelta(days=90)  # how far back the list goes


def quick(gone: QuerySet, kind: str, holder: str) -> QuerySet:
    """Of the '-' rows of grants those that say so, with `used_at`, the first change under it.

    `granted_at` stands on the row itself; a row whose end had passed was only replaced.
    """
    rows = gone.filter(until__gt=F("history_date"))
    rows = rows.filter(history_date__lte=F("granted_at") + DAY)
    uses = [_first_use(name, kind, holder) for name in (RECORDS if kind == "customer" else (kind,))]
    return rows.annotate(used_at=Coalesce(*uses) if len(uses) > 1 else uses[0]).filter(used_at__isnull=False)


def _first_use(name: str, kind: str, holder: str) -> Subquery:
    """When an entry time of that type was first moved under the grant; bounded by the moves of its lifetime."""
    moves: Any = RECORDS[name].history.model.objects.filter(  # type: ignore[attr-defined]
        previous_entered_at__isnull=False,
        history_date__gte=OuterRef("granted_at"),
        history_date__lte=OuterRef("history_date"),
        allowed_by_kind=holder,
        allowed_by_id=OuterRef("id"),
        **{"id" if name == kind else "customer_id": OuterRef("content_object_id")},
    )
    if holder == "user":
        moves = moves.filter(history_user_id=OuterRef("user_id"))
    return Subquery(moves.order_by("history_date", "history_id").values("history_date")[:1])
