"""Ordinary edits: what one saw is compared with what is there, field by field; the entry time is never touched."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from audit.models import Event
from records.models import FollowUp
from records.refusals import Refused, StaleRecord
from records.services.entry_time import change_entry_time
from records.services.records import archive_record, restore_record, update_record
from tests import cast as make
from tests.cast import NOW, clock, days


@pytest.fixture
def call(cast):
    return make.follow_up(cast.owner, make.customer(cast.owner), content="Asked for an offer", outcome="")


def update(record, by, seen=1, clock=clock, **values):
    return update_record(record=record, seen_version=seen, values=values, by=by, channel="web", clock=clock)


def redate(record, by, version=1):
    return change_entry_time(
        record=record,
        seen_version=version,
        entered_at=NOW - days(1),
        reason="other",
        note="",
        by=by,
        channel="web",
        clock=clock,
    )


def test_an_edit_writes_its_fields_and_one_row(cast, call):
    saved = update(call, cast.owner, summary="Second call", outcome="Interested")
    stored, told = FollowUp.objects.get(), call.history.latest()
    assert (saved.version, set(saved.changed)) == (2, {"summary", "outcome"})
    assert (stored.summary, stored.outcome, stored.version) == ("Second call", "Interested", 2)
    assert (told.history_type, told.version, told.summary, told.previous_entered_at) == ("~", 2, "Second call", None)
    assert (told.actor_name, told.actor_role, told.channel, told.history_date) == ("Owner", "sales", "web", NOW)
    assert call.history.count() == 2


def test_an_unchanged_save_writes_nothing(cast, call):
    saved = update(call, cast.owner, summary=call.summary, content="Asked for an offer", outcome="")
    assert (saved.version, saved.changed) == (1, ())
    assert (FollowUp.objects.get().version, call.history.count()) == (1, 1)


def test_an_edit_never_touches_the_times(cast, call):
    before = FollowUp.objects.values("entered_at", "original_entered_at", "recorded_at", "number", "owner").get()
    update(call, cast.owner, clock=lambda: NOW + days(3), summary="Later")
    assert (
        FollowUp.objects.values("entered_at", "original_entered_at", "recorded_at", "number", "owner").get() == before
    )


def test_what_is_searched_follows_the_fields(cast, call):
    update(call, cast.owner, summary="深圳来电")
    stored = FollowUp.objects.get()
    assert "深圳" in stored.search_text
    assert stored.name_key == "深圳来电"
    assert call.history.count() == 2


# ---- versions ----


def test_a_moved_entry_time_is_no_conflict_and_stays_moved(cast, call):
    redate(call, cast.manager)
    assert update(call, cast.owner, seen=1, summary="New").version == 3
    assert FollowUp.objects.get().entered_at == NOW - days(1)


def test_the_same_field_changed_by_somebody_else_is_a_conflict_with_both_values(cast, call):
    update(call, cast.manager, summary="Theirs")
    with pytest.raises(StaleRecord) as stale:
        update(call, cast.owner, summary="Mine", outcome="Mine too")
    assert (stale.value.seen, stale.value.current) == ({"summary": call.summary}, {"summary": "Theirs"})
    stored = FollowUp.objects.get()
    assert (stored.summary, stored.outcome, stored.version) == ("Theirs", "", 2), "nothing of mine is written"
    assert call.history.count() == 2
    assert Event.objects.get(kind="refused").what == {"action": "update_record", "codes": ["stale"]}


def test_a_field_i_did_not_touch_keeps_what_somebody_else_wrote(cast, call):
    """A form posts all its fields: the old summary in it is not a wish to have it back."""
    update(call, cast.manager, summary="Theirs")
    update(call, cast.owner, summary=call.summary, outcome="Mine")
    stored = FollowUp.objects.get()
    assert (stored.summary, stored.outcome, stored.version) == ("Theirs", "Mine", 3)


def test_the_same_value_by_both_is_no_conflict_and_no_second_row(cast, call):
    update(call, cast.manager, summary="Same")
    saved = update(call, cast.owner, summary="Same")
    assert (saved.version, saved.changed, call.history.count()) == (2, (), 2)


def test_a_field_changed_and_changed_back_is_no_conflict(cast, call):
    update(call, cast.manager, summary="Theirs")
    update(call, cast.manager, seen=2, summary=call.summary)
    assert update(call, cast.owner, summary="Mine").version == 4


@pytest.mark.parametrize("version", [0, -1, 2, 99])
def test_a_version_that_never_was_is_stale(cast, call, version):
    with pytest.raises(StaleRecord):
        update(call, cast.owner, seen=version, summary="New")
    assert call.history.count() == 1


# ---- what may not be edited so ----


@pytest.mark.parametrize("name", sorted(FollowUp.LOCKED - {"importance"}))
def test_a_locked_field_has_its_own_service(cast, call, name):
    with pytest.raises(ValueError, match="have their own services"):
        update(call, cast.owner, **{name: getattr(call, name, None), "summary": "New"})
    assert call.history.count() == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("owner_id", 7),
        ("customer_id", 7),
        ("opportunity_id", 7),
        ("version", 99),
        ("id", 7),
        ("pk", 7),
        ("search_text", "x"),
        ("name_key", "x"),
        ("external_id", "x"),
        ("external_source", "x"),
        ("history_user", 7),
        ("_change_reason", "x"),
        ("nonsense", "x"),
    ],
)
def test_fields_that_no_form_has_are_refused(cast, call, name, value):
    """By another spelling, or none at all: whoever names it gets an error, never a changed record."""
    before = FollowUp.objects.values().get()
    with pytest.raises(ValueError, match="have their own services"):
        update(call, cast.owner, **{name: value})
    assert FollowUp.objects.values().get() == before
    assert call.history.count() == 1


@pytest.mark.parametrize("values", [{"summary": ""}, {"kind": "dream"}, {"summary": "x" * 201}])
def test_a_value_the_model_refuses_is_an_error_and_nothing_is_stored(cast, call, values):
    with pytest.raises(ValidationError):
        update(call, cast.owner, **values)
    assert (FollowUp.objects.get().summary, call.history.count()) == (call.summary, 1)


# ---- who ----


@pytest.mark.parametrize("name", ["colleague", "stranger", "auditor", "outsider", "gone"])
def test_without_the_right_it_is_refused_and_kept(cast, call, name):
    with pytest.raises(Refused) as no:
        update(call, getattr(cast, name), summary="New")
    assert no.value.codes == ("inactive" if name == "gone" else "change_right",)
    assert Event.objects.get(kind="refused").actor_id == getattr(cast, name).pk
    assert (FollowUp.objects.get().summary, call.history.count()) == (call.summary, 1)


@pytest.mark.parametrize("name", ["owner", "manager", "senior", "administrator", "root"])
def test_owners_and_managers_may(cast, call, name):
    assert update(call, getattr(cast, name), summary="New").version == 2


def test_an_archived_record_is_edited_again_once_it_is_taken_back(cast, call):
    how = {"record": call, "by": cast.owner, "reason": "", "note": "Done", "channel": "web", "clock": clock}
    archive_record(seen_version=1, **how)
    with pytest.raises(Refused) as no:
        update(call, cast.owner, seen=2, summary="New")
    assert no.value.codes == ("archived",)
    restore_record(seen_version=2, **how)
    assert update(call, cast.owner, seen=3, summary="New").version == 4


def test_a_day_and_a_flag_are_kept_as_they_are(cast, call):
    update(call, cast.owner, next_step="Send the offer", next_step_on=dt.date(2026, 3, 20), done=True)
    told = call.history.latest()
    assert (told.next_step_on, told.done) == (dt.date(2026, 3, 20), True)
