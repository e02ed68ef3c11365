"""Two and many at the same moment, in real transactions: one wins, nothing hangs, nothing is lost."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest

from records.models import Customer, FollowUp
from records.refusals import Refused, StaleRecord
from records.services.assign import change_importance, change_owner
from records.services.entry_time import Result
from records.services.grants import revoke
from records.services.records import create_record, update_record
from tests import cast as make
from tests.beside import together
from tests.cast import NOW, clock, days
from tests.records.doing import acting, assert_chain, give, minutes, redate, rule, set_rule

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def call(cast):
    return make.follow_up(cast.owner, make.customer(cast.owner))


# ---- two on one version ----


def test_of_two_on_one_version_one_wins_and_the_other_sees_both_values(cast, call):
    """A hundred pairs: never both, never neither."""
    seen = call.entered_at
    for version in range(1, 101):
        times = [NOW - minutes(3 * version + n) for n in (1, 2)]
        answers = together(
            partial(redate, call, cast.owner, times[0], version), partial(redate, call, cast.manager, times[1], version)
        )
        won = [each for each in answers if isinstance(each, Result)]
        lost = [each for each in answers if isinstance(each, StaleRecord)]
        assert (len(won), len(lost)) == (1, 1), answers
        assert won[0].version == version + 1
        assert (lost[0].seen["entered_at"], lost[0].current["entered_at"]) == (seen, won[0].after)
        seen = won[0].after
    assert call.history.count() == 101
    assert_chain(call)


def test_the_same_confirm_sent_twice_at_once_is_one_change_with_one_answer(cast, call):
    for version in range(1, 31):
        answers = together(*[partial(redate, call, cast.owner, NOW - minutes(version), version)] * 2)
        assert sorted(each.repeated for each in answers) == [False, True], answers
        assert answers[0].history_id == answers[1].history_id
    assert call.history.count() == 31
    assert_chain(call)


def test_a_retry_after_the_right_is_gone_gets_its_first_answer(cast, call):
    right = give(cast, call)
    first = redate(call, cast.colleague, NOW - days(1))
    revoke(grant=right, why="Back", by=cast.manager, channel="web", clock=clock)
    again = redate(call, cast.colleague, NOW - days(1))
    assert (again.history_id, again.repeated) == (first.history_id, True)


def test_another_field_and_the_entry_time_at_once_both_win(cast, call):
    edit = partial(update_record, record=call, by=cast.owner, channel="web", clock=clock)
    for version in range(1, 40, 2):
        answers = together(
            partial(redate, call, cast.owner, NOW - minutes(version), version),
            partial(edit, seen_version=version, values={"summary": f"Call {version}"}),
        )
        assert {each.version for each in answers} == {version + 1, version + 2}, answers
    assert_chain(call)


# ---- many beside one another ----


def test_grants_changes_and_decisions_beside_one_another_neither_hang_nor_fail(cast, call):
    """Changes of time, grants, importance, owners, edits, rules and creations on the same few records."""
    customer = call.customer
    calls = [call, *(make.follow_up(cast.owner, customer) for _ in range(3))]

    def version(record):
        return type(record).objects.values_list("version", flat=True).get(pk=record.pk)

    def change(number, by):
        record = calls[number % 4]
        redate(record, by, NOW - minutes(number + 1) - dt.timedelta(seconds=by.pk), version(record))

    def grant_and_revoke(number, by):
        right = give(cast, customer if number % 2 else calls[number % 4], to=cast.stranger, by=by)
        revoke(grant=right, why="Back", by=by, channel="web", clock=clock)

    def classify(number, by):
        importance = "ordinary" if number % 2 else "key"
        change_importance(record=customer, seen_version=version(customer), importance=importance, **acting(by, clock))

    def assign(number, by):
        record, owner = calls[number % 4], cast.owner if number % 2 else cast.colleague
        change_owner(record=record, seen_version=version(record), owner=owner, **acting(by, clock))

    def edit(number, by):
        record, values = calls[number % 4], {"content": str(number)}
        update_record(record=record, seen_version=version(record), values=values, by=by, channel="web", clock=clock)

    def close(number, by):
        set_rule(rule(), clock, cast, closed_through=dt.date(2026, 1, 1 + number))

    def create(number, by):
        values = {"customer": customer, "summary": "New"}
        create_record(model=FollowUp, values=values, by=by, channel="web", clock=clock)

    def many(function, by, times):
        failed = []
        for number in range(times):
            try:
                function(number, by)
            except StaleRecord:
                pass
            except Refused as no:
                if set(no.codes) - {"right"}:
                    failed.append(no)
            except Exception as error:
                failed.append(error)
        return failed

    answers = together(
        lambda: many(change, cast.owner, 30),
        lambda: many(change, cast.manager, 30),
        lambda: many(grant_and_revoke, cast.senior, 20),
        lambda: many(classify, cast.senior, 20),
        lambda: many(assign, cast.manager, 20),
        lambda: many(edit, cast.administrator, 30),
        lambda: many(close, cast.administrator, 10),
        lambda: many(create, cast.owner, 20),
    )
    assert answers == [[]] * 8
    assert FollowUp.objects.count() == 24
    for record in (customer, *calls):
        assert_chain(record)


def test_forty_creations_at_once_get_forty_numbers(cast):
    def five():
        return [make.customer(cast.owner, by=cast.owner).number for _ in range(5)]

    answers = together(*[five] * 8)
    numbers = sorted(number for each in answers for number in each)
    assert numbers == [f"C-2026-{number:04d}" for number in range(1, 41)]
    assert Customer.history.count() == 40
