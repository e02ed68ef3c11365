"""Changes that reached into a month that was closed when they were made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from audit.times import END, FIRST, closed_edge, day_of, start_of_day
from records.models import TypeRule
from records.rules import Limits

from .found import ROW, Found, facts_of, moved
from .looking import Look

Span = tuple[dt.datetime, dt.datetime, dt.date]
_RULE = ("history_date", "history_type", "closed_through", "closed_hard_through", "grace_days")


def across_closed(look: Look) -> Iterator[Found]:
    """Moves into or out of what was closed at that moment: under an exception, or past the rules. A batch is one."""
    for history in look.histories():
        name = history.instance_type._meta.model_name
        for begins, ends, day in spans(look, name):
            edge = closed_edge(day, look.zone)
            rows = look.moves(history, begins).filter(history_date__lt=ends)
            reached = rows.filter(Q(previous_entered_at__lt=edge) | Q(entered_at__lt=edge))
            yield from _single(history, reached.filter(batch__isnull=True), day)
            yield from _batches(name, reached.filter(batch__isnull=False), day)


def _single(history: Any, rows: QuerySet, day: dt.date) -> Iterator[Found]:
    for row in rows.order_by("-history_id").values(*ROW, "exception_id", "db_user").iterator():
        facts = facts_of(row) | {"closed": day.isoformat(), "exception": row["exception_id"], "db_user": row["db_user"]}
        mark = f"{history.instance_type._meta.model_name}:{row['history_id']}"
        yield Found("across_closed", mark, **moved(history, row), facts=facts)


def _batches(name: str, rows: QuerySet, day: dt.date) -> Iterator[Found]:
    told = {"count": Count("pk"), "who": Max("actor_name"), "newest": Max("history_date")}
    for row in rows.values("batch", "history_user_id").annotate(**told).order_by("-batch").iterator():
        people = [row["history_user_id"]] if row["history_user_id"] else []
        facts = {"name": row["who"], "people": people, "count": row["count"], "type": name}
        facts |= {"batch": row["batch"], "closed": day.isoformat()}
        yield Found("across_closed_batch", f"{name}:{row['batch']}", row["newest"], facts=facts)


# ---- what was closed when ----


def spans(look: Look, record_type: str) -> Iterator[Span]:
    """From when to when which day was the last closed one, within the span looked at."""
    rows = list(TypeRule.history.model.objects.filter(record_type=record_type).order_by("history_id").values(*_RULE))
    begins = [row["history_date"] for row in rows] + [END]
    if (
        rows and rows[0]["history_type"] == "+"
    ):  # what was before it was purged is not known; the first rule held always
        begins[0] = FIRST
    for row, (first, last) in zip(rows, pairwise(begins), strict=False):
        limits = Limits(
            (),
            look.zone,
            closed_through=row["closed_through"],
            closed_hard_through=row["closed_hard_through"],
            grace_days=row["grace_days"],
        )
        yield from _steps(look, limits, max(first, look.since), min(last, look.at + dt.timedelta(microseconds=1)))


def _steps(look: Look, limits: Limits, first: dt.datetime, last: dt.datetime) -> Iterator[Span]:
    """With days of grace a month closes at the beginning of a day: as many spans as that makes."""
    if first >= last:
        return
    marks = [first, *_beginnings(look, first, last), last] if limits.grace_days is not None else [first, last]
    begun, closed = first, limits.closed_at(first)
    for mark in marks[1:]:
        if mark == last or limits.closed_at(mark) != closed:
            if closed is not None:
                yield begun, mark, closed
            begun, closed = mark, limits.closed_at(mark)


def _beginnings(look: Look, first: dt.datetime, last: dt.datetime) -> Iterator[dt.datetime]:
    day = day_of(first, look.zone) + dt.timedelta(days=1)
    while (begins := start_of_day(day, look.zone)) < last:
        yield begins
        day += dt.timedelta(days=1)
