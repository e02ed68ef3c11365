"""Many changes: of one record, and by one person in a short time."""

from __future__ import annotations

import datetime as dt
import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Count, Max, Min

from .found import Found
from .looking import Look
from .thresholds import AT_ONCE, MANY_AT_ONCE, MANY_ON_ONE


def many_on_one(look: Look) -> Iterator[Found]:
    """Records moved in the span whose entry time was changed MANY_ON_ONE times or more, ever; undoing is no change."""
    for history in look.histories():
        name = history.instance_type._meta.model_name
        made = {"history_date__lte": look.at, "brought_in_at__isnull": True, "previous_entered_at__isnull": False}
        rows = history.objects.filter(id__in=look.moves(history).values("id"), **made).exclude(channel="undo")
        told = {
            "count": Count("pk"),
            "last": Max("history_id"),
            "since": Min("history_date"),
            "newest": Max("history_date"),
        }
        many = rows.order_by().values("id").annotate(**told).filter(count__gte=MANY_ON_ONE)
        for row in many.order_by("-count", "id").iterator():
            facts = {"count": row["count"], "first": row["since"].isoformat(), "last": row["newest"].isoformat()}
            yield Found("many_on_one", f"{name}:{row['last']}", row["newest"], name, row["id"], facts=facts)


# ---- by one person ----


class Act(NamedTuple):
    """Something a person did to entry times: a change, or a batch of them."""

    at: dt.datetime
    mark: str
    user: int
    name: str


@dataclass
class Burst:
    """Acts of one person that follow each other too quickly."""

    first: Act
    last: Act
    count: int

    def found(self) -> Found:
        """As a finding."""
        facts = {
            "name": self.last.name,
            "people": [self.last.user],
            "count": self.count,
            "first": self.first.at.isoformat(),
            "last": self.last.at.isoformat(),
        }
        return Found("burst", f"{self.last.user}:{self.last.mark}", self.last.at, facts=facts)


def burst(look: Look) -> Iterator[Found]:
    """People who made MANY_AT_ONCE changes within AT_ONCE, each as long as it went on. A batch is one change."""
    recent: dict[int, deque[Act]] = {}
    going: dict[int, Burst] = {}
    for act in _acts(look):
        line = recent.setdefault(act.user, deque(maxlen=MANY_AT_ONCE))
        line.append(act)
        if len(line) == MANY_AT_ONCE and act.at - line[0].at <= AT_ONCE:
            run = going.setdefault(act.user, Burst(line[0], act, MANY_AT_ONCE - 1))
            run.last, run.count = act, run.count + 1
        elif act.user in going:
            yield going.pop(act.user).found()
    for run in going.values():
        yield run.found()


def _acts(look: Look) -> Iterator[Act]:
    """All acts of people in the span, oldest first."""
    since = look.since - AT_ONCE  # a burst may have begun before the span
    streams = [stream(look, history, since) for history in look.histories() for stream in (_single, _batches)]
    return heapq.merge(*streams)


def _single(look: Look, history: Any, since: dt.datetime) -> Iterator[Act]:
    name = history.instance_type._meta.model_name
    rows = look.own_moves(history, since).filter(batch__isnull=True).order_by("history_date", "history_id")
    for at, pk, user, who in rows.values_list("history_date", "history_id", "history_user_id", "actor_name").iterator():
        yield Act(at, f"{name}:{pk}", user, who)


def _batches(look: Look, history: Any, since: dt.datetime) -> Iterator[Act]:
    name = history.instance_type._meta.model_name
    rows = look.own_moves(history, since).filter(batch__isnull=False).values("history_user_id", "batch")
    for row in rows.annotate(at=Min("history_date"), who=Max("actor_name")).order_by("at").iterator():
        yield Act(row["at"], f"{name}:batch:{row['batch']}", row["history_user_id"], row["who"])
