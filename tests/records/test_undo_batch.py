"""Taking back a batch: what is given back, what stays because it was touched, what a rule refuses; and back again."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction

from audit.acts import act
from audit.set_rows import SetRow
from records.models import Batch, Contact, Customer, FollowUp, Notice, Window
from records.models._entry_time_key import key
from records.refusals import Refused
from records.services.assign import change_importance
from records.services.batches import foresee_undo, undo_batch
from records.services.bulk import insert_many, set_many
from records.services.entry_time import change_entry_time
from records.services.numbers import next_numbers
from records.services.records import archive_record, update_record
from tests import cast as make
from tests.cast import NOW, clock, days
from tests.records.doing import acting, assert_chain
from tests.records.many import calls, change, fresh, many_calls, moved

HISTORY = FollowUp.history.model
DAY = days(-1)


def later(minutes):
    return lambda: NOW + dt.timedelta(minutes=minutes)


def undo(batch, by, **extra):
    return undo_batch(**{"batch": batch, "by": by, "clock": later(5), "note": "Wrong batch"} | extra)


def states(rows):
    return {row.record_id: row.outcome for row in rows}


def test_each_gets_back_what_it_had_and_the_undo_is_a_batch(cast):
    records = calls(cast, 3)
    batch = change(moved(records, DAY), cast.owner).batch
    undone = undo(batch, cast.owner)
    assert {record.entered_at for record in fresh(records)} == {NOW}
    made = Batch.objects.get(kind="undo")
    assert (undone.batch, made.undoes, made.count, made.title) == (made, batch.pk, 3, batch.title)
    rows = HISTORY.objects.filter(batch=made.pk).order_by("id")
    assert {(row.reason, row.channel, row.history_change_reason) for row in rows} == {("undo", "undo", "Wrong batch")}
    assert [row.undoes for row in rows] == list(
        HISTORY.objects.filter(batch=batch.pk).order_by("id").values_list("history_id", flat=True)
    )
    for record in records:
        assert_chain(record)


def test_of_a_thousand_ten_were_touched_since_and_stay_named(cast):
    customer = make.customer(cast.owner)
    records = many_calls(cast, customer, 1000)
    batch = change(moved(records, DAY), cast.owner).batch
    touched = fresh(records[::100])
    for record in touched:
        asked = {"record": record, "seen_version": 2, "reason": "other", "note": "", "channel": "web"}
        change_entry_time(**asked, entered_at=NOW + 2 * DAY, by=cast.manager, clock=clock)
    foreseen = foresee_undo(batch, cast.owner, NOW + dt.timedelta(minutes=5))
    undone = undo(batch, cast.owner)
    for told in (foreseen, undone):
        assert (len(told.taken_back), len(told.kept), told.refused) == (990, 10, [])
        assert [(row.record_id, row.number) for row in told.kept] == [(each.pk, each.number) for each in touched]
        assert {(row.by_name, row.by_at, row.stays) for row in told.kept} == {("Manager", NOW, ("entered_at",))}
    assert undone.batch.count == 990
    assert FollowUp.objects.filter(entered_at=NOW).count() == 990
    assert FollowUp.objects.filter(entered_at=NOW + 2 * DAY).count() == 10
    again = undo(undone.batch, cast.owner)
    assert (len(again.taken_back), again.batch.undoes) == (990, undone.batch.pk)
    assert FollowUp.objects.filter(entered_at=NOW + DAY).count() == 990
    assert {each.outcome for each in foresee_undo(batch, cast.owner, NOW).rows} == {"kept"}
    for record in (records[0], records[1]):
        assert_chain(record)


def test_another_field_touched_since_keeps_nothing(cast):
    (call,) = calls(cast, 1)
    batch = change(moved([call], DAY), cast.owner).batch
    asked = {"record": call, "seen_version": 2, "values": {"content": "More"}, "channel": "web", "clock": clock}
    update_record(**asked, by=cast.owner)
    assert states(undo(batch, cast.owner).rows) == {call.pk: "done"}
    (stored,) = fresh([call])
    assert (stored.entered_at, stored.content) == (NOW, "More")


def test_moved_there_and_back_is_touched_too(cast):
    (call,) = calls(cast, 1)
    batch = change(moved([call], DAY), cast.owner).batch
    for version, when in ((2, NOW + 2 * DAY), (3, NOW + DAY)):
        asked = {"record": call, "seen_version": version, "reason": "other", "note": "", "channel": "web"}
        change_entry_time(**asked, entered_at=when, by=cast.owner, clock=clock)
    assert states(undo(batch, cast.owner).rows) == {call.pk: "kept"}


def test_a_rule_in_force_now_refuses(cast):
    plain, key = make.customer(cast.owner), make.customer(cast.owner)
    ordinary, important = calls(cast, 1, plain), calls(cast, 1, key)
    gone = calls(cast, 1, plain)
    batch = change(moved([*ordinary, *important, *gone], DAY), cast.manager).batch
    change_importance(record=key, seen_version=1, importance="key", **acting(cast.senior, clock))
    archive_record(record=gone[0], seen_version=2, **acting(cast.manager, clock))
    undone = undo(batch, cast.manager)
    assert {row.record_id: row.codes for row in undone.refused} == {
        important[0].pk: ("right",),
        gone[0].pk: ("archived",),
    }
    assert states(undone.rows)[important[0].pk] == "ask"
    assert [row.record_id for row in undone.taken_back] == [ordinary[0].pk]


def test_a_period_closed_since_keeps_it_even_from_who_made_it(cast):
    (call,) = calls(cast, 1)
    batch = change(moved([call], DAY), cast.owner).batch
    make.close_through(dt.date(2026, 3, 18), "followup")
    undone = undo(batch, cast.owner)
    assert (states(undone.rows), undone.batch) == ({call.pk: "no"}, None)
    assert undone.refused[0].codes == ("closed",)


@pytest.mark.parametrize(("minutes", "outcome"), [(15, "done"), (16, "ask")])
def test_ones_own_last_changes_need_no_window_for_fifteen_minutes(cast, minutes, outcome):
    (call,) = calls(cast, 1)
    batch = change(moved([call], DAY), cast.owner).batch
    for window in Window.objects.filter(role__key="sales"):
        make.set_rule(window, longest_move=0)
    assert states(undo(batch, cast.owner, clock=later(minutes)).rows) == {call.pk: outcome}


def test_somebody_elses_batch_needs_the_right_on_each(cast):
    mine, theirs = calls(cast, 1), calls(cast, 1, owner=cast.colleague)
    batch = change(moved([*mine, *theirs], DAY), cast.manager).batch
    assert states(undo(batch, cast.colleague).rows) == {mine[0].pk: "ask", theirs[0].pk: "done"}


def test_only_some_are_taken_back_and_the_rest_later(cast):
    records = calls(cast, 3)
    batch = change(moved(records, DAY), cast.owner).batch
    assert states(undo(batch, cast.owner, only=[records[0].pk]).rows) == {records[0].pk: "done"}
    assert states(undo(batch, cast.owner).rows) == {
        records[0].pk: "kept",
        records[1].pk: "done",
        records[2].pk: "done",
    }


def test_the_same_undo_again_gives_the_first(cast):
    records = calls(cast, 3)
    batch = change(moved(records, DAY), cast.owner).batch
    first, again = (undo(batch, cast.owner, job=8) for _ in range(2))
    assert (again.batch, again.repeated) == (first.batch, True)
    assert states(again.rows) == states(first.rows)
    assert {record.version for record in fresh(records)} == {3}


def test_people_are_told_once(cast):
    batch = change(moved(calls(cast, 3), DAY), cast.manager).batch
    Notice.objects.all().delete()
    undo(batch, cast.manager)
    assert list(Notice.objects.values_list("user", "reason", "words")) == [(cast.owner.pk, "undo", "Wrong batch (+2)")]


def test_grants_are_not_taken_back_so(cast):
    batch = Batch.objects.create(kind="grants", at=NOW, by=cast.manager, record_type="customer", title="", count=1)
    with pytest.raises(Refused) as no:
        undo(batch, cast.manager)
    assert no.value.codes == ("undo_kind",)


def test_foreseeing_writes_nothing(cast):
    records = calls(cast, 2)
    batch = change(moved(records, DAY), cast.owner).batch
    assert {row.outcome for row in foresee_undo(batch, cast.owner, NOW).rows} == {"ok"}
    assert (Batch.objects.count(), {record.version for record in fresh(records)}) == (1, {2})


# ---- imports ----


class Brought:
    """What an import leaves: new records of two types with a contact, and one standing record changed."""

    def __init__(self, cast):
        self.standing = make.customer(cast.owner, name="Old name", note="Mine")
        stamps = {"entered_at": NOW + DAY, "original_entered_at": NOW + DAY, "recorded_at": NOW}
        self.batch = Batch.objects.create(
            kind="import", at=NOW, by=cast.manager, record_type="customer", title="fair.csv", count=3
        )
        asked = {"by": cast.manager, "reason": "import", "note": "fair.csv", "channel": "import", "at": NOW}
        with transaction.atomic(), act(**asked, batch=self.batch.pk), key():
            numbers = next_numbers(Customer, NOW, 2)
            self.customers = [Customer(number=n, name=n, owner=cast.owner, **stamps) for n in numbers]
            insert_many(self.customers)
            (number,) = next_numbers(FollowUp, NOW, 1)
            self.call = FollowUp(number=number, summary="Call", customer=self.customers[0], owner=cast.owner, **stamps)
            insert_many([self.call])
            self.contact = Contact(customer=self.customers[1], name="Li Ming")
            insert_many([self.contact])
            moved_row = SetRow(self.standing.pk, 1, (NOW + DAY,))
            kept = {"previous_entered_at": "entered_at"}
            set_many(Customer, [moved_row], columns=["entered_at"], kept=kept)
            set_many(Customer, [SetRow(self.standing.pk, 2, ("New name", "Theirs"))], columns=["name", "note"])


@pytest.fixture
def brought(cast):
    return Brought(cast)


def test_what_an_import_created_is_archived_and_what_it_changed_is_given_back(cast, brought):
    undone = undo(brought.batch, cast.manager)
    assert {(row.record_type, row.outcome) for row in undone.rows} == {
        ("contact", "done"),
        ("followup", "done"),
        ("customer", "done"),
    }
    for record in (*fresh(brought.customers), *fresh([brought.call]), *fresh([brought.contact])):
        assert record.archived_at == NOW + dt.timedelta(minutes=5)
    (standing,) = fresh([brought.standing])
    assert (standing.name, standing.note, standing.entered_at) == ("Old name", "Mine", NOW)
    assert list(Customer.objects.matching("Old name")) == [standing]
    assert not Customer.objects.matching("New name").exists()
    for record in (standing, *brought.customers, brought.call):
        assert_chain(record)


def test_an_import_taken_back_can_be_brought_back(cast, brought):
    undone = undo(brought.batch, cast.manager)
    again = undo(undone.batch, cast.manager)
    assert {row.outcome for row in again.rows} == {"done"}
    (standing,) = fresh([brought.standing])
    assert (standing.name, standing.note, standing.entered_at) == ("New name", "Theirs", NOW + DAY)
    for record in (*fresh(brought.customers), *fresh([brought.call]), *fresh([brought.contact])):
        assert record.archived_at is None


def test_what_was_touched_or_is_used_stays(cast, brought):
    one, other = brought.customers
    update_record(
        record=brought.standing, seen_version=3, values={"note": "Ours"}, by=cast.owner, channel="web", clock=clock
    )
    update_record(record=other, seen_version=1, values={"note": "Called"}, by=cast.owner, channel="web", clock=clock)
    make.follow_up(cast.owner, one)
    found = {(row.record_type, row.record_id): row for row in undo(brought.batch, cast.manager).rows}
    assert (found["customer", one.pk].outcome, found["customer", one.pk].codes) == ("kept", ("used",))
    kept = found["customer", other.pk]
    assert (kept.outcome, kept.by_name, kept.stays) == ("kept", "Owner", ("created",))
    partly = found["customer", brought.standing.pk]
    assert (partly.outcome, partly.fields, partly.stays) == ("done", ("name",), ("note",))
    (standing,) = fresh([brought.standing])
    assert (standing.name, standing.note, standing.entered_at) == ("Old name", "Ours", NOW)


def test_an_import_is_taken_back_by_who_may_change_its_records(cast, brought):
    assert {row.outcome for row in undo(brought.batch, cast.auditor).rows} <= {"no", "ask"}
    assert {row.outcome for row in undo(brought.batch, cast.owner).rows} == {"done"}
