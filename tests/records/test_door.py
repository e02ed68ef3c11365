"""The door: who, how far, stale, repeated, unchanged; one history row or none."""

from __future__ import annotations

import datetime as dt

import pytest

from audit.models import Event
from records.models import FollowUp
from records.refusals import Refused, StaleRecord
from records.services.entry_time import change_entry_time
from records.services.records import update_record
from tests import cast as make
from tests.cast import clock, days

HISTORY = FollowUp.history.model


def change(record, by, entered_at, version=1, **extra):
    values = {"reason": "typing_error", "note": "The call was on Monday.", "channel": "web", "clock": clock} | extra
    return change_entry_time(record=record, seen_version=version, entered_at=entered_at, by=by, **values)


@pytest.fixture
def call(cast):
    return make.follow_up(cast.owner, make.customer(cast.owner))


def test_an_owner_changes_the_time_and_one_row_tells_it(cast, call):
    result = change(call, cast.owner, call.entered_at - days(1))
    row = HISTORY.objects.get(history_id=result.history_id)
    stored = FollowUp.objects.get()
    assert (stored.entered_at, stored.version) == (call.entered_at - days(1), 2)
    assert (row.previous_entered_at, row.entered_at, row.version) == (call.entered_at, stored.entered_at, 2)
    assert (row.reason, row.history_change_reason) == ("typing_error", "The call was on Monday.")
    assert (row.allowed_by_kind, row.actor_name, row.actor_role) == ("owner", "Owner", "sales")
    assert HISTORY.objects.count() == 2


def test_the_same_confirm_twice_is_one_change_with_the_same_answer(cast, call):
    first = change(call, cast.owner, call.entered_at - days(1))
    second = change(call, cast.owner, call.entered_at - days(1))
    assert second.repeated
    assert second.history_id == first.history_id
    assert HISTORY.objects.count() == 2


def test_an_unchanged_time_leaves_no_row(cast, call):
    assert change(call, cast.owner, call.entered_at).history_id is None
    assert HISTORY.objects.count() == 1


def test_a_stale_version_is_refused_with_both_values(cast, call):
    change(call, cast.owner, call.entered_at - days(1))
    with pytest.raises(StaleRecord) as stale:
        change(call, cast.manager, call.entered_at - days(2))
    assert stale.value.seen["entered_at"] == call.entered_at
    assert stale.value.current["entered_at"] == call.entered_at - days(1)
    assert HISTORY.objects.count() == 2


@pytest.mark.parametrize("version", [0, 7, -1])
def test_a_version_that_never_was_is_stale(cast, call, version):
    with pytest.raises(StaleRecord):
        change(call, cast.owner, call.entered_at - days(1), version=version)


def test_an_edit_of_another_field_does_not_make_it_stale(cast, call):
    values = {"summary": "Second call"}
    update_record(record=call, seen_version=1, values=values, by=cast.owner, channel="web", clock=clock)
    assert change(call, cast.owner, call.entered_at - days(1)).version == 3


@pytest.mark.parametrize("name", ["colleague", "stranger", "auditor", "outsider", "gone"])
def test_without_the_right_it_is_refused_and_kept(cast, call, name):
    with pytest.raises(Refused):
        change(call, getattr(cast, name), call.entered_at - days(1))
    event = Event.objects.get(kind="refused")
    assert event.what["codes"] == ["inactive" if name == "gone" else "right"]
    assert (event.record_id, HISTORY.objects.count()) == (call.pk, 1)


@pytest.mark.parametrize("name", ["manager", "senior", "administrator", "root"])
def test_a_manager_and_above_may_on_ordinary_records(cast, call, name):
    assert change(call, getattr(cast, name), call.entered_at - days(1)).version == 2


def test_a_key_customers_record_is_for_senior_managers(cast):
    key = make.customer(cast.owner, importance="key")
    call = make.follow_up(cast.owner, key)
    for person in (cast.owner, cast.manager):
        with pytest.raises(Refused):
            change(call, person, call.entered_at - days(1))
    assert change(call, cast.senior, call.entered_at - days(1)).version == 2


@pytest.mark.parametrize(
    ("back", "code"),
    [(7, None), (8, "window"), (-1, "future")],
)
def test_the_window_of_sales_is_seven_days(cast, call, back, code):
    when = call.entered_at - days(back)
    if code is None:
        assert change(call, cast.owner, when).version == 2
    else:
        with pytest.raises(Refused) as no:
            change(call, cast.owner, when)
        assert no.value.codes == (code,)


def test_nothing_leaves_or_enters_a_closed_period(cast, call):
    make.close_through(dt.date(2026, 3, 16), "followup")
    with pytest.raises(Refused) as no:
        change(call, cast.administrator, call.entered_at - days(2))
    assert no.value.codes == ("closed",)
    make.close_through(dt.date(2026, 3, 18), "followup")
    with pytest.raises(Refused) as no:
        change(call, cast.administrator, call.entered_at - dt.timedelta(hours=1))
    assert no.value.findings[0].params["leaves"]


def test_a_reason_is_asked(cast, call):
    with pytest.raises(Refused) as no:
        change(call, cast.owner, call.entered_at - days(1), reason="")
    assert no.value.codes == ("reason",)
