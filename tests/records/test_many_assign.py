"""Many records given to another owner or archived: the right on each, one batch, and back."""

from __future__ import annotations

import datetime as dt

import pytest

from records.models import Batch, FollowUp
from records.refusals import Refused
from records.services.assign import change_owner
from records.services.batches import undo_batch
from records.services.many_assign import archive_many, assign_many, preview_archive, preview_assign
from records.services.records import archive_record, update_record
from tests.cast import NOW, clock
from tests.records.doing import acting, assert_chain
from tests.records.many import calls, fresh

WHY = {"reason": "", "note": "Left the company", "channel": "bulk", "clock": clock, "model": FollowUp}


def seen(records):
    return [(record.pk, record.version) for record in records]


def assign(records, owner, by, **extra):
    return assign_many(**{"rows": seen(records), "owner": owner, "by": by} | WHY | extra)


def archive(records, by, **extra):
    return archive_many(**{"rows": seen(records), "by": by} | WHY | extra)


def last(record):
    names = {f.attname for f in FollowUp.history.model._meta.concrete_fields}
    names -= {"history_id", "batch", "id", "number", "summary"}
    return record.history.order_by("-history_id").values(*names).first()


def test_they_go_to_another_owner_as_one_batch_with_rows_as_of_one(cast):
    one, *others = calls(cast, 4)
    change_owner(record=one, seen_version=1, owner=cast.colleague, **acting(cast.manager, clock) | {"channel": "bulk"})
    result = assign(others, cast.colleague, cast.manager, note="As agreed", title="To Colleague")
    batch = Batch.objects.get()
    assert (result.counts, batch.kind, batch.count, batch.title) == ({"done": 3}, "assign", 3, "To Colleague")
    assert batch.facts["owner"] == cast.colleague.pk
    for record in fresh(others):
        assert (record.owner_id, record.version) == (cast.colleague.pk, 2)
        assert last(record) == last(one)
        assert_chain(record)


def test_they_are_archived_as_one_batch_with_rows_as_of_one(cast):
    one, *others = calls(cast, 3)
    archive_record(record=one, seen_version=1, **acting(cast.owner, clock) | {"channel": "bulk"})
    assert archive(others, cast.owner, note="As agreed").counts == {"done": 2}
    for record in others:
        assert last(record) == last(one)
        assert_chain(record)


def test_each_needs_its_right(cast):
    mine, theirs = calls(cast, 1), calls(cast, 1, owner=cast.colleague)
    records = [*mine, *theirs]
    assert {row.codes for row in assign(records, cast.colleague, cast.owner).rows} == {("assign_right",)}
    found = {row.record_id: row for row in archive(records, cast.owner).rows}
    assert (found[mine[0].pk].outcome, found[theirs[0].pk].codes) == ("done", ("change_right",))


def test_who_may_not_own_is_no_owner(cast):
    for nobody in (cast.gone, cast.auditor):
        with pytest.raises(Refused) as no:
            assign(calls(cast, 1), nobody, cast.manager)
        assert no.value.codes == ("owner",)
        with pytest.raises(Refused):
            preview_assign(rows=[], model=FollowUp, owner=nobody, by=cast.manager, at=NOW)


def test_what_changed_since_is_left_out_or_the_whole_is_refused(cast):
    edited, given, gone, plain = records = calls(cast, 4)
    asked = {"channel": "web", "clock": clock}
    update_record(record=edited, seen_version=1, values={"content": "More"}, by=cast.owner, **asked)
    change_owner(record=given, seen_version=1, owner=cast.colleague, **acting(cast.manager, clock))
    archive_record(record=gone, seen_version=1, **acting(cast.owner, clock))
    with pytest.raises(Refused) as no:
        assign(records, cast.stranger, cast.manager, on_moved="refuse")
    assert no.value.codes == ("many_moved",)
    found = {row.record_id: (row.outcome, row.codes) for row in assign(records, cast.stranger, cast.manager).rows}
    assert found == {
        edited.pk: ("done", ()),
        given.pk: ("moved", ()),
        gone.pk: ("no", ("archived",)),
        plain.pk: ("done", ()),
    }
    found = {row.record_id: row.outcome for row in archive(records, cast.manager).rows}
    assert found == {edited.pk: "moved", given.pk: "moved", gone.pk: "same", plain.pk: "moved"}


def test_a_preview_says_what_will_come_and_writes_nothing(cast):
    records = [*calls(cast, 2), *calls(cast, 1, owner=cast.colleague)]
    rows = preview_assign(rows=seen(records), model=FollowUp, owner=cast.colleague, by=cast.manager, at=NOW)
    assert [row.outcome for row in rows] == ["ok", "ok", "same"]
    rows = preview_archive(rows=seen(records), model=FollowUp, by=cast.owner, at=NOW)
    assert [row.outcome for row in rows] == ["ok", "ok", "no"]
    assert {record.version for record in fresh(records)} == {1}


def test_done_again_it_gives_the_first_batch(cast):
    records = calls(cast, 2)
    first, again = (assign(records, cast.colleague, cast.manager, job=5) for _ in range(2))
    assert (again.batch, again.repeated, again.done) == (first.batch, True, 2)
    records = fresh(records)
    first, again = (archive(records, cast.manager, token="a") for _ in range(2))
    assert (again.batch, again.repeated, again.done) == (first.batch, True, 2)


def test_both_are_taken_back_and_brought_back(cast):
    records = calls(cast, 2)
    back = {"by": cast.manager, "clock": lambda: NOW + dt.timedelta(days=1)}
    given = assign(records, cast.colleague, cast.manager).batch
    put_away = archive(fresh(records), cast.manager).batch
    assert {row.codes for row in undo_batch(batch=given, **back).refused} == {("archived",)}
    undo_batch(batch=put_away, **back)
    undone = undo_batch(batch=given, **back)
    assert {(r.owner_id, r.archived_at) for r in fresh(records)} == {(cast.owner.pk, None)}
    undo_batch(batch=undone.batch, **back)
    assert {r.owner_id for r in fresh(records)} == {cast.colleague.pk}


def test_nobody_gets_back_what_they_may_no_longer_own(cast):
    records = calls(cast, 1)
    batch = assign(records, cast.colleague, cast.manager).batch
    type(cast.owner).objects.filter(pk=cast.owner.pk).update(is_active=False)
    assert [row.codes for row in undo_batch(batch=batch, by=cast.manager, clock=clock).refused] == [("owner",)]
