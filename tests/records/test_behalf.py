"""Changing an entry time for somebody who asked by phone: who may, what stays on the row, what still refuses."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from audit.models import Event
from records.models import FollowUp, Notice, TypeRule
from records.refusals import Refused
from records.services.behalf import change_on_behalf
from tests import cast as make
from tests.cast import NOW, clock, days

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
HISTORY = FollowUp.history.model
MEANT = dt.datetime(2026, 2, 16, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def call(cast):
    return make.follow_up(cast.owner, make.customer(cast.owner))


@pytest.fixture
def filled(cast):
    """The form, filled in."""
    return {
        "version": "1",
        "entered_at": "2026-02-16 09:12",
        "why": "back_fill",
        "note": "Met at the fair.",
        "asker": str(cast.owner.pk),
        "how": "phone",
        "proof": "Call of Tuesday 10:05",
    }


def address(record):
    return reverse(record.page("behalf"), args=[record.pk])


def text(response):
    return response.content.decode()


def test_it_is_confirmed_and_says_who_asked_on_the_row(cast, call, filled, sign_in):
    client = sign_in(cast.administrator)
    assert "Who asked" in text(client.get(address(call)))
    first = client.post(address(call), filled)
    assert first.status_code == 200
    assert "Change this entry time?" in text(first)
    assert FollowUp.objects.get().entered_at == call.entered_at
    response = client.post(address(call), filled | {"confirmed": "yes"})
    assert (response.status_code, response["Location"]) == (302, reverse("records:follow_up_update", args=[call.pk]))
    row = HISTORY.objects.order_by("-history_id").first()
    assert FollowUp.objects.get().entered_at == MEANT
    assert (row.channel, row.actor_name, row.requester_id, row.requester_name) == (
        "behalf",
        "Administrator",
        cast.owner.pk,
        "Owner",
    )
    assert (row.proof, row.approver_id, row.typed) == ("phone: Call of Tuesday 10:05", None, "2026-02-16 09:12")
    assert "owner" in set(Notice.objects.filter(kind="changed").values_list("user__username", flat=True))


def test_who_asked_is_told_also_where_they_own_nothing(cast, call, filled, sign_in):
    about = filled | {"asker": str(cast.stranger.pk), "confirmed": "yes"}
    assert sign_in(cast.administrator).post(address(call), about).status_code == 302
    assert Notice.objects.filter(kind="changed", user=cast.stranger).count() == 1


@pytest.mark.parametrize("name", ["owner", "manager", "senior", "auditor"])
def test_only_who_holds_the_right_may(cast, call, filled, sign_in, name):
    client = sign_in(getattr(cast, name))
    assert client.get(address(call)).status_code == 403
    assert client.post(address(call), filled | {"confirmed": "yes"}).status_code == 403
    assert "Change on behalf" not in text(client.get(reverse("records:follow_up_update", args=[call.pk])))
    assert sign_in(cast.outsider).get(address(call)).status_code == 404
    with pytest.raises(Refused, match="behalf_right"):
        behalf(call, cast.owner, by=getattr(cast, name))
    assert FollowUp.objects.get().entered_at == call.entered_at


def behalf(call, asker, **more):
    given = {"reason": "back_fill", "note": "", "how": "phone", "proof": "Call", "entered_at": MEANT}
    return change_on_behalf(
        **{"record": call, "seen_version": 1, "asker": asker, "clock": clock, "channel": "behalf"} | given | more
    )


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"asker": ""}, "Choose a person."),
        ({"how": ""}, "Choose how."),
        ({"how": "dream"}, "Select a valid choice."),
        ({"proof": " "}, "Write what proves it, or a link."),
        ({"why": ""}, "Choose a reason."),
        ({"entered_at": "soon"}, "Not a time."),
        ({"entered_at": "2026-03-18 14:32"}, "Unchanged."),
        ({"entered_at": "2026-03-18 15:32"}, "Later than now."),
    ],
)
def test_what_is_missing_is_said(cast, call, filled, sign_in, data, sentence):
    response = sign_in(cast.administrator).post(address(call), filled | data)
    assert response.status_code == 422
    assert sentence in text(response)
    assert "Met at the fair." in text(response)


@pytest.mark.parametrize("name", ["administrator", "gone"])
def test_who_asked_is_an_active_person_and_somebody_else(cast, call, filled, sign_in, name):
    person = getattr(cast, name)
    about = filled | {"asker": str(person.pk), "confirmed": "yes"}
    assert sign_in(cast.administrator).post(address(call), about).status_code == 422
    with pytest.raises(Refused, match="behalf_asker"):
        behalf(call, person, by=cast.administrator)


def test_what_needs_an_approval_needs_one_here_too(cast, call, filled, sign_in):
    make.set_rule(TypeRule.objects.get(record_type="followup"), approval_days=7)
    response = sign_in(cast.administrator).post(address(call), filled | {"confirmed": "yes"})
    assert response.status_code == 422
    assert "needs the approval of a second person" in text(response)
    assert reverse("records:follow_up_request", args=[call.pk]) in text(response)
    assert FollowUp.objects.get().entered_at == call.entered_at


def test_closed_periods_hold_and_the_attempt_is_kept(cast, call, filled, sign_in):
    make.close_through(dt.date(2026, 2, 28))
    response = sign_in(cast.administrator).post(address(call), filled | {"confirmed": "yes"})
    assert response.status_code == 422
    kept = Event.objects.get(kind="refused")
    assert (kept.what["action"], kept.what["codes"], kept.channel) == ("change_on_behalf", ["closed"], "behalf")


def test_a_warning_has_to_be_ticked(cast, call, filled, sign_in):
    make.set_rule(TypeRule.objects.get(record_type="followup"), warn_order=True)
    client = sign_in(cast.administrator)
    assert 'value="before_customer"' in text(client.post(address(call), filled))
    assert client.post(address(call), filled | {"confirmed": "yes"}).status_code == 422
    ticked = filled | {"confirmed": "yes", "acknowledged": "before_customer"}
    assert client.post(address(call), ticked).status_code == 302
    assert HISTORY.objects.order_by("-history_id").first().acknowledged == "before_customer"


def test_a_stale_form_shows_both_values(cast, call, filled, sign_in):
    behalf(call, cast.colleague, by=cast.administrator, entered_at=NOW - days(1))
    response = sign_in(cast.administrator).post(address(call), filled | {"confirmed": "yes"})
    assert response.status_code == 409
    assert "Somebody changed this meanwhile." in text(response)
    assert 'name="version" value="2"' in text(response)
