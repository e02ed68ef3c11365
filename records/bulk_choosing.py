"""Which rows of a list are meant: those ticked, or all that its filter matches, as far as the person sees them."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Callable, Iterable
from typing import Any

from django.http import QueryDict

from audit.models import Job

from .filters import ListFilter
from .lists import LISTS
from .models import BulkChange
from .services.bulk_changes import add_rows
from .services.bulk_work import work_with


def matching(record_type: str, query: str, user: Any, zone: dt.tzinfo) -> Any:
    """Records that the filter in the address of a list matches; none where it cannot be understood."""
    listing = LISTS[record_type]
    rows = listing.model.objects.visible_to(user)
    asked = ListFilter(QueryDict(query), listing.model, listing.filters, zone)
    return (asked.apply(rows, user) if asked.is_valid() else rows.none()).order_by("pk")


def ticked(record_type: str, ids: Iterable[int], user: Any) -> Any:
    """The records with these ids."""
    return LISTS[record_type].model.objects.visible_to(user).filter(pk__in=list(ids)).order_by("pk")


def _choose(bulk: BulkChange, by: Any, job: Job, step: Callable[[int], None]) -> None:
    """Take in what the filter matches now."""
    add_rows(bulk, matching(bulk.record_type, bulk.asked, by, zoneinfo.ZoneInfo(job.facts["zone"])), step)


work = work_with(_choose)
