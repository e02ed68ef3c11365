"""The entry-time card over HTTP: who sees what, confirming, what bad input gets, undo; what the database then holds."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from audit.models import Event
from crm.models import User
from records.models import FollowUp
from records.services.grants import Terms, grant
from tests import cast as make
from tests.cast import clock, days

pytestmark = pytest.mark.usefixtures("at_now")
HISTORY = FollowUp.history.model
GOOD = {"version": "1", "entered_at": "2026-03-17 09:12", "why": "typing_error", "note": "It was on Tuesday."}
MEANT = dt.datetime(2026, 3, 17, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def call(cast):
    return make.follow_up(cast.owner, make.customer(cast.owner))


def page(call):
    return reverse("records:follow_up_update", args=[call.pk])


def post(client, call, **data):
    return client.post(reverse("records:follow_up_entry_time", args=[call.pk]), GOOD | data)


def confirm(client, call, **data):
    return post(client, call, confirmed="yes", **data)


def text(response):
    return response.content.decode()


def test_a_first_post_asks_and_changes_nothing(cast, call, sign_in):
    response = post(sign_in(cast.owner), call)
    assert response.status_code == 200
    assert "Change this entry time?" in text(response)
    assert "1 day 5 h earlier" in text(response)
    assert FollowUp.objects.get().entered_at == call.entered_at
    assert HISTORY.objects.count() == 1


def test_a_confirmed_post_changes_the_time_and_says_so(cast, call, sign_in):
    client = sign_in(cast.owner)
    assert confirm(client, call).status_code == 302
    row = HISTORY.objects.order_by("-history_id").first()
    assert FollowUp.objects.get().entered_at == MEANT
    assert (row.typed, row.typed_zone, row.channel) == ("2026-03-17 09:12", "Asia/Shanghai", "web")
    assert row.remote_addr == "127.0.0.1"
    shown = text(client.get(page(call)))
    assert "Entry time 2026-03-18 14:32 → 2026-03-17 09:12, 1 day 5 h earlier." in shown
    assert "Changed once" in shown
    assert "It was on Tuesday." in shown


def test_the_same_confirm_twice_is_one_change(cast, call, sign_in):
    client = sign_in(cast.owner)
    assert [confirm(client, call).status_code for _ in range(2)] == [302, 302]
    assert HISTORY.objects.count() == 2


def test_a_stale_page_shows_both_values_and_can_be_sent_again(cast, call, sign_in):
    confirm(sign_in(cast.owner), call)
    client = sign_in(cast.manager)
    response = confirm(client, call, entered_at="2026-03-16 09:12")
    assert response.status_code == 409
    assert "Somebody changed this meanwhile. Nothing was saved." in text(response)
    assert "2026-03-18 14:32" in text(response)
    assert "2026-03-17 09:12" in text(response)
    assert 'value="2026-03-16 09:12"' in text(response)
    assert FollowUp.objects.get().entered_at == MEANT
    assert confirm(client, call, entered_at="2026-03-16 09:12", version="2").status_code == 302


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "like 2026-03-16 09:12"),
        ("   ", "like 2026-03-16 09:12"),
        ("tomorrow", "Not a time. Write it like 2026-03-16 09:12."),
        ("03/04/2026", "Not a time. Write it like 2026-03-16 09:12."),
        ("2026-02-31 09:00", "Not a time. Write it like 2026-03-16 09:12."),
        ("1969-12-31 09:00", "1970"),
        ("2100-01-02 09:00", "2099"),
        ("2026-03-18 14:33", "Later than now. An entry time cannot lie in the future."),
        ("2026-03-10 23:59", "More than 7 days back."),
        ("x" * 70, "64"),
    ],
)
def test_a_bad_time_gets_a_sentence_at_the_field_and_is_kept(cast, call, sign_in, typed, sentence):
    for send in (post, confirm):
        response = send(sign_in(cast.owner), call, entered_at=typed)
        assert response.status_code == 422
        error = text(response).split('id="entered_at_error">')[1].split("</p>")[0]
        assert sentence in error
        assert f'value="{typed}"' in text(response)
        assert "It was on Tuesday." in text(response)
    assert HISTORY.objects.count() == 1


def test_a_missing_reason_is_asked_for_at_the_reason(cast, call, sign_in):
    response = confirm(sign_in(cast.owner), call, why="")
    assert response.status_code == 422
    assert "Choose a reason." in text(response).split('id="why_error">')[1]
    response = confirm(sign_in(cast.owner), call, why="undo")
    assert response.status_code == 422
    assert "This reason is not offered." in text(response).split('id="why_error">')[1]


def test_a_closed_period_is_named(cast, call, sign_in):
    make.close_through(dt.date(2026, 3, 17))
    response = confirm(sign_in(cast.owner), call)
    assert response.status_code == 422
    assert "Closed through 2026-03-17." in text(response)
    assert Event.objects.get(kind="refused").what["codes"] == ["closed"]


@pytest.mark.parametrize("version", ["", "0", "-1", "x", "99999999999999999999"])
def test_a_version_that_never_was_changes_nothing(cast, call, sign_in, version):
    response = confirm(sign_in(cast.owner), call, version=version)
    assert response.status_code in (409, 422)
    assert FollowUp.objects.get().entered_at == call.entered_at


def test_a_double_hour_offers_both_and_either_can_be_saved(cast, call, sign_in, at_now):
    User.objects.filter(pk=cast.owner.pk).update(zone="America/New_York")
    at_now.move_to(dt.datetime(2026, 11, 2, 12, tzinfo=dt.UTC))
    client = sign_in(cast.owner)
    response = confirm(client, call, entered_at="2026-11-01 01:30")
    assert response.status_code == 422
    assert 'value="2026-11-01T01:30-04:00"' in text(response)
    assert 'value="2026-11-01T01:30-05:00"' in text(response)
    assert confirm(client, call, entered_at="2026-11-01T01:30-05:00").status_code == 302
    assert FollowUp.objects.get().entered_at == dt.datetime(2026, 11, 1, 6, 30, tzinfo=dt.UTC)
    unchanged = confirm(client, call, entered_at="2026-11-01 01:30", version="2")
    assert unchanged.status_code == 302
    assert HISTORY.objects.count() == 2


def test_a_void_hour_names_the_minutes_around_it(cast, call, sign_in):
    User.objects.filter(pk=cast.owner.pk).update(zone="America/New_York")
    response = confirm(sign_in(cast.owner), call, entered_at="2026-03-08 02:30")
    assert response.status_code == 422
    assert "01:59" in text(response)
    assert "03:00" in text(response)


@pytest.mark.parametrize(
    ("nudge", "value"),
    [
        ("now", "2026-03-18 14:32"),
        ("yesterday", "2026-03-17 14:32"),
        ("-1440", "2026-03-16 09:12"),
        ("-60", "2026-03-17 08:12"),
        ("60", "2026-03-17 10:12"),
        ("1440", "2026-03-18 09:12"),
        ("first", "2026-03-18 14:32"),
        ("99999999", "2026-03-17 09:12"),
    ],
)
def test_a_nudge_moves_the_text_and_saves_nothing(cast, call, sign_in, nudge, value):
    response = post(sign_in(cast.owner), call, nudge=nudge)
    assert response.status_code == 200
    assert f'name="entered_at" value="{value}"' in text(response)
    assert "It was on Tuesday." in text(response)
    assert HISTORY.objects.count() == 1


def test_extra_posted_fields_change_nothing(cast, call, sign_in):
    extra = {
        "recorded_at": "2020-01-01 00:00",
        "original_entered_at": "2020-01-01 00:00",
        "owner": str(cast.colleague.pk),
        "history_user": str(cast.manager.pk),
        "_change_reason": "none of it",
        "number": "X-1",
        "archived_at": "2020-01-01 00:00",
    }
    confirm(sign_in(cast.owner), call, **extra)
    stored, row = FollowUp.objects.get(), HISTORY.objects.order_by("-history_id").first()
    assert (stored.recorded_at, stored.original_entered_at, stored.number) == (
        call.recorded_at,
        call.original_entered_at,
        call.number,
    )
    assert (stored.owner, stored.version, stored.archived_at) == (cast.owner, 2, None)
    assert (row.history_user_id, row.history_change_reason) == (cast.owner.pk, "It was on Tuesday.")


def test_who_may_not_sees_the_time_why_and_who_may(cast, call, sign_in):
    client = sign_in(cast.colleague)
    shown = text(client.get(page(call)))
    assert "2026-03-18 14:32" in shown
    assert "You do not own this record, and your role may not change entry times." in shown
    assert "Sales manager" in shown
    assert 'name="entered_at"' not in shown
    response = confirm(client, call)
    assert response.status_code == 403
    assert FollowUp.objects.get().entered_at == call.entered_at


def test_a_key_customers_record_is_locked_for_its_owner(cast, sign_in):
    call = make.follow_up(cast.owner, make.customer(cast.owner, importance="key"))
    shown = text(sign_in(cast.owner).get(page(call)))
    assert "this is a key account" in shown
    assert "Senior" in shown
    assert 'name="entered_at"' not in shown
    assert 'name="summary"' in shown


def test_a_grant_opens_the_card_until_it_ends(cast, call, sign_in, at_now):
    terms = Terms(until=make.NOW + days(1), days_back=7)
    grant(record=call, to=cast.colleague, terms=terms, why="Trade fair", by=cast.manager, channel="web", clock=clock)
    client = sign_in(cast.colleague)
    assert 'name="entered_at"' in text(client.get(page(call)))
    at_now.move_to(make.NOW + days(1) - dt.timedelta(seconds=1))
    assert confirm(client, call).status_code == 302
    at_now.move_to(make.NOW + days(1))
    assert 'name="entered_at"' not in text(client.get(page(call)))
    assert confirm(client, call, version="2", entered_at="2026-03-18 10:00").status_code == 403


@pytest.mark.parametrize("name", ["outsider", "gone"])
def test_an_outsider_learns_nothing(cast, call, sign_in, name):
    client = sign_in(getattr(cast, name))
    expected = 302 if name == "gone" else 404
    assert client.get(page(call)).status_code == expected
    assert confirm(client, call).status_code == expected
    assert client.get(reverse("records:follow_up_history", args=[call.pk])).status_code == expected


def test_the_toasts_undo_takes_it_back_once(cast, call, sign_in):
    client = sign_in(cast.owner)
    confirm(client, call)
    made = HISTORY.objects.order_by("-history_id").first()
    undo = reverse("records:follow_up_undo", args=[call.pk, made.history_id])
    assert f'action="{undo}"' in text(client.get(page(call)))
    assert client.get(undo).status_code == 405
    assert [client.post(undo).status_code for _ in range(2)] == [302, 302]
    row = HISTORY.objects.order_by("-history_id").first()
    assert FollowUp.objects.get().entered_at == call.entered_at
    assert (row.channel, row.reason, row.undoes) == ("undo", "undo", made.history_id)
    assert HISTORY.objects.count() == 3


def test_somebody_elses_undo_is_refused_with_a_sentence(cast, call, sign_in):
    confirm(sign_in(cast.owner), call)
    made = HISTORY.objects.order_by("-history_id").first()
    client = sign_in(cast.colleague)
    client.post(reverse("records:follow_up_undo", args=[call.pk, made.history_id]))
    assert "You may not change this entry time." in text(client.get(page(call)))
    assert FollowUp.objects.get().entered_at == MEANT


def test_whole_seconds_survive(cast, call, sign_in):
    client = sign_in(cast.owner)
    confirm(client, call, entered_at="2026-03-17T09:12:30")
    assert FollowUp.objects.get().entered_at == MEANT + dt.timedelta(seconds=30)
    assert 'value="2026-03-17 09:12:30"' in text(client.get(page(call)))
    confirm(client, call, entered_at="2026-03-17 09:12:30", version="2")
    assert HISTORY.objects.count() == 2
