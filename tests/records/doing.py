"""What people do, in few words: the services with what most tests do not care about filled in."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

from records.models import TypeRule
from records.services.entry_time import change_entry_time
from records.services.grants import Terms, grant
from records.services.rules import change_rule
from tests.cast import NOW, clock

TERMS = Terms(until=NOW + dt.timedelta(hours=1), days_back=5)


def minutes(number: float) -> dt.timedelta:
    return dt.timedelta(minutes=number)


def redate(call, by, entered_at, version=1, clock=clock):
    return change_entry_time(
        record=call,
        seen_version=version,
        entered_at=entered_at,
        reason="other",
        note="",
        by=by,
        channel="web",
        clock=clock,
    )


def acting(by, clock, note="As agreed"):
    return {"by": by, "reason": "", "note": note, "channel": "web", "clock": clock}


def give(cast, record, to=None, by=None, clock=clock, **terms):
    terms = Terms(**{"until": TERMS.until, "days_back": 5} | terms)
    to, by = to or cast.colleague, by or cast.manager
    return grant(record=record, to=to, terms=terms, why="Holiday", by=by, channel="web", clock=clock)


def set_rule(rule, clock, cast, **values):
    change_rule(
        rule=rule,
        seen_version=rule.version,
        values=values,
        by=cast.administrator,
        note="As agreed",
        channel="web",
        clock=clock,
    )


def rule() -> TypeRule:
    return TypeRule.objects.get(record_type="followup")


def assert_chain(record) -> None:
    """Versions without a gap, each row's previous time the time of the row before, the last one what is stored."""
    rows = list(record.history.order_by("history_id"))
    assert [row.version for row in rows] == list(range(1, len(rows) + 1))
    for before, row in pairwise(rows):
        moved = row.entered_at != before.entered_at
        assert row.previous_entered_at == (before.entered_at if moved else None)
    stored = type(record).objects.get(pk=record.pk)
    assert (stored.version, stored.entered_at) == (rows[-1].version, rows[-1].entered_at)
