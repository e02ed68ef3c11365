"""Filling the queue: every change once, with its flags; batches as one; late rows are not lost."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection, transaction

from audit.acts import act
from audit.events import record_event
from audit.models import ReviewItem
from records.models import Batch
from records.models._entry_time_key import key
from records.review_risk import MANY, read
from records.services import review_filling
from records.services.assign import change_owner
from records.services.review_filling import fill_queue, fill_queue_if_due
from tests import cast as make
from tests.audit.house import exception, run, typed
from tests.beside import Beside
from tests.cast import NOW, clock, days
from tests.records.doing import acting
from tests.records.reviewing import moved, queued

pytestmark = pytest.mark.usefixtures("fresh")
THREE_DAYS_AGO, HOUR = NOW - days(3), dt.timedelta(hours=1)


@pytest.fixture
def fresh():
    review_filling._looked_at_all.clear()


@pytest.fixture
def call(cast):
    return make.follow_up(cast.owner, make.customer(cast.owner))


def batch_of(cast, records, to=THREE_DAYS_AGO, at=NOW, batch=None):
    """Rows of one batch, straight into their tables: what bulk changes and imports leave."""
    name = type(records[0])._meta.model_name
    batch = batch or Batch.objects.create(
        kind="bulk", at=at, by=cast.manager, record_type=name, title="Cards", count=len(records)
    )
    opening = act(by=cast.manager, reason="back_fill", note="Cards", channel="bulk", at=at, batch=batch.pk)
    with transaction.atomic(), opening as opened, key():
        for number, record in enumerate(records):
            record.refresh_from_db()
            opened.about(record, previous_entered_at=record.entered_at)
            record.entered_at = to - days(number)
            record.save(update_fields=["entered_at"])
    return batch


def test_every_change_once_and_nothing_else(cast, call):
    moved(call, cast.manager)
    make.customer(cast.owner)  # created, not changed
    assert fill_queue(clock) == 1
    item = ReviewItem.objects.get()
    row = call.history.latest("history_id")
    assert (item.kind, item.history_id) == ("audit.historicalfollowup", row.history_id)
    assert (item.record_type, item.record_id, item.at) == ("followup", call.pk, NOW)
    assert (item.actor_id, item.actor_name, item.state) == (cast.manager.pk, "Manager", "open")
    assert (item.rows, item.first_id, item.risk, item.flags) == (1, None, 0, "")
    assert fill_queue(clock) == 0
    assert fill_queue(clock, whole=True) == 0
    assert ReviewItem.objects.count() == 1


def test_nothing_to_do_opens_no_transaction(cast, call, django_assert_num_queries):
    moved(call, cast.manager)
    fill_queue(clock)
    with django_assert_num_queries(8):  # per type: the newest item, and whether anything waits
        fill_queue(clock)


def test_own_record_is_the_owners_at_that_time(cast, call):
    moved(call, cast.owner)
    assert set(read(queued(call).flags)) == {"own"}
    call.refresh_from_db()
    change_owner(record=call, seen_version=call.version, owner=cast.manager, **acting(cast.manager, clock))
    assert fill_queue(clock) == 0
    moved(call, cast.manager, NOW - days(1))
    assert set(read(queued(call).flags)) == {"own"}
    assert ReviewItem.objects.count() == 2


def test_the_third_change_within_a_week_counts(cast, call):
    for number in range(1, MANY):
        moved(call, cast.manager, NOW - days(number))
        assert "many" not in read(queued(call).flags)
    moved(call, cast.manager, NOW - days(5))
    assert read(queued(call).flags)["many"] == MANY
    moved(call, cast.manager, NOW - days(1), at=NOW + days(7))
    fill_queue(lambda: NOW + days(7))
    assert "many" not in read(ReviewItem.objects.latest("id").flags)  # the others are a week old


@pytest.mark.parametrize(
    ("before", "what", "who", "flagged"),
    [
        (days(1), {"types": ["followup"]}, "manager", True),
        (HOUR, {}, "manager", True),
        (days(1) + dt.timedelta(seconds=1), {}, "manager", False),
        (HOUR, {"types": ["customer", "contract"]}, "manager", False),
        (HOUR, {"query": "q=x&type=contract&type=followup"}, "manager", True),
        (HOUR, {"query": "q=x&type=contract"}, "manager", False),
        (HOUR, {"query": "q=x"}, "manager", True),
        (HOUR, {}, "senior", False),
        (-HOUR, {}, "manager", False),
    ],
)
def test_after_an_export_of_such_records_by_the_same_person(cast, call, before, what, who, flagged):
    record_event(kind="export", by=getattr(cast, who), at=NOW - before, what=what)
    moved(call, cast.manager)
    assert ("export" in read(queued(call).flags)) is flagged


@pytest.mark.parametrize(("about", "flagged"), [("call", True), ("customer", False)])
def test_after_an_evidence_pack_of_such_a_record(cast, call, about, flagged):
    record = {"call": call, "customer": call.customer}[about]
    record_event(kind="evidence", by=cast.manager, at=NOW - HOUR, record=record, what={"rows": 3})
    moved(call, cast.manager)
    assert ("export" in read(queued(call).flags)) is flagged


def test_closed_month_large_shift_exception_and_hours(cast, call):
    moved(call, cast.manager, NOW - days(29))
    make.close_through(dt.date(2026, 2, 28))
    assert set(read(queued(call).flags)) == {"across", "shift"}
    exception(to=cast.manager, by=cast.administrator)
    moved(call, cast.manager, NOW - days(28), at=NOW + dt.timedelta(hours=9))  # 23:32 in Shanghai
    assert set(read(queued(call).flags)) == {"closed", "exception", "hours"}


def test_raw_sql_is_in_the_queue_as_of_nobody(cast, call):
    run(
        f"UPDATE records_followup SET entered_at = %s WHERE id = {call.pk}",
        [typed(NOW - days(4)) if connection.vendor == "sqlite" else NOW - days(4)],
    )
    fill_queue(clock, whole=True)
    item = ReviewItem.objects.get()
    assert (item.actor_id, item.actor_name) == (None, "")
    assert "sql" in read(item.flags)
    assert "own" not in read(item.flags)


# ---- batches ----


def test_a_batch_is_one_item_shown_by_the_furthest(cast):
    records = [make.customer(cast.owner) for _ in range(3)]
    batch = batch_of(cast, records)
    assert fill_queue(clock) == 3
    item = ReviewItem.objects.get()
    assert (item.batch, item.rows, item.record_id) == (batch.pk, 3, records[2].pk)
    assert item.first_id < item.history_id == item.last_id
    assert "batch" in read(item.flags)
    assert fill_queue(clock) == 0


def test_a_batch_of_one_is_a_change_like_any_other(cast, call):
    batch_of(cast, [call])
    assert "batch" not in read(queued(call).flags)


def test_a_long_batch_comes_in_several_runs(cast, monkeypatch):
    monkeypatch.setattr(review_filling, "MOST", 2)
    records = [make.customer(cast.owner) for _ in range(5)]
    batch_of(cast, records)
    assert [fill_queue(clock) for _ in range(4)] == [2, 2, 1, 0]
    item = ReviewItem.objects.get()
    assert (item.rows, item.record_id) == (5, records[4].pk)


def test_what_comes_after_a_batch_was_signed_off_is_an_item_of_its_own(cast):
    one, other = make.customer(cast.owner), make.customer(cast.owner)
    batch = batch_of(cast, [one])
    fill_queue(clock)
    ReviewItem.objects.update(state="ok", state_at=NOW)
    batch_of(cast, [other], batch=batch)
    assert fill_queue(clock) == 1
    assert sorted(ReviewItem.objects.values_list("state", "record_id")) == [("ok", one.pk), ("open", other.pk)]


# ---- what comes late ----


def test_an_older_row_that_commits_late_is_found(cast, call):
    """Rows of a transaction that began earlier are older, and have smaller ids, than what is in the queue already."""
    late = make.follow_up(cast.owner, make.customer(cast.owner))
    moved(late, cast.manager, at=NOW - 5 * HOUR)
    moved(call, cast.manager)
    row = late.history.latest("history_id").history_id
    assert fill_queue(clock) == 2
    ReviewItem.objects.filter(history_id=row).delete()  # as if it had not been there to be seen
    assert fill_queue(clock) == 1
    assert ReviewItem.objects.filter(history_id=row).exists()


def test_once_a_day_everything_is_looked_at(cast, call):
    old = make.follow_up(cast.owner, make.customer(cast.owner))
    moved(old, cast.manager, NOW - days(5), at=NOW - days(3))
    moved(call, cast.manager)
    fill_queue_if_due(clock)
    fill_queue_if_due(clock)
    ReviewItem.objects.filter(record_id=old.pk).delete()
    assert fill_queue_if_due(lambda: NOW + days(1) - HOUR) == 0
    assert fill_queue_if_due(lambda: NOW + days(1)) == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_not_wait_for_each_other():
    with transaction.atomic():
        assert review_filling.only_one(review_filling.LOCK)
        assert Beside(alone).answer() is False
    assert Beside(alone).answer() is True


def alone():
    with transaction.atomic():
        return review_filling.only_one(review_filling.LOCK)
