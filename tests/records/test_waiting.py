"""What holds after the wait is judged: rights, rules and the record itself may change while a save waits for a lock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction

from crm.people.services import change_person, deactivate_person
from records.models import FollowUp, Window
from records.refusals import Refused, StaleRecord
from records.services.assign import change_importance, change_owner
from records.services.entry_time import Result
from records.services.grants import revoke
from records.services.locks import rules_lock
from records.services.records import archive_record
from tests import cast as make
from tests.beside import Beside, Pause
from tests.cast import NOW, clock, days
from tests.records.doing import TERMS, acting, assert_chain, give, redate, rule, set_rule

pytestmark = pytest.mark.django_db(transaction=True)
POSTGRES = connection.vendor == "postgresql"
HISTORY = FollowUp.history.model


@pytest.fixture
def call(cast):
    return make.follow_up(cast.owner, make.customer(cast.owner))


@dataclass(frozen=True)
class Story:
    """`who` saves; `first` prepares; `meanwhile` is done by a service while the save waits; then `codes` refuse."""

    who: str
    meanwhile: Callable[[Any, Any, Any, Any], Any]  # (cast, call, what first gave, clock)
    codes: tuple[str, ...] | None
    first: Callable[[Any, Any], Any] = lambda cast, call: None
    same_row: bool = False  # the service locks the record itself


def sales_window() -> Window:
    return Window.objects.get(role__key="sales", record_type="followup", customer_class="ordinary")


def late(cast, call, hands, clock) -> None:
    """Nothing but time passes while somebody holds the rules: afterwards the clock's hands show the grant's end."""
    with transaction.atomic():
        rules_lock(exclusive=True)
        clock()
        hands["now"] = TERMS.until


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
    "a grant ends": Story("colleague", late, ("right",), first=lambda cast, call: give(cast, call) and {"now": NOW}),
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
    save = Beside(lambda: attempt(cast, call, story, given))
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
    save = Beside(lambda: attempt(cast, call, story, given))
    assert save.runs(), save.answer()
    meanwhile = Beside(lambda: story.meanwhile(cast, call, given, clock))
    assert not isinstance(meanwhile.answer(), Exception), meanwhile.answer()
    assert save.runs(), save.answer()
    pause.go_on()
    holder.answer()
    assert_judged(save, story, call)


def attempt(cast, call, story, given):
    """The save. Where only time passes, it looks at the clock whose hands moved."""
    look = (lambda: given["now"]) if story.meanwhile is late else clock
    return redate(call, getattr(cast, story.who), NOW - days(1), clock=look)


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
    holder = Beside(lambda: late(cast, call, {}, pause.clock))
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
