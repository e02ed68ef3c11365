"""Two at the same moment, in real transactions: one wins, and what is judged is what holds after the wait."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection, transaction

from crm.people.services import change_person, deactivate_person
from records.models import Customer, FollowUp, TypeRule, Window
from records.refusals import Refused, StaleRecord
from records.services.assign import change_importance, change_owner
from records.services.entry_time import Result, change_entry_time
from records.services.grants import Terms, grant, revoke
from records.services.locks import rules_lock
from records.services.records import archive_record, create_record, update_record
from records.services.rules import change_rule
from tests import cast as make
from tests.beside import Beside, Pause, together
from tests.cast import NOW, clock, days

pytestmark = pytest.mark.django_db(transaction=True)
POSTGRES = connection.vendor == "postgresql"
HISTORY = FollowUp.history.model
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


@pytest.fixture
def call(cast):
    return make.follow_up(cast.owner, make.customer(cast.owner))


def assert_chain(record) -> None:
    """Versions without a gap, each row's previous time the time of the row before, the last one what is stored."""
    rows = list(record.history.order_by("history_id"))
    assert [row.version for row in rows] == list(range(1, len(rows) + 1))
    for before, row in pairwise(rows):
        moved = row.entered_at != before.entered_at
        assert row.previous_entered_at == (before.entered_at if moved else None)
    stored = type(record).objects.get(pk=record.pk)
    assert (stored.version, stored.entered_at) == (rows[-1].version, rows[-1].entered_at)


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


# ---- what happens while the save waits ----


@dataclass(frozen=True)
class Story:
    """`who` saves; `first` prepares; `meanwhile` is done by a service while the save waits; then `codes` refuse."""

    who: str
    meanwhile: Callable[[Any, Any, Any, Any], Any]  # (cast, call, what first gave, clock)
    codes: tuple[str, ...] | None
    first: Callable[[Any, Any], Any] = lambda cast, call: None
    same_row: bool = False  # the service locks the record itself


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


def sales_window() -> Window:
    return Window.objects.get(role__key="sales", record_type="followup", customer_class="ordinary")


def late(cast, call, given, clock) -> None:
    """Nothing but time passes while somebody holds the rules."""
    with transaction.atomic():
        rules_lock(exclusive=True)
        clock()


def acting(by, clock, note="As agreed"):
    return {"by": by, "reason": "", "note": note, "channel": "web", "clock": clock}


