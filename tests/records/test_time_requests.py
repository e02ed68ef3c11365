"""Asking, withdrawing, answering and ending of time requests, through the services: what is stored, who is told."""

from __future__ import annotations

import datetime as dt

import pytest

from audit.models import Event
from records.models import FollowUp, Notice, ProofFile, TimeRequest, TypeRule
from records.refusals import Refused, StaleRecord
from records.services.assign import change_owner
from records.services.entry_time import change_entry_time
from records.services.records import archive_record, update_record
from records.services.time_requests import Seen, approve, ask, expire_due, reject, withdraw
from tests import cast as make
from tests.cast import NOW, clock, days

pytestmark = pytest.mark.django_db
HISTORY = FollowUp.history.model
WISH = NOW - days(20)  # beyond the 7 days of sales, within the 30 of managers


@pytest.fixture
def call(cast):
    return make.follow_up(cast.owner, make.customer(cast.owner))


def asked(record, by, wanted=WISH, clock=clock, **more):
    words = {"why_code": "back_fill", "words": "Found the card only now.", "seen_version": record.version}
    return ask(**{"record": record, "wanted": wanted, "by": by, "channel": "web", "clock": clock} | words | more)


def looked(request):
    """What somebody sees who opens it now."""
    request = TimeRequest.objects.get(pk=request.pk)
    return Seen.of(request, FollowUp.objects.get(pk=request.record_id))


def approved(request, by, seen=None, **more):
    return approve(**{"request": request, "seen": seen or looked(request), "by": by, "clock": clock} | more)


def codes(function, *args, **kwargs):
    with pytest.raises(Refused) as no:
        function(*args, **kwargs)
    return no.value.codes


def told(kind):
    return set(Notice.objects.filter(kind=kind).values_list("user__username", flat=True))


# ---- asking ----


def test_beyond_the_window_one_asks_and_those_who_may_answer_are_told(cast, call):
    request = asked(call, cast.owner, link="https://example.com/card")
    assert (request.state, request.before, request.wanted, request.rules) == ("open", call.entered_at, WISH, "window")
    assert request.expires_at == NOW + days(14)
    assert told("asked") == {"manager", "senior", "administrator", "root"}
    row = TimeRequest.history.get()
    assert (row.history_type, row.actor_name, row.channel) == ("+", "Owner", "web")
    assert FollowUp.objects.get().entered_at == call.entered_at


def test_without_the_right_one_asks_from_any_record_that_one_sees(cast, call):
    assert asked(call, cast.colleague, wanted=NOW - days(1)).rules == "right"
    assert asked(call, cast.auditor, wanted=NOW - days(1)).rules == "right"
    assert codes(asked, call, cast.outsider) == ("see_right",)
    assert codes(asked, call, cast.gone) == ("inactive",)


def test_a_change_that_needs_a_second_person_is_asked_for(cast, call):
    make.set_rule(TypeRule.objects.get(record_type="followup"), approval_days=1)
    assert asked(call, cast.owner, wanted=NOW - days(2)).rules == "approval_large"


def test_what_nobody_could_approve_is_refused_as_the_door_says(cast, call):
    assert codes(asked, call, cast.owner, wanted=NOW + days(1)) == ("future",)
    assert codes(asked, call, cast.owner, why_code="") == ("reason",)
    assert codes(asked, call, cast.owner, wanted=call.entered_at) == ("ask_same",)
    assert codes(asked, call, cast.owner, wanted=NOW - days(2)) == ("ask_needless",)
    assert codes(asked, call, cast.owner, proof=("a.pdf", b"x" * 2_000_001)) == ("proof_size",)
    make.close_through(dt.date(2026, 3, 1))
    assert codes(asked, call, cast.owner) == ("closed",)
    assert not TimeRequest.objects.exists()
    assert Event.objects.filter(kind="refused", what__action="ask").count() == 6


def test_a_type_may_allow_no_requests(cast, call):
    make.set_rule(TypeRule.objects.get(record_type="followup"), requests_allowed=False)
    assert codes(asked, call, cast.owner) == ("requests_off",)
    assert codes(asked, call, cast.colleague) == ("requests_off",)


def test_an_archived_record_stands_still(cast, call):
    archive_record(record=call, seen_version=1, by=cast.owner, reason="", note="x", channel="web", clock=clock)
    call.version = 2
    assert codes(asked, call, cast.colleague) == ("archived",)


