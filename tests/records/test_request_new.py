"""Asking for another entry time: on the page for it, and with one click on the card."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from records.models import TimeRequest, TypeRule
from records.services.entry_time import change_entry_time
from tests import cast as make
from tests.cast import NOW, clock, days

from .requesting import WISH, asked, page, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
LIST = "/requests/"
WISHED = "2026-02-26 14:32"  # WISH in Shanghai
FILLED = {"version": "1", "entered_at": WISHED, "why": "back_fill", "note": "Found the card only now."}
MANY = {"answer": "approve", "note": ""}


@pytest.fixture
def call(cast):
    return make.follow_up(cast.owner, make.customer(cast.owner, name="Huarui Logistics"), summary="Tariffs")


def form(record):
    return reverse(record.page("request"), args=[record.pk])


def card(record):
    return reverse(record.page("update"), args=[record.pk])


def post_card(client, record, **data):
    return client.post(reverse(record.page("entry_time"), args=[record.pk]), FILLED | data)


# ---- asking on the page for it ----


def test_a_request_is_sent_from_any_record_that_one_sees(cast, sign_in):
    customer = make.customer(cast.owner)
    opportunity = make.opportunity(cast.owner, customer)
    records = [customer, opportunity, make.follow_up(cast.owner, customer), make.contract(cast.owner, customer)]
    client = sign_in(cast.colleague)
    for record in records:
        shown = text(client.get(form(record)))
        assert "You may not change this one yourself." in shown
        assert "Manager" in shown  # who can answer
        response = client.post(form(record), FILLED | {"link": "example.com/card"})
        request = TimeRequest.objects.get(record_type=record._meta.model_name)
        assert (response.status_code, response["Location"]) == (302, page(request))
        assert (request.wanted, request.link, request.rules) == (WISH, "https://example.com/card", "right")
    assert "Request sent." in text(client.get(page(request)))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"entered_at": ""}, "like 2026-03-16 09:12"),
        ({"entered_at": "soon"}, "Not a time."),
        ({"entered_at": "2026-03-18 14:33"}, "Later than now."),
        ({"entered_at": "2026-03-18 14:32"}, "Unchanged. Choose another time to go on."),
        ({"why": ""}, "Choose a reason."),
        ({"why": "nonsense"}, "This reason is not offered."),
        ({"link": "no address"}, "Not a web address."),
        ({"link": "javascript:alert(1)"}, "Not a web address."),
        ({"version": "x"}, "This page is too old to save from."),
        ({"file": SimpleUploadedFile("run.exe", b"MZ")}, "Choose a PDF, an image, an e-mail or a text."),
        ({"file": SimpleUploadedFile("big.pdf", b"x" * 2_000_001)}, "The file is larger than 2 MB."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(cast, call, sign_in, data, sentence):
    response = sign_in(cast.colleague).post(form(call), FILLED | data)
    assert response.status_code == 422
    assert sentence in text(response)
    assert "Found the card only now." in text(response)
    assert not TimeRequest.objects.exists()


def test_closed_periods_are_named_before_anybody_is_asked(cast, call, sign_in):
    make.close_through(dt.date(2026, 2, 28))
    response = sign_in(cast.colleague).post(form(call), FILLED)
    assert response.status_code == 422
    assert "Closed through 2026-02-28." in text(response)


def test_a_stale_form_shows_both_values_and_can_be_sent_again(cast, call, sign_in):
    change_entry_time(
        record=call,
        seen_version=1,
        entered_at=NOW - days(1),
        reason="other",
        note="",
        by=cast.owner,
        channel="web",
        clock=clock,
    )
    client = sign_in(cast.colleague)
    response = client.post(form(call), FILLED)
    assert response.status_code == 409
    assert "Somebody changed this meanwhile." in text(response)
    assert 'name="version" value="2"' in text(response)
    assert client.post(form(call), FILLED | {"version": "2"}).status_code == 302


def test_a_second_request_is_refused_and_leads_to_the_first(cast, call, sign_in):
    request, client = asked(call, cast.colleague), sign_in(cast.colleague)
    assert page(request) in text(client.get(form(call)))
    response = client.post(form(call), FILLED)
    assert response.status_code == 422
    assert "You have asked for this record already." in text(response)


def test_where_nothing_can_be_asked_the_page_says_so(cast, call, sign_in):
    make.set_rule(TypeRule.objects.get(record_type="followup"), requests_allowed=False)
    response = sign_in(cast.colleague).get(form(call))
    assert response.status_code == 403
    assert "Requests are not allowed for these records." in text(response)
    assert sign_in(cast.outsider).get(form(call)).status_code == 404


# ---- the card ----


def test_beyond_the_window_the_card_asks_at_once(cast, call, sign_in):
    client = sign_in(cast.owner)
    assert "Request this change" in text(client.get(card(call)))
    assert "needs a request" in text(client.get(card(call)))
    response = post_card(client, call, request="yes")
    assert (response.status_code, response["Location"]) == (302, card(call))
    request = TimeRequest.objects.get()
    assert (request.wanted, request.why_code, request.words) == (WISH, "back_fill", "Found the card only now.")
    shown = text(client.get(card(call)))
    assert "You have asked for another time; nobody has answered yet." in shown
    assert page(request) in shown


def test_what_one_may_do_alone_is_confirmed_instead_of_asked_for(cast, call, sign_in):
    response = post_card(sign_in(cast.owner), call, request="yes", entered_at="2026-03-17 09:12")
    assert response.status_code == 200
    assert "Change this entry time?" in text(response)
    assert not TimeRequest.objects.exists()


def test_a_change_that_needs_an_approval_offers_to_ask(cast, call, sign_in):
    make.set_rule(TypeRule.objects.get(record_type="followup"), approval_days=1)
    client = sign_in(cast.owner)
    response = post_card(client, call, entered_at="2026-03-15 09:12", confirmed="yes")
    assert response.status_code == 422
    assert "needs the approval of a second person" in text(response)
    assert 'name="request" value="yes" data-when="ok ask"' in text(response)
    assert post_card(client, call, entered_at="2026-03-15 09:12", request="yes").status_code == 302
    assert TimeRequest.objects.get().rules == "approval_large"


def test_a_bad_time_is_not_asked_for(cast, call, sign_in):
    response = post_card(sign_in(cast.owner), call, request="yes", entered_at="2026-03-18 14:33")
    assert response.status_code == 422
    assert "Later than now." in text(response)


def test_the_locked_card_leads_to_the_form_and_shows_ones_own_request(cast, call, sign_in):
    client = sign_in(cast.colleague)
    assert f'href="{form(call)}"' in text(client.get(card(call)))
    asked(call, cast.colleague)
    shown = text(client.get(card(call)))
    assert "You have asked for another time; nobody has answered yet." in shown
    assert f'href="{form(call)}"' not in shown
    assert "nobody has answered yet" not in text(sign_in(cast.stranger).get(card(call)))


def test_where_the_type_allows_no_requests_the_card_offers_none(cast, call, sign_in):
    make.set_rule(TypeRule.objects.get(record_type="followup"), requests_allowed=False)
    for person in (cast.owner, cast.colleague):
        shown = text(sign_in(person).get(card(call)))
        assert "Request" not in shown.replace("Requests", "")
    assert "too far back" in text(sign_in(cast.owner).get(card(call)))


def test_withdrawing_on_the_card_goes_back_to_it(cast, call, sign_in):
    request, client = asked(call, cast.owner), sign_in(cast.owner)
    withdraw = reverse("records:request_withdraw", args=[request.pk])
    assert client.get(withdraw).status_code == 405
    response = client.post(withdraw, {"to_record": "yes"})
    assert (response.status_code, response["Location"]) == (302, card(call))
    assert TimeRequest.objects.get().state == "withdrawn"
    assert client.post(withdraw)["Location"] == page(request)
    assert sign_in(cast.manager).post(withdraw).status_code == 403
    assert sign_in(cast.outsider).post(withdraw).status_code == 404
