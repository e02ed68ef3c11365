"""Changes made while nobody works, on the clocks of the company."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Max, Min

from audit.times import day_of
from records.review_risk import WORK_DAYS, WORK_ENDS, WORK_STARTS

from .found import Found
from .looking import Look

Stretch = tuple[dt.datetime, dt.datetime]


def outside_hours(look: Look) -> Iterator[Found]:
    """One finding per person and stretch of free time: a night, a weekend."""
    for begins, ends in stretches(look):
        for user, row in _people(look, begins, ends).items():
            facts = {
                "name": row["who"],
                "people": [user],
                "count": row["count"],
                "first": row["first"].isoformat(),
                "last": row["newest"].isoformat(),
            }
            mark = f"{user}:{day_of(begins, look.zone).isoformat()}"
            place = {"record_type": row["type"], "record_id": row["record"]} if row["count"] == 1 else {}
            yield Found("outside_hours", mark, row["newest"], **place, facts=facts)


def stretches(look: Look) -> Iterator[Stretch]:
    """The free times that the span touches, from the end of one day's work to the beginning of the next."""
    ended: dt.datetime | None = None
    day, last = day_of(look.since, look.zone) - dt.timedelta(days=7), day_of(look.at, look.zone) + dt.timedelta(days=7)
    while day <= last:
        if day.weekday() in WORK_DAYS:
            begins = dt.datetime.combine(day, WORK_STARTS, tzinfo=look.zone)
            if ended is not None and begins > look.since and ended <= look.at:
                yield ended, begins
            ended = dt.datetime.combine(day, WORK_ENDS, tzinfo=look.zone)
        day += dt.timedelta(days=1)


def _people(look: Look, begins: dt.datetime, ends: dt.datetime) -> dict[int, dict[str, Any]]:
    """Who changed how many entry times in the stretch, of all types together."""
    people: dict[int, dict[str, Any]] = {}
    for history in look.histories():
        rows = look.own_moves(history, begins).filter(history_date__lt=ends).values("history_user_id")
        told = {"count": Count("pk"), "first": Min("history_date"), "newest": Max("history_date"), "record": Max("id")}
        for row in rows.annotate(**told, who=Max("actor_name")):
            row["type"] = history.instance_type._meta.model_name
            before = people.setdefault(row["history_user_id"], row)
            if before is not row:
                before["count"] += row["count"]
                before["first"] = min(before["first"], row["first"])
                before["newest"] = max(before["newest"], row["newest"])
    return people