def test_what_was_seen_must_still_stand(cast, call):
    moved(call, cast.manager, NOW - days(1))
    with pytest.raises(StaleRecord):
        asked(call, cast.owner)


def moved(call, by, to, version=1):
    change_entry_time(
        record=call, seen_version=version, entered_at=to, reason="other", note="", by=by, channel="web", clock=clock
    )


def test_one_open_request_per_person_and_record(cast, call):
    first = asked(call, cast.owner)
    assert codes(asked, call, cast.owner) == ("request_open",)
    asked(call, cast.colleague)
    withdraw(request=first, by=cast.owner, channel="web", clock=clock)
    asked(call, cast.owner)
    assert TimeRequest.objects.open().count() == 2


def test_an_older_one_that_has_ended_by_itself_makes_room(cast, call):
    asked(call, cast.owner)
    later = NOW + days(14)
    asked(call, cast.owner, clock=lambda: later)
    assert list(TimeRequest.objects.order_by("id").values_list("state", flat=True)) == ["expired", "open"]


def test_the_proof_is_kept_with_a_plain_name(cast, call):
    asked(call, cast.owner, proof=('C:\\tmp\\../"card".pdf', b"%PDF"))
    file = ProofFile.objects.get()
    assert (file.name, bytes(file.data), file.size) == ("card.pdf", b"%PDF", 4)


# ---- withdrawing ----


def test_only_who_asked_withdraws_and_twice_is_once(cast, call):
    request = asked(call, cast.owner)
    assert codes(withdraw, request=request, by=cast.manager, channel="web", clock=clock) == ("withdraw_right",)
    for _time in range(2):
        assert withdraw(request=request, by=cast.owner, channel="web", clock=clock).state == "withdrawn"
    assert TimeRequest.history.count() == 2
    assert codes(approved, request, cast.manager) == ("answered",)


# ---- approving ----


def test_an_approval_changes_the_time_and_names_both(cast, call):
    request = asked(call, cast.owner, link="https://example.com/card", proof=("card.pdf", b"%PDF"))
    result = approved(request, cast.manager, note="Card seen.")
    row, request = HISTORY.objects.order_by("-history_id").first(), TimeRequest.objects.get()
    assert FollowUp.objects.get().entered_at == WISH
    assert (request.state, request.answered_by, request.answer) == ("approved", cast.manager, "Card seen.")
    assert request.change_id == row.history_id == result.history_id
    assert (row.channel, row.reason, row.history_change_reason) == ("request", "back_fill", "Found the card only now.")
    assert (row.history_user_id, row.requester_name, row.approver_name) == (cast.manager.pk, "Owner", "Manager")
    assert (row.requester_id, row.approver_id, row.time_request_id) == (cast.owner.pk, cast.manager.pk, request.pk)
    assert row.proof == "https://example.com/card card.pdf"
    assert told("approved") == {"owner"}
    assert TimeRequest.history.order_by("-history_id").first().channel == "request"


def test_the_approvers_own_window_judges(cast, call):
    request = asked(call, cast.owner, wanted=NOW - days(40))
    assert codes(approved, request, cast.manager) == ("window",)
    approved(request, cast.senior)
    assert FollowUp.objects.get().entered_at == NOW - days(40)


def test_the_approvers_right_judges_on_key_records(cast):
    call = make.follow_up(cast.owner, make.customer(cast.owner, importance="key"))
    request = asked(call, cast.owner)
    assert told("asked") == {"senior", "administrator", "root"}
    assert codes(approved, request, cast.manager) == ("right",)
    approved(request, cast.senior)


def test_a_second_persons_yes_is_the_approval_that_a_rule_wants(cast, call):
    make.set_rule(TypeRule.objects.get(record_type="followup"), approval_days=1)
    request = asked(call, cast.manager, wanted=NOW - days(2))
    approved(request, cast.senior)
    assert FollowUp.objects.get().entered_at == NOW - days(2)


def test_order_warnings_have_to_be_ticked_by_the_approver(cast, call):
    make.set_rule(TypeRule.objects.get(record_type="followup"), warn_order=True)
    request = asked(call, cast.owner)
    assert codes(approved, request, cast.manager) == ("before_customer",)
    approved(request, cast.manager, acknowledged=["before_customer"])
    assert HISTORY.objects.order_by("-history_id").first().acknowledged == "before_customer"


