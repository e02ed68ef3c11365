"""100,000 entry times changed with history: against plain SQL that does the same rows, and a loop of save()."""

from __future__ import annotations

import datetime as dt
import os
import resource
import time

import pytest
from django.db import connection, connections, transaction

from audit.acts import act
from records.models import FollowUp, Window
from records.models._entry_time_key import key
from records.services.entry_time.many import ManyMove
from tests import cast as make
from tests.cast import NOW, days
from tests.records.many import change, many_calls

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True), pytest.mark.timeout(1800)]
ROWS, SAMPLE, TURNS = 100_000, 1_000, 3  # the quickest of three: other work on the machine only ever slows
TABLE, HISTORY = FollowUp._meta.db_table, FollowUp.history.model


def timed(run):
    """Seconds, on the wall."""
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def plain_sql(ids):
    """The same rows by hand: one INSERT … SELECT into the history, one UPDATE."""
    copied = ", ".join(f'"{f.column}"' for f in HISTORY.tracked_fields if f.column not in ("version", "entered_at"))
    minus = "entered_at - interval '1 day'" if connection.vendor == "postgresql" else "datetime(entered_at, '-1 day')"
    own = "history_date, history_type, history_change_reason, reason, channel, batch, actor_name, allowed_by_kind"
    where = f"id BETWEEN {ids[0]} AND {ids[-1]}"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {HISTORY._meta.db_table} ({copied}, version, entered_at, previous_entered_at, {own}) "
            f"SELECT {copied}, version + 1, {minus}, entered_at, %s, '~', 'Words', 'other', 'bulk', 1, 'Who', 'role' "
            f"FROM {TABLE} WHERE {where}",
            [NOW],
        )
        cursor.execute(f"UPDATE {TABLE} SET entered_at = {minus}, version = version + 1 WHERE {where}")


def by_save(ids):
    """A loop that saves row by row, each with its history row, as Django does it; nothing is judged."""
    asked = {"by": None, "reason": "other", "note": "Words", "channel": "bulk", "at": NOW}
    for record in FollowUp.objects.filter(pk__in=ids):
        with transaction.atomic(), act(**asked) as opened, key():
            before, record.entered_at = record.entered_at, record.entered_at - days(1)
            opened.about(record, previous_entered_at=before)
            record.save(update_fields=["entered_at"])


def moves_to(ids, day):
    """Each to a time of its own, so many days back, seen at the version that it has by then."""
    return [ManyMove(pk, day, NOW - days(day) - dt.timedelta(seconds=pk * 7919 % 86_400)) for pk in ids]


def all_done(result):
    """Nothing was left out."""
    assert result.counts == {"done": ROWS}


def memory_of(run):
    """The peak of a process that does it, in MB."""
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            run()
            code = 0
        finally:
            os._exit(code)
    _, status, used = os.wait4(pid, 0)
    assert os.WEXITSTATUS(status) == 0
    return used.ru_maxrss / 1024


def test_a_hundred_thousand(cast):
    for window in Window.objects.filter(role__key="sales_manager"):
        make.set_rule(window, no_limit=True, days_back=None)
    ids = [record.pk for record in many_calls(cast, make.customer(cast.owner), ROWS)]
    here = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    all_done(change(moves_to(ids, 1), cast.manager))
    plain, door = [], []
    for turn in range(2, 2 * TURNS + 1, 2):
        plain.append(timed(lambda: plain_sql(ids)))
        moves = moves_to(ids, turn + 1)
        door.append(timed(lambda moves=moves: all_done(change(moves, cast.manager))))
    peak = memory_of(lambda: all_done(change(moves_to(ids, 2 * TURNS + 2), cast.manager)))
    saved = timed(lambda: by_save(ids[:SAMPLE])) * ROWS / SAMPLE
    least, most = min(plain), min(door)
    print(
        f"\n{connection.vendor}, {ROWS:,} rows: plain SQL {least:.1f} s, through the door {most:.1f} s "
        f"({most / least:.1f} times), a loop of save() {saved:.0f} s ({saved / most:.0f} times), "
        f"peak {peak:.0f} MB (the process before: {here:.0f} MB)"
    )
    assert HISTORY.objects.count() == (2 * TURNS + 3) * ROWS + SAMPLE
    assert most / least <= 3
    assert saved / most >= 20
    assert peak <= 300
