"""Requests and answers at the same moment, in real transactions: one wins, the other is told."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest

from audit.models import Event
from records.models import FollowUp, TimeRequest, TypeRule
from records.refusals import Refused, StaleRecord
from records.services.entry_time import Result, change_entry_time
from records.services.time_requests import Seen, approve, withdraw
from tests import cast as make
from tests.beside import Beside, Pause, together
from tests.cast import NOW, clock

from .requesting import WISH, asked, seen_now

pytestmark = pytest.mark.django_db(transaction=True)
HISTORY = FollowUp.history.model


@pytest.fixture
def call(cast):
    return make.follow_up(cast.owner, make.customer(cast.owner))


def test_two_approvers_race_one_wins_and_the_other_is_told(cast, call):
    for number in range(10):
        call.refresh_from_db()
        request = asked(call, cast.owner, wanted=WISH - dt.timedelta(minutes=number))
        seen = Seen.read(seen_now(request))
        answers = together(
            *[partial(approve, request=request, seen=seen, by=by, clock=clock) for by in (cast.manager, cast.senior)]
        )
        won = [each for each in answers if isinstance(each, Result)]
        lost = [each for each in answers if isinstance(each, Refused)]
        assert (len(won), len(lost)) == (1, 1), answers
        assert lost[0].codes == ("answered",)
        name = str(TimeRequest.objects.get(pk=request.pk).answered_by)
        assert lost[0].messages() == [f"{name} has approved this request already."]
    assert HISTORY.objects.filter(channel="request").count() == 10
    assert Event.objects.filter(kind="refused", what__codes=["answered"]).count() == 10


def test_an_approval_and_a_withdrawal_race_and_one_of_them_wins(cast, call):
    for number in range(10):
        call.refresh_from_db()
        request = asked(call, cast.owner, wanted=WISH - dt.timedelta(minutes=number))
        seen = Seen.read(seen_now(request))
        answers = together(
            partial(approve, request=request, seen=seen, by=cast.manager, clock=clock),
            partial(withdraw, request=request, by=cast.owner, channel="web", clock=clock),
        )
        assert sum(isinstance(each, Refused) for each in answers) == 1, answers
        state = TimeRequest.objects.get(pk=request.pk).state
        moved = FollowUp.objects.get().entered_at == request.wanted
        assert moved == (state == "approved")


def test_the_same_person_asking_twice_at_once_asks_once(cast, call):
    answers = together(*[partial(asked, call, cast.owner)] * 2)
    assert sorted(type(each).__name__ for each in answers) == ["Refused", "TimeRequest"], answers
    assert TimeRequest.objects.open().count() == 1


def test_a_period_that_is_being_closed_while_an_approval_waits_refuses_it(cast, call):
    from records.services.rules import change_rule

    request = asked(call, cast.owner)
    seen, pause = Seen.read(seen_now(request)), Pause()
    rule = TypeRule.objects.get(record_type="followup")
    closing = Beside(
        partial(
            change_rule,
            rule=rule,
            seen_version=rule.version,
            values={"closed_through": dt.date(2026, 2, 28)},
            by=cast.administrator,
            note="February is done",
            channel="web",
            clock=pause.clock,
        )
    )
    pause.reached()
    approving = Beside(partial(approve, request=request, seen=seen, by=cast.manager, clock=clock))
    assert approving.runs()
    pause.go_on()
    assert not isinstance(closing.answer(), Exception)
    no = approving.answer()
    assert isinstance(no, Refused), no
    assert no.codes == ("closed",)
    assert FollowUp.objects.get().entered_at == call.entered_at


def test_a_direct_change_and_an_approval_race_and_the_chain_holds(cast, call):
    for version in range(1, 11):
        call.refresh_from_db()
        assert call.version == version
        request = asked(call, cast.owner, wanted=WISH - dt.timedelta(minutes=version))
        seen = Seen.read(seen_now(request))
        direct = partial(
            change_entry_time,
            record=call,
            seen_version=version,
            entered_at=NOW - dt.timedelta(minutes=version),
            reason="other",
            note="",
            by=cast.senior,
            channel="web",
            clock=clock,
        )
        answers = together(partial(approve, request=request, seen=seen, by=cast.manager, clock=clock), direct)
        lost = [each for each in answers if isinstance(each, Refused | StaleRecord)]
        assert len(lost) == 1, answers
        if isinstance(lost[0], Refused):
            assert lost[0].codes == ("overtaken",)
        else:
            assert TimeRequest.objects.get(pk=request.pk).state == "approved"
