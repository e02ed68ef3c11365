"""What both purges share: who may, and taking rows out with the events that say so."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import QuerySet

from audit.events import record_event
from audit.triggers import MAINTENANCE, switched_on
from audit.verify.purges import KIND
from records.access import Checker
from records.refusals import refuse
from records.services.records import actor

ADMINISTRATOR = "administrator"  # the key of the role
IDS = 10_000  # named by one event
SHORTEST = 10  # characters of a reason


def administrator(by: Any, at: dt.datetime, why: str) -> Checker:
    """The person with their rights. Raises Refused for who is no administrator, and where no reason is given."""
    checker = actor(by, at)
    if ADMINISTRATOR not in checker.who.roles:
        raise refuse("purge_right")
    if len(why) < SHORTEST:
        raise refuse("purge_reason")
    return checker


def take_out(rows: QuerySet, checker: Checker, *, why: str, channel: str, about: Any = None) -> int:
    """Delete these history rows for good, an event for each IDS of them; gives their number."""
    history: Any = rows.model
    taken, after = 0, 0
    with switched_on(MAINTENANCE):
        while found := list(rows.filter(pk__gt=after).order_by("pk").values_list("pk", "id")[:IDS]):
            ids, of = [row for row, _ in found], [thing for _, thing in found]
            after = ids[-1]
            taken += len(ids)
            for start in range(0, len(ids), 500):
                history._default_manager.filter(pk__in=ids[start : start + 500]).delete()
            what = {"kind": history._meta.label_lower, "ids": ids, "of": of, "count": len(ids), "why": why}
            record_event(kind=KIND, by=checker.user, at=checker.at, channel=channel, record=about, what=what)
    return taken
