"""Rows of a bulk change that need somebody else: asked for as one, answered as one, four eyes on each."""

from __future__ import annotations

import pytest

from records.models import BulkChange, FollowUp, Notice, TimeRequest, TypeRule
from records.refusals import Refused
from records.services.bulk_requests import answer_bulk, ask_many, seen_of, waiting_of
from records.services.entry_time import change_entry_time
from tests import cast as make
from tests.cast import NOW, clock, days
from tests.records.doing import give
from tests.records.many import WHY, calls, fresh
from tests.records.requesting import asked

WISH = days(-20)  # beyond the 7 days of sales, within the 30 of managers


def bulk_of(cast, records, wanted=WISH, by=None):
    """A bulk change that was previewed, with rows that need somebody else."""
    bulk = BulkChange.objects.create(
        by=by or cast.owner, at=NOW, record_type="followup", kind="entry_time", reason="back_fill", note=WHY["note"]
    )
    for record in records:
        times = {"before": record.entered_at, "after": record.entered_at + wanted}
        bulk.rows.create(record_id=record.pk, seen_version=record.version, verdict="ask", codes="window", **times)
    return bulk


def ask(bulk, by, **extra):
    return ask_many(**{"bulk": bulk, "by": by, "channel": "web", "clock": clock} | extra)


def answer(bulk, by, approves=True, seen=None, note="Seen."):
    seen = seen or seen_of(bulk.pk, by, NOW)
    return answer_bulk(bulk=bulk.pk, seen=seen, approves=approves, note=note, by=by, clock=clock)


def test_a_request_each_as_if_asked_singly_told_of_once(cast):
    one, *records = calls(cast, 4)
    single = asked(one, cast.owner, wanted=NOW + WISH, words=WHY["note"])
    Notice.objects.all().delete()
    bulk = bulk_of(cast, records)
    made = ask(bulk, cast.owner)
    assert [request.record_id for request in made.requests] == [record.pk for record in records]
    names = {f.attname for f in TimeRequest._meta.concrete_fields} - {"id", "record_id", "bulk"}
    for request in TimeRequest.objects.filter(bulk=bulk.pk):
        assert {n: getattr(request, n) for n in names} == {n: getattr(single, n) for n in names}
        assert request.history.get().history_type == "+"
    assert set(bulk.rows.values_list("outcome", flat=True)) == {"asked"}
    told = list(Notice.objects.values_list("user", "words"))
    assert (cast.manager.pk, f"{WHY['note']} (+2)") in told
    assert len(told) == len({user for user, _words in told})


def test_what_changed_needs_nobody_or_is_asked_for_already_is_left_out(cast):
    moved, mine, open_one, plain = records = calls(cast, 4)
    bulk = bulk_of(cast, records)
    bulk.rows.filter(record_id=mine.pk).update(after=NOW - days(1))
    asked(open_one, cast.owner)
    change_entry_time(
        record=moved, seen_version=1, entered_at=NOW - days(1), by=cast.owner, channel="web", clock=clock, **WHY
    )
    found = {row.record_id: (row.outcome, row.codes) for row in ask(bulk, cast.owner).rows}
    assert found == {
        moved.pk: ("moved", ()),
        mine.pk: ("no", ("ask_needless",)),
        open_one.pk: ("no", ("request_open",)),
        plain.pk: ("ask", ("window",)),
    }
    with pytest.raises(Refused) as no:
        ask(bulk, cast.owner)
    assert no.value.codes == ("requests_off",)
    assert len(waiting_of(bulk.pk, cast.manager, NOW)) == 1


def test_one_of_mine_that_expired_makes_room(cast):
    records = calls(cast, 2)
    old = asked(records[0], cast.owner)
    made = ask(bulk_of(cast, records), cast.owner, clock=lambda: NOW + days(15))
    old.refresh_from_db()
    assert (old.state, len(made.requests)) == ("expired", 2)


def test_who_may_not_change_them_asks_too(cast):
    made = ask(bulk_of(cast, calls(cast, 2), days(-1), by=cast.colleague), cast.colleague)
    assert [request.rules for request in made.requests] == ["right", "right"]


def test_they_are_approved_as_one_and_each_row_names_both(cast):
    records = calls(cast, 3)
    bulk = bulk_of(cast, records)
    ask(bulk, cast.owner)
    assert [each.no for each in answer(bulk, cast.manager)] == [None] * 3
    for record in fresh(records):
        row = record.history.first()
        assert (record.entered_at, row.requester_name, row.approver_name) == (NOW + WISH, "Owner", "Manager")
    assert waiting_of(bulk.pk, cast.manager, NOW) == []


def test_they_are_rejected_as_one(cast):
    records = calls(cast, 2)
    bulk = bulk_of(cast, records)
    ask(bulk, cast.owner)
    answer(bulk, cast.manager, approves=False)
    assert set(TimeRequest.objects.values_list("state", "answer")) == {("rejected", "Seen.")}
    assert {record.version for record in fresh(records)} == {1}


def test_nobody_answers_their_own_nor_through_a_grant_of_who_asked(cast):
    plain, key = make.customer(cast.owner), make.customer(cast.owner, importance="key")
    records = [*calls(cast, 1, plain), *calls(cast, 1, key)]
    make.set_rule(TypeRule.objects.get(record_type="followup"), approval_days=1)
    bulk = bulk_of(cast, records, days(-2), by=cast.senior)
    assert [request.rules for request in ask(bulk, cast.senior).requests] == ["approval_large"] * 2
    assert {each.no.codes for each in answer(bulk, cast.senior)} == {("four_eyes",)}
    give(cast, records[1], to=cast.manager, by=cast.senior)
    codes = {each.request.record_id: each.no and each.no.codes for each in answer(bulk, cast.manager)}
    assert codes == {records[0].pk: None, records[1].pk: ("asker_granted",)}


def test_others_than_were_seen_are_not_answered(cast):
    records = calls(cast, 2)
    bulk = bulk_of(cast, records)
    ask(bulk, cast.owner)
    seen = seen_of(bulk.pk, cast.manager, NOW)
    answer_bulk(bulk=bulk.pk, seen=seen, approves=False, note="No", by=cast.senior, clock=clock)
    with pytest.raises(Refused) as no:
        answer(bulk, cast.manager, seen=seen)
    assert no.value.codes == ("many_moved",)
    assert FollowUp.objects.filter(version=1).count() == 2