STORIES = {
    "a grant is revoked": Story(
        "colleague",
        lambda cast, call, given, clock: revoke(grant=given, why="Back", by=cast.manager, channel="web", clock=clock),
        ("right",),
        first=give,
    ),
    "a covering grant is revoked": Story(
        "colleague",
        lambda cast, call, given, clock: revoke(grant=given, why="Back", by=cast.manager, channel="web", clock=clock),
        ("right",),
        first=lambda cast, call: give(cast, call.customer, covers=True),
    ),
    "a team's grant is revoked": Story(
        "stranger",
        lambda cast, call, given, clock: revoke(grant=given, why="Back", by=cast.manager, channel="web", clock=clock),
        ("right",),
        first=lambda cast, call: give(cast, call, to=cast.west.group),
    ),
    "a grant ends": Story("colleague", late, ("right",), first=give),
    "the person is deactivated": Story(
        "owner",
        lambda cast, call, given, clock: deactivate_person(
            person=cast.owner, note="Left", by=cast.administrator, channel="web", clock=clock
        ),
        ("inactive",),
    ),
    "the person's role is taken": Story(
        "owner",
        lambda cast, call, given, clock: change_person(
            person=cast.owner,
            display_name="Owner",
            email=cast.owner.email,
            roles=["auditor"],
            team=cast.east,
            note="Moved",
            by=cast.administrator,
            channel="web",
            clock=clock,
        ),
        ("right",),
    ),
    "the owner rule is switched off": Story(
        "owner", lambda cast, call, given, clock: set_rule(rule(), clock, cast, owners_may=False), ("right",)
    ),
    "the period is closed": Story(
        "owner",
        lambda cast, call, given, clock: set_rule(rule(), clock, cast, closed_through=dt.date(2026, 3, 17)),
        ("closed",),
    ),
    "the window is narrowed": Story(
        "owner", lambda cast, call, given, clock: set_rule(sales_window(), clock, cast, days_back=0), ("window",)
    ),
    "the customer becomes key": Story(
        "owner",
        lambda cast, call, given, clock: change_importance(
            record=call.customer, seen_version=1, importance="key", **acting(cast.manager, clock)
        ),
        ("right",),
    ),
    "the record gets another owner": Story(
        "owner",
        lambda cast, call, given, clock: change_owner(
            record=call, seen_version=1, owner=cast.colleague, **acting(cast.manager, clock)
        ),
        ("right",),
        same_row=True,
    ),
    "the record is archived": Story(
        "owner",
        lambda cast, call, given, clock: archive_record(record=call, seen_version=1, **acting(cast.manager, clock)),
        ("stale",),
        same_row=True,
    ),
    "a grant is made": Story("colleague", lambda cast, call, given, clock: give(cast, call, clock=clock), None),
    "a covering grant is made": Story(
        "colleague", lambda cast, call, given, clock: give(cast, call.customer, clock=clock, covers=True), None
    ),
    "the period is opened again": Story(
        "owner",
        lambda cast, call, given, clock: set_rule(rule(), clock, cast, closed_through=None),
        None,
        first=lambda cast, call: make.close_through(dt.date(2026, 3, 17), "followup"),
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_what_holds_after_the_wait_is_judged(cast, call, name):
    """The service has its locks and stops; the save waits for them; then the service commits."""
    story, pause = STORIES[name], Pause()
    given = story.first(cast, call)
    meanwhile = Beside(lambda: story.meanwhile(cast, call, given, pause.clock))
    pause.reached()
    save = Beside(lambda: attempt(cast, call, story))
    assert save.runs(), save.answer()
    pause.go_on()
    assert not isinstance(meanwhile.answer(), Exception), meanwhile.answer()
    assert_judged(save, story, call)


@pytest.mark.skipif(not POSTGRES, reason="SQLite has no row locks: the test above is the same")
@pytest.mark.parametrize("name", [name for name, story in STORIES.items() if not story.same_row])
def test_what_holds_after_the_wait_for_the_row_is_judged(cast, call, name):
    """Somebody holds the row; the save waits for it; meanwhile the service begins and commits."""
    story, pause = STORIES[name], Pause()
    given = story.first(cast, call)

    def hold_the_row():
        with transaction.atomic():
            FollowUp.objects.select_for_update(no_key=True).get(pk=call.pk)
            pause.clock()

    holder = Beside(hold_the_row)
    pause.reached()
    save = Beside(lambda: attempt(cast, call, story))
    assert save.runs(), save.answer()
    meanwhile = Beside(lambda: story.meanwhile(cast, call, given, clock))
    assert not isinstance(meanwhile.answer(), Exception), meanwhile.answer()
    assert save.runs(), save.answer()
    pause.go_on()
    holder.answer()
    assert_judged(save, story, call)


def attempt(cast, call, story):
    """The save. Where only time passes, its clock shows the time after the wait."""
    passed = TERMS.until - NOW if story.meanwhile is late else minutes(0)
    return redate(call, getattr(cast, story.who), NOW - days(1), clock=lambda: NOW + passed)


def assert_judged(save, story, call) -> None:
    answer = save.answer()
    moved = HISTORY.objects.filter(previous_entered_at__isnull=False).count()
    if story.codes is None:
        assert isinstance(answer, Result), answer
        assert moved == 1
    else:
        assert isinstance(answer, Refused | StaleRecord), answer
        assert getattr(answer, "codes", ("stale",)) == story.codes
        assert (moved, FollowUp.objects.get().entered_at) == (0, NOW)
    assert_chain(call)


def test_who_waits_too_long_is_told_to_try_again(cast, call):
    pause = Pause()
    holder = Beside(lambda: late(cast, call, None, pause.clock))
    pause.reached()

    def impatient():
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 300" if POSTGRES else "PRAGMA busy_timeout = 300")
        return redate(call, cast.owner, NOW - days(1))

    answer = Beside(impatient).answer()
    pause.go_on()
    holder.answer()
    assert isinstance(answer, Refused), answer
    assert answer.codes == ("busy",)
    assert call.history.count() == 1


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