def test_another_field_changed_meanwhile_needs_a_second_look_and_no_new_request(cast, call):
    request = asked(call, cast.owner)
    seen = looked(request)
    update_record(record=call, seen_version=1, values={"summary": "Other"}, by=cast.owner, channel="web", clock=clock)
    with pytest.raises(StaleRecord) as stale:
        approved(request, cast.manager, seen=seen)
    assert (stale.value.seen, stale.value.current) == ({"record_version": 1}, {"record_version": 2})
    approved(request, cast.manager)


def test_the_same_approval_again_gets_its_first_answer(cast, call):
    request = asked(call, cast.owner)
    seen = looked(request)
    first, second = (approved(request, cast.manager, seen=seen) for _time in range(2))
    assert (first.history_id, first.repeated, second.history_id, second.repeated) == (
        first.history_id,
        False,
        first.history_id,
        True,
    )
    assert HISTORY.objects.count() == 2


def test_when_the_answer_cannot_be_written_nothing_changes(cast, call, monkeypatch):
    request = asked(call, cast.owner)
    monkeypatch.setattr("records.services.request_answers.close", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        approved(request, cast.manager)
    assert FollowUp.objects.get().entered_at == call.entered_at
    assert HISTORY.objects.count() == 1


# ---- rejecting ----


def test_a_rejection_needs_a_note_and_changes_nothing(cast, call):
    request = asked(call, cast.owner)
    no = {"request": request, "seen": looked(request), "by": cast.manager, "clock": clock}
    assert codes(reject, note=" ", **no) == ("answer_note",)
    reject(note="The proof shows January.", **no)
    request.refresh_from_db()
    assert (request.state, request.answer) == ("rejected", "The proof shows January.")
    assert FollowUp.objects.get().version == 1
    assert Notice.objects.get(kind="rejected").words == "The proof shows January."
    asked(call, cast.owner)


# ---- ending by themselves ----


def test_it_expires_at_its_moment_and_no_second_earlier(cast, call):
    request = asked(call, cast.owner)
    assert expire_due(lambda: NOW + days(14) - dt.timedelta(seconds=1)) == 0
    assert codes(approved, request, cast.manager, clock=lambda: NOW + days(14)) == ("request_expired",)
    request.refresh_from_db()
    assert request.state == "expired"
    assert told("expired") == {"owner"}


def test_the_worker_ends_what_is_due_once(cast, call):
    asked(call, cast.owner)
    asked(call, cast.colleague)
    assert [expire_due(lambda: NOW + days(20)) for _time in range(2)] == [2, 0]
    row = TimeRequest.history.order_by("-history_id").first()
    assert (row.actor_name, row.channel, row.state) == ("", "command", "expired")


OVERTAKING = {
    "time": lambda cast, call: moved(call, cast.manager, NOW - days(1)),
    "owner": lambda cast, call: change_owner(
        record=call,
        seen_version=1,
        owner=cast.colleague,
        by=cast.manager,
        reason="",
        note="x",
        channel="web",
        clock=clock,
    ),
    "archive": lambda cast, call: archive_record(
        record=call, seen_version=1, by=cast.manager, reason="", note="x", channel="web", clock=clock
    ),
}


@pytest.mark.parametrize("what", OVERTAKING)
def test_a_record_that_moved_on_overtakes_it(cast, call, what):
    request = asked(call, cast.owner)
    OVERTAKING[what](cast, call)
    assert codes(approved, request, cast.senior) == ("overtaken",)
    request.refresh_from_db()
    assert request.state == "overtaken"
    assert told("overtaken") == {"owner"}


def test_the_worker_finds_overtaken_ones_too(cast, call):
    asked(call, cast.owner)
    moved(call, cast.manager, NOW - days(1))
    assert expire_due(clock) == 1
    assert TimeRequest.objects.get().state == "overtaken"


def test_moved_away_and_back_is_overtaken_all_the_same(cast, call):
    request = asked(call, cast.owner)
    moved(call, cast.manager, NOW - days(1))
    moved(call, cast.manager, call.entered_at, version=2)
    assert codes(approved, request, cast.senior) == ("overtaken",)
