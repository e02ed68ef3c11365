"""Taking back: one's own last change needs no window for 15 minutes; everything else is a change like any other."""

from __future__ import annotations

import datetime as dt

import pytest

from records.models import FollowUp
from records.refusals import Refused, StaleRecord
from records.services.assign import change_owner
from records.services.entry_time import change_entry_time
from records.services.records import archive_record, update_record
from records.services.undo import undo_change
from tests import cast as make
from tests.cast import NOW, clock, days

MONTHS_AGO = NOW - days(60)
MINUTE = dt.timedelta(minutes=1)


def later(minutes: float, seconds: float = 0):
    """A clock that shows a later moment."""
    return lambda: NOW + minutes * MINUTE + dt.timedelta(seconds=seconds)


def redate(record, by, entered_at, version=1, clock=clock):
    return change_entry_time(
        record=record,
        seen_version=version,
        entered_at=entered_at,
        reason="other",
        note="",
        by=by,
        channel="web",
        clock=clock,
    )


def undo(record, result, by, clock=clock):
    return undo_change(record=record, history_id=result.history_id, by=by, channel="undo", clock=clock)


@pytest.fixture
def call(cast):
    """A call two months old: the owner may move it to this week, but not back there."""
    record = make.follow_up(cast.owner, make.customer(cast.owner))
    redate(record, cast.administrator, MONTHS_AGO)
    return FollowUp.objects.get()


@pytest.fixture
def moved(cast, call):
    return redate(call, cast.owner, NOW - days(1), version=2)


def test_ones_own_last_change_is_taken_back_beyond_the_window(cast, call, moved):
    back = undo(call, moved, cast.owner)
    stored, told = FollowUp.objects.get(), call.history.latest()
    assert (stored.entered_at, stored.version, back.version) == (MONTHS_AGO, 4, 4)
    assert (told.reason, told.undoes, told.previous_entered_at) == ("undo", moved.history_id, NOW - days(1))
    assert (told.actor_name, told.allowed_by_kind) == ("Owner", "owner")


@pytest.mark.parametrize(("clock", "taken_back"), [(later(15), True), (later(15, 1), False)], ids=["15:00", "15:01"])
def test_after_fifteen_minutes_it_is_a_change_like_any_other(cast, call, moved, clock, taken_back):
    if taken_back:
        assert undo(call, moved, cast.owner, clock).after == MONTHS_AGO
        return
    with pytest.raises(Refused) as no:
        undo(call, moved, cast.owner, clock)
    assert no.value.codes == ("window",)
    assert FollowUp.objects.get().entered_at == NOW - days(1)


def test_within_the_window_it_may_be_undone_for_ever(cast):
    record = make.follow_up(cast.owner, make.customer(cast.owner))
    moved = redate(record, cast.owner, NOW - days(1))
    assert undo(record, moved, cast.owner, later(24 * 60)).after == NOW


def test_a_closed_period_holds_also_within_the_minutes(cast, call, moved):
    make.close_through(dt.date(2026, 2, 28), "followup")
    with pytest.raises(Refused) as no:
        undo(call, moved, cast.owner)
    assert no.value.codes == ("closed",)
    assert FollowUp.objects.get().entered_at == NOW - days(1)


def test_somebody_elses_change_is_judged_by_ones_own_window(cast, call, moved):
    """A manager's 30 days do not reach two months back; an administrator has no limit."""
    with pytest.raises(Refused) as no:
        undo(call, moved, cast.manager)
    assert no.value.codes == ("window",)
    assert undo(call, moved, cast.administrator).after == MONTHS_AGO


def test_the_right_is_needed(cast, call, moved):
    change_owner(
        record=call,
        seen_version=3,
        owner=cast.colleague,
        by=cast.manager,
        reason="",
        note="Moved",
        channel="web",
        clock=clock,
    )
    with pytest.raises(Refused) as no:
        undo(call, moved, cast.owner)
    assert no.value.codes == ("right",)


def test_a_time_moved_since_is_not_taken_back(cast, call, moved):
    redate(call, cast.manager, NOW - days(2), version=3)
    with pytest.raises(Refused) as no:
        undo(call, moved, cast.owner)
    assert no.value.codes == ("moved",)
    assert FollowUp.objects.get().entered_at == NOW - days(2)


def test_another_field_edited_since_does_not_matter(cast, call, moved):
    values = {"summary": "New"}
    update_record(record=call, seen_version=3, values=values, by=cast.manager, channel="web", clock=clock)
    assert undo(call, moved, cast.owner).after == MONTHS_AGO
    assert FollowUp.objects.get().summary == "New"


def test_undo_twice_is_one_with_one_answer(cast, call, moved):
    first, second = undo(call, moved, cast.owner), undo(call, moved, cast.owner)
    assert (second.history_id, second.repeated, second.after) == (first.history_id, True, MONTHS_AGO)
    assert call.history.count() == 4


def test_somebody_else_undoing_what_is_undone_already_is_told_so(cast, call, moved):
    undo(call, moved, cast.owner)
    with pytest.raises(Refused) as no:
        undo(call, moved, cast.administrator)
    assert no.value.codes == ("moved",)
    assert call.history.count() == 4


def test_undoing_an_undo_brings_the_change_back(cast, call, moved):
    back = undo(call, moved, cast.owner)
    again = undo(call, back, cast.owner)
    told = call.history.latest()
    assert (FollowUp.objects.get().entered_at, told.undoes) == (NOW - days(1), back.history_id)
    assert again.version == 5
    assert undo(call, again, cast.owner).after == MONTHS_AGO


def test_the_first_undo_sent_again_after_its_own_undo_changes_nothing(cast, call, moved):
    """The toast's button pressed once more, late: the time was moved since."""
    back = undo(call, moved, cast.owner)
    undo(call, back, cast.owner)
    assert undo(call, moved, cast.owner).repeated
    assert FollowUp.objects.get().entered_at == NOW - days(1)
    assert call.history.count() == 5


@pytest.mark.parametrize("which", ["creation", "another field", "another record", "nothing"])
def test_only_a_row_that_moved_this_records_time_can_be_undone(cast, call, moved, which):
    rows = {
        "creation": call.history.earliest().history_id,
        "another field": 0,
        "another record": make.follow_up(cast.owner, call.customer).history.get().history_id,
        "nothing": 10**9,
    }
    values = {"summary": "New"}
    update_record(record=call, seen_version=3, values=values, by=cast.owner, channel="web", clock=clock)
    rows["another field"] = call.history.latest().history_id
    with pytest.raises(Refused) as no:
        undo_change(record=call, history_id=rows[which], by=cast.owner, channel="undo", clock=clock)
    assert no.value.codes == ("not_a_change",)
    assert FollowUp.objects.get(pk=call.pk).entered_at == NOW - days(1)


def test_an_archived_record_keeps_its_time(cast, call, moved):
    how = {"by": cast.owner, "reason": "", "note": "Done", "channel": "web", "clock": clock}
    archive_record(record=call, seen_version=3, **how)
    with pytest.raises((Refused, StaleRecord)):
        undo(call, moved, cast.owner)
    assert FollowUp.objects.get().entered_at == NOW - days(1)


def test_the_mark_goes_when_the_original_time_is_back_but_the_count_stays(cast):
    record = make.follow_up(cast.owner, make.customer(cast.owner))
    moved = redate(record, cast.owner, NOW - days(1))
    assert FollowUp.objects.get().is_changed
    undo(record, moved, cast.owner)
    assert not FollowUp.objects.get().is_changed
    assert record.history.filter(previous_entered_at__isnull=False).count() == 2
