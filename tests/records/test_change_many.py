"""Many moves at once: each judged as if it came alone, all in one transaction, the trail equal to single changes."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.db import connection, transaction

from audit import set_rows
from audit.acts import act
from audit.models import Event
from records.models import RECORDS, Batch, Contract, Customer, Follow, FollowUp, Notice, Opportunity, TypeRule
from records.models.guard import NotThroughTheDoor
from records.refusals import Refused, StaleRecord
from records.services.assign import change_importance, change_owner
from records.services.bulk import set_many
from records.services.entry_time import change_entry_time
from records.services.entry_time.many import ManyMove
from records.services.records import archive_record, update_record
from tests import cast as make
from tests.cast import NOW, clock, days
from tests.records.doing import acting, assert_chain, give
from tests.records.many import WHY, calls, change, fresh, moved, preview

HISTORY = FollowUp.history.model
DAY = days(-1)
DIFFER = {"history_id", "batch", "id", "number", "summary"}


def singly(record, move, by, **extra):
    """The same move through the door for one."""
    given = {"by": by, "channel": "bulk", "clock": clock, "acknowledged": move.acknowledged} | WHY | extra
    try:
        result = change_entry_time(record=record, seen_version=move.seen_version, entered_at=move.after, **given)
    except StaleRecord:
        return "moved", ()
    except Refused as no:
        warned = {"before_customer", "after_follow_up", "before_opportunity", "after_contract", "after_won"}
        return "warn" if set(no.codes) <= warned else "ask" if no.may_ask else "no", no.codes
    return ("same" if result.history_id is None else "done"), ()


def test_they_are_one_batch_with_a_row_each(cast):
    records = calls(cast, 3)
    result = change(moved(records, DAY), cast.owner)
    batch = Batch.objects.get()
    assert (result.batch, result.counts, result.done) == (batch, {"done": 3}, 3)
    assert (batch.kind, batch.count, batch.title, batch.reason, batch.by) == (
        "bulk",
        3,
        "Cards",
        "typing_error",
        cast.owner,
    )
    rows = HISTORY.objects.filter(batch=batch.pk)
    assert {(row.previous_entered_at, row.entered_at, row.channel) for row in rows} == {(NOW, NOW + DAY, "bulk")}
    for record in records:
        assert_chain(record)


@pytest.mark.parametrize("kind", RECORDS)
def test_the_rows_equal_those_of_single_changes(cast, kind):
    """Two of a kind, one changed through each leaf of the door, by several sources: every column is the same."""
    customer = make.customer(cast.owner)
    chance = make.opportunity(cast.owner, customer)
    made = {
        "customer": lambda: make.customer(cast.owner),
        "opportunity": lambda: make.opportunity(cast.owner, customer),
        "followup": lambda: make.follow_up(cast.owner, customer, opportunity=chance),
        "contract": lambda: make.contract(cast.owner, customer, opportunity=chance),
    }[kind]
    for by in (cast.manager, cast.administrator, *([cast.owner] if kind != "contract" else [])):
        one, other = made(), made()
        move = ManyMove(other.pk, 1, NOW - days(2), typed="2026-03-16 14:32", typed_zone="Asia/Shanghai")
        trail = {"remote_addr": "192.0.2.7"}
        words = {"typed": move.typed, "typed_zone": move.typed_zone, **trail}
        assert singly(one, replace(move, record_id=one.pk), by, **words)[0] == "done"
        assert change([move], by, RECORDS[kind], trail=trail).counts == {"done": 1}
        assert_same_row(one, other)


def assert_same_row(one, other):
    names = {f.attname for f in type(one).history.model._meta.concrete_fields} - DIFFER - {"name"}
    first, second = (record.history.order_by("-history_id").values(*names).first() for record in (one, other))
    assert first == second
    assert_chain(other)


def test_a_grant_an_exception_and_ticked_warnings_stand_on_the_row_as_of_one(cast):
    make.set_rule(TypeRule.objects.get(record_type="followup"), warn_order=True)
    customer = make.customer(cast.owner)
    one, other = calls(cast, 2, customer)
    for record in (one, other):
        give(cast, record)
    ticked = frozenset({"before_customer"})
    assert singly(one, ManyMove(one.pk, 1, NOW + DAY, ticked), cast.colleague)[0] == "done"
    assert change([ManyMove(other.pk, 1, NOW + DAY, ticked)], cast.colleague).counts == {"done": 1}
    DIFFER.add("allowed_by_id")
    assert_same_row(one, other)
    row = other.history.first()
    assert (row.allowed_by_kind, row.acknowledged) == ("user", "before_customer")
    assert row.allowed_by_id != one.history.first().allowed_by_id


def test_what_the_door_says_of_each_is_what_comes_of_it(cast):
    """A mixed lot, judged beside twins that go through the door for one, in turn by everybody."""
    make.set_rule(TypeRule.objects.get(record_type="followup"), warn_order=True, approval_days=3)
    make.close_through(dt.date(2026, 3, 11), "followup")
    plain, key = make.customer(cast.owner), make.customer(cast.owner, importance="key")
    for by in cast.everybody():
        lot = [twins(cast, make, plain, key, case) for case in CASES]
        said = [singly(one, replace(move, record_id=one.pk), by) for one, _other, move in lot]
        moves = [replace(move, record_id=other.pk) for _one, other, move in lot]
        if by == cast.gone:
            with pytest.raises(Refused):
                change(moves, by)
            continue
        foreseen = preview(moves, by)
        found = {row.record_id: row for row in change(moves, by).rows}
        for case, (_one, other, _move), (outcome, codes) in zip(CASES, lot, said, strict=True):
            row = found[other.pk]
            got = "no" if row.codes == ("right",) else row.outcome
            assert got == ("no" if codes == ("right",) else outcome), (by, case)
            assert tuple(finding.code for finding in row.findings) == codes, (by, case)
            told = {"done": "ok", "warn": "ok"}.get(row.outcome, row.outcome)
            assert foreseen[other.pk].outcome == told, (by, case)
            assert foreseen[other.pk].codes == row.codes
            assert_chain(other)


CASES = {
    "allowed": (DAY, ()),
    "ticked": (DAY, ("before_customer",)),
    "same": (days(0), ()),
    "window": (days(-6.5), ()),
    "approval": (days(-4), ("before_customer",)),
    "closed": (days(-9), ()),
    "future": (days(1), ()),
    "key": (DAY, ("before_customer",)),
    "archived": (DAY, ()),
    "edited": (DAY, ("before_customer",)),
    "owner": (DAY, ()),
    "stale": (DAY, ()),
    "unknown": (DAY, ()),
}


def twins(cast, make, plain, key, case):
    by, ticked = CASES[case]
    pair = calls(cast, 2, key if case == "key" else plain)
    for record in pair:
        asked = {"record": record, "seen_version": 1, "by": cast.senior, "channel": "web", "clock": clock}
        if case == "archived":
            archive_record(**asked, reason="", note="")
        if case == "edited":
            update_record(**asked, values={"content": "More"})
        if case == "owner":
            change_owner(**asked, owner=cast.colleague, reason="", note="")
        if case == "stale":
            change_entry_time(
                **asked, entered_at=NOW - days(2), reason="other", note="", acknowledged=["before_customer"]
            )
    seen = 9 if case == "unknown" else 2 if case == "archived" else 1
    return (*pair, ManyMove(0, seen, NOW + by, frozenset(ticked)))


def test_contracts_lock_their_opportunities_also_among_many(cast):
    rule = TypeRule.objects.get(record_type="contract")
    make.set_rule(rule, lock_signed=True, lock_opportunity=True)
    customer = make.customer(cast.owner)
    locked, free = (make.opportunity(cast.owner, customer) for _ in range(2))
    signed = make.contract(cast.owner, customer, opportunity=locked, status="signed")
    draft = make.contract(cast.owner, customer, opportunity=free)
    found = {row.record_id: row for row in change(moved([locked, free], DAY), cast.manager, Opportunity).rows}
    assert (found[locked.pk].codes, found[free.pk].outcome) == (("locked",), "done")
    found = {row.record_id: row for row in change(moved([signed, draft], DAY), cast.manager, Contract).rows}
    assert (found[signed.pk].codes, found[draft.pk].outcome) == (("locked",), "done")


def test_an_odd_order_is_told_of_each_and_written_once_ticked(cast):
    for name in RECORDS:
        make.set_rule(TypeRule.objects.get(record_type=name), warn_order=True)
    customers = [make.customer(cast.owner) for _ in range(2)]
    make.follow_up(cast.owner, customers[0], by=cast.owner)
    make.set_rule(TypeRule.objects.get(record_type="customer"), allow_future=True)
    later = [ManyMove(each.pk, 1, NOW + dt.timedelta(hours=1)) for each in customers]
    foreseen = preview(later, cast.manager, Customer)
    assert [foreseen[each.pk].warnings for each in customers] == [("after_follow_up",), ()]
    assert [row.outcome for row in change(later, cast.manager, Customer).rows] == ["warn", "done"]
    ticked = [replace(later[0], acknowledged=frozenset({"after_follow_up"}))]
    assert change(ticked, cast.manager, Customer).counts == {"done": 1}


# ---- rows that changed since ----


def test_rows_changed_since_are_left_out_and_named_or_the_whole_is_refused(cast):
    records = calls(cast, 3)
    moves = moved(records, DAY)
    change(moved(records[:1], 2 * DAY), cast.manager)
    with pytest.raises(Refused) as no:
        change(moves, cast.owner, on_moved="refuse")
    assert (no.value.codes, no.value.findings[0].params) == (("many_moved",), {"count": 1})
    assert (Batch.objects.count(), Event.objects.get(kind="refused").what["codes"]) == (1, ["many_moved"])
    result = change(moves, cast.owner, on_moved="leave_out")
    (left,) = result.of("moved")
    assert (left.record_id, left.by_name, left.by_at) == (records[0].pk, "Manager", NOW)
    assert result.done == 2


def test_a_record_that_is_not_there_is_left_out(cast):
    assert change([ManyMove(999, 1, NOW + DAY)], cast.owner).counts == {"moved": 1}
    assert not Batch.objects.exists()


def test_a_record_twice_or_a_part_of_a_second_is_a_mistake(cast):
    (call,) = calls(cast, 1)
    for moves in (moved([call, call], DAY), moved([call], dt.timedelta(microseconds=1))):
        with pytest.raises(ValueError):
            change(moves, cast.owner)


def test_what_a_person_may_not_see_is_not_told_apart(cast):
    make.set_rule(TypeRule.objects.get(record_type="followup").company, sales_see_all=False)
    (row,) = preview(moved(calls(cast, 1), DAY), cast.stranger).values()
    assert (row.outcome, row.codes) == ("no", ("right",))


def test_without_the_right_it_can_be_asked_for(cast):
    (row,) = preview(moved(calls(cast, 1), DAY), cast.colleague).values()
    assert (row.outcome, row.codes) == ("ask", ("right",))


# ---- once, together, told ----


def test_the_same_work_or_wish_again_gives_the_first_batch(cast):
    for named in ({"job": 7}, {"token": "abc"}):
        records = calls(cast, 3)
        first = change(moved(records, DAY), cast.owner, **named)
        again = change(moved(records, DAY), cast.owner, **named)
        assert (again.batch, again.repeated, again.done) == (first.batch, True, 3)
        assert [(row.record_id, row.before, row.after) for row in again.rows] == [
            (r.pk, NOW, NOW + DAY) for r in records
        ]
        assert {record.version for record in fresh(records)} == {2}


def test_the_same_rows_again_are_changed_already(cast):
    records = calls(cast, 2)
    change(moved(records, DAY), cast.owner)
    assert change(moved(records, DAY), cast.owner).counts == {"same": 2}


def test_what_goes_along_stands_or_falls_with_it(cast):
    records, seen = calls(cast, 2), []

    def fails(result):
        seen.append((result.done, transaction.get_connection().in_atomic_block))
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        change(moved(records, DAY), cast.owner, also=fails)
    assert (seen, Batch.objects.count()) == ([(2, True)], 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("half", ['INSERT INTO "audit_historicalfollowup"', 'UPDATE "records_followup"'])
def test_when_one_half_fails_the_other_is_gone_too(cast, half):
    records = calls(cast, 3)

    def breaks(execute, sql, params, many, context):
        if sql.startswith(half):
            raise RuntimeError("the disk is full")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(breaks), pytest.raises(RuntimeError):
        change(moved(records, DAY), cast.owner)
    assert (Batch.objects.count(), HISTORY.objects.count()) == (0, 3)
    assert {record.version for record in fresh(records)} == {1}


def test_each_person_is_told_once(cast):
    mine, theirs = calls(cast, 3), calls(cast, 1, owner=cast.colleague)
    for record in mine[:2]:
        Follow.objects.create(record_type="followup", record_id=record.pk, user=cast.auditor)
    change(moved([*mine, *theirs], DAY), cast.manager)
    told = {notice.user_id: notice for notice in Notice.objects.all()}
    assert set(told) == {cast.owner.pk, cast.colleague.pk, cast.auditor.pk}
    assert told[cast.owner.pk].words == "Cards were typed in a day late. (+2)"
    assert told[cast.auditor.pk].words == "Cards were typed in a day late. (+1)"
    alone = told[cast.colleague.pk]
    assert (alone.words, alone.record_id, alone.before, alone.after) == (WHY["note"], theirs[0].pk, NOW, NOW + DAY)


def test_a_reason_and_words_of_its_own(cast):
    one, other = calls(cast, 2)
    moves = [ManyMove(one.pk, 1, NOW + DAY, reason="other", note="Row 3"), ManyMove(other.pk, 1, NOW + DAY)]
    change(moves, cast.owner)
    said = [(record.history.first().reason, record.history.first().history_change_reason) for record in (one, other)]
    assert said == [("other", "Row 3"), ("typing_error", WHY["note"])]


# ---- the statements ----


def test_the_number_of_statements_does_not_grow_with_the_rows(cast, django_assert_max_num_queries):
    few, many = calls(cast, 2), calls(cast, 60)
    counts = []
    for records in (few, many):
        with django_assert_max_num_queries(60) as captured:
            change(moved(records, DAY), cast.owner)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_rows_that_move_on_in_spite_of_the_locks_refuse_the_whole(cast, monkeypatch):
    records = calls(cast, 3)
    write_rows = set_rows._Writing.write_rows

    def too_few(self, cursor):
        cursor.execute("DELETE FROM redate_set WHERE id = %s", [records[0].pk])
        return write_rows(self, cursor)

    monkeypatch.setattr(set_rows._Writing, "write_rows", too_few)
    with pytest.raises(Refused) as no:
        change(moved(records, DAY), cast.owner)
    assert no.value.codes == ("busy",)
    assert (Batch.objects.count(), HISTORY.objects.count()) == (0, 3)


def test_many_rows_need_the_key_and_a_transaction(cast):
    (call,) = calls(cast, 1)
    row = set_rows.SetRow(call.pk, 1, (NOW,))
    with act(by=None, reason="other", note="", channel="command", at=NOW), pytest.raises(NotThroughTheDoor):
        set_many(FollowUp, [row], columns=["entered_at"])


def test_a_customer_made_key_meanwhile_is_judged_as_key(cast):
    customer = make.customer(cast.owner)
    records = calls(cast, 2, customer)
    change_importance(record=customer, seen_version=1, importance="key", **acting(cast.senior, clock))
    assert {row.codes for row in change(moved(records, DAY), cast.manager).rows} == {("right",)}
    assert change(moved(records, DAY), cast.senior).counts == {"done": 2}
