"""The pages of time requests: asking, the inbox, one request, withdrawing, the proof, the card and the navigation."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from records.models import CompanyRules, FollowUp, ProofFile, TimeRequest, TypeRule
from records.services.entry_time import change_entry_time
from records.services.time_requests import expire_due
from tests import cast as make
from tests.cast import NOW, PASSWORD, clock, days

from .requesting import WISH, answer, asked, looked, page, seen_now, text

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


# ---- one request ----


def test_it_says_before_after_why_who_and_what_moves_with_it(cast, call, sign_in):
    make.follow_up(cast.owner, call.customer, clock=lambda: NOW - days(5))
    request = asked(call, cast.owner, link="https://example.com/card")
    shown = text(sign_in(cast.manager).get(page(request)))
    for said in (
        "Owner",
        "2026-03-18 14:32",
        WISHED,
        "20 days earlier",
        "Back-fill",
        "Found the card only now.",
        "https://example.com/card",
        "Further back than who asks may go.",
        "It leaves 2026-03 and counts in 2026-02.",
        "It passes 1 follow-up of the customer.",
        "No period is closed to you.",
        "1 request in 90 days: 0 approved, 0 rejected.",
        "Approve change",
    ):
        assert said in shown, said


def test_who_asks_sees_it_wait_and_who_can_answer_but_no_form(cast, call, sign_in):
    shown = text(sign_in(cast.owner).get(page(asked(call, cast.owner))))
    assert "Withdraw" in shown
    assert "Manager" in shown
    assert "Approve change" not in shown


def test_a_colleague_who_sees_the_record_sees_the_request_without_a_form(cast, call, sign_in):
    shown = text(sign_in(cast.stranger).get(page(asked(call, cast.owner))))
    assert "You may not answer requests." in shown
    assert "Approve change" not in shown


def test_what_the_approver_may_not_is_said_and_rejecting_stays(cast, call, sign_in):
    request = asked(call, cast.owner, wanted=NOW - days(60))
    client = sign_in(cast.manager)
    shown = text(client.get(page(request)))
    assert "More than 30 days back." in shown
    assert "You may still reject the request." in shown
    assert answer(client, request).status_code == 422
    assert answer(client, request, answer="reject", note="Ask Senior.").status_code == 302
    assert TimeRequest.objects.get().state == "rejected"


def test_approving_changes_the_time_and_tells(cast, call, sign_in):
    request, client = asked(call, cast.owner), sign_in(cast.manager)
    response = answer(client, request, looked(client, request))
    assert (response.status_code, response["Location"]) == (302, page(request))
    assert FollowUp.objects.get().entered_at == WISH
    shown = text(client.get(page(request)))
    assert "Approved. The entry time has changed." in shown
    assert "“Seen.”" in shown
    history = text(client.get(reverse("records:follow_up_history", args=[call.pk])))
    assert "Approved by Manager" in history


def test_rejecting_needs_a_note_at_its_field(cast, call, sign_in):
    request, client = asked(call, cast.owner), sign_in(cast.manager)
    response = answer(client, request, answer="reject", note="")
    assert response.status_code == 422
    assert "Write why you reject it." in text(response).split('id="id_note_error">')[1]
    assert answer(client, request, answer="reject", note="No proof.").status_code == 302
    assert "No proof." in text(sign_in(cast.owner).get(page(request)))


@pytest.mark.parametrize("seen", ["", "x", "1.1.1", "1.1.1.1.1", "9" * 79, "1.1.99999999999.1", "-1.1.1.1"])
def test_a_form_that_says_nothing_of_what_was_seen_answers_nothing(cast, call, sign_in, seen):
    request = asked(call, cast.owner)
    response = sign_in(cast.manager).post(page(request), {"answer": "approve", "seen": seen, "note": "x"})
    assert response.status_code == 422
    assert TimeRequest.objects.get().state == "open"


def test_the_password_is_asked_again_where_the_company_wants_it(cast, call, sign_in):
    make.set_rule(CompanyRules.objects.get(), password_again=True)
    request, client = asked(call, cast.owner), sign_in(cast.manager)
    assert 'name="password"' in text(client.get(page(request)))
    for wrong in ({}, {"password": "wrong"}):
        response = answer(client, request, **wrong)
        assert response.status_code == 422
        assert TimeRequest.objects.get().state == "open"
    assert "This is not your password." in text(response)
    assert answer(client, request, password=PASSWORD).status_code == 302
    assert FollowUp.objects.get().entered_at == WISH


def test_opening_an_expired_or_overtaken_one_says_what_became_of_it(cast, call, sign_in, at_now):
    first, second = asked(call, cast.owner), asked(call, cast.colleague)
    change_entry_time(
        record=call,
        seen_version=1,
        entered_at=NOW - days(1),
        reason="other",
        note="",
        by=cast.manager,
        channel="web",
        clock=clock,
    )
    shown = text(sign_in(cast.owner).get(page(first)))
    assert "no longer starts from what stands there" in shown
    assert "2026-03-17 14:32" in shown
    at_now.move_to(NOW + days(14))
    assert "Nobody answered in time." in text(sign_in(cast.colleague).get(page(second)))
    assert set(TimeRequest.objects.values_list("state", flat=True)) == {"expired", "overtaken"}


def test_who_asked_and_may_no_longer_see_the_record_still_sees_the_request(cast, call, sign_in):
    make.set_rule(CompanyRules.objects.get(), sales_see_all=True)
    request = asked(call, cast.stranger)
    make.set_rule(CompanyRules.objects.get(), sales_see_all=False)
    shown = text(sign_in(cast.stranger).get(page(request)))
    assert "You may no longer see the record." in shown
    assert "Tariffs" not in shown
    assert sign_in(cast.outsider).get(page(request)).status_code == 404


def test_words_and_links_are_shown_as_text(cast, call, sign_in):
    request = asked(call, cast.owner, words="<script>alert(1)</script>", link="https://example.com/?a=1&b=<x>")
    for person in (cast.owner, cast.manager):
        shown = text(sign_in(person).get(page(request)))
        assert "<script>alert(1)" not in shown
        assert "<x>" not in shown


# ---- the proof ----


def test_the_proof_is_a_download_for_those_who_may(cast, call, sign_in):
    file = SimpleUploadedFile("../名片 card.pdf", b"%PDF-1.7 <script>", content_type="text/html")
    sign_in(cast.owner).post(form(call), FILLED | {"file": file})
    request = TimeRequest.objects.get()
    address = reverse("records:request_proof", args=[request.pk])
    for person in (cast.owner, cast.manager, cast.administrator):
        response = sign_in(person).get(address)
        assert response.content == b"%PDF-1.7 <script>"
        assert response["Content-Type"] == "application/octet-stream"
        assert response["Content-Disposition"].startswith("attachment")
        assert "%E5%90%8D%E7%89%87%20card.pdf" in response["Content-Disposition"]
        assert response["X-Content-Type-Options"] == "nosniff"
    assert sign_in(cast.stranger).get(address).status_code == 403
    assert sign_in(cast.outsider).get(address).status_code == 404
    ProofFile.objects.all().delete()
    assert sign_in(cast.owner).get(address).status_code == 404


# ---- the list ----


def test_the_inbox_holds_what_one_may_answer_and_nothing_else(cast, call, sign_in):
    key = make.follow_up(cast.owner, make.customer(cast.owner, importance="key"), summary="Key account call")
    asked(call, cast.owner)
    asked(key, cast.owner)
    asked(call, cast.manager, wanted=NOW - days(60))
    manager, senior = (text(sign_in(each).get(LIST)) for each in (cast.manager, cast.senior))
    assert manager.count('class="card request"') == 1
    assert senior.count('class="card request"') == 3
    assert "Key account call" not in manager
    assert '<span class="count on">1<span class="vh"> waiting</span></span>' in manager
    assert '<span class="count on">3<span class="vh"> waiting</span></span>' in senior


def test_sales_see_their_own_and_no_count(cast, call, sign_in):
    asked(call, cast.owner)
    asked(call, cast.colleague)
    shown = text(sign_in(cast.owner).get(LIST + "?tab=waiting"))
    assert shown.count('class="card request"') == 1
    assert "Waiting for you" not in shown
    assert 'class="count on"' not in shown
    assert sign_in(cast.owner).post(LIST, MANY).status_code == 403


def test_filters_by_state_and_type(cast, call, sign_in):
    first = asked(call, cast.owner)
    client = sign_in(cast.manager)
    answer(client, first, answer="reject", note="No.")
    asked(make.contract(cast.owner, call.customer), cast.owner)

    def cards(query):
        return text(client.get(LIST + query)).count('class="card request"')

    assert cards("?tab=waiting") == 1
    assert cards("?tab=waiting&type=contract") == 1
    assert cards("?tab=waiting&type=customer") == 0
    assert cards("?tab=answered") == 1
    assert cards("?tab=answered&state=approved") == 0
    assert cards("?tab=answered&state=rejected&type=followup") == 1
    assert cards("?tab=nonsense&state=nonsense&type=nonsense") == 1
    assert cards("?tab=mine") == 0


def test_pages_go_on_by_key(cast, sign_in):
    customer = make.customer(cast.owner)
    for number in range(25):
        asked(
            make.follow_up(cast.owner, customer),
            cast.owner,
            clock=lambda number=number: NOW - dt.timedelta(minutes=number),
        )
    client = sign_in(cast.manager)
    first = text(client.get(LIST))
    assert first.count('class="card request"') == 20
    older = first.split('<nav class="pager"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    second = text(client.get(LIST + older))
    assert second.count('class="card request"') == 5
    assert "Newer" in second


def test_many_are_approved_with_one_note(cast, sign_in):
    customer = make.customer(cast.owner)
    requests = [asked(make.follow_up(cast.owner, customer), cast.owner) for _number in range(3)]
    client = sign_in(cast.manager)
    chosen = [f"{each.pk}:{seen_now(each)}" for each in requests]
    response = client.post(LIST, {"chosen": chosen, "answer": "approve", "note": "All on the list of Monday."})
    assert (response.status_code, response["Location"]) == (302, LIST)
    assert "3 requests approved." in text(client.get(LIST))
    assert set(TimeRequest.objects.values_list("state", "answer")) == {("approved", "All on the list of Monday.")}
    assert all(record.entered_at == WISH for record in FollowUp.objects.all())


def test_many_are_rejected_only_with_a_note(cast, call, sign_in):
    request = asked(call, cast.owner)
    chosen = [f"{request.pk}:{seen_now(request)}"]
    client = sign_in(cast.manager)
    response = client.post(LIST, {"chosen": chosen, "answer": "reject", "note": " "})
    assert response.status_code == 422
    assert "Write why you reject them." in text(response)
    assert " checked>" in text(response)
    assert client.post(LIST, {"chosen": chosen, "answer": "reject", "note": "No proof."}).status_code == 302
    assert TimeRequest.objects.get().state == "rejected"


@pytest.mark.parametrize("chosen", [[], ["x"], ["1:x"], ["999999:1.1.1.1"], ["99999999999999999999:1.1.1.1"]])
def test_without_a_choice_nothing_is_answered(cast, call, sign_in, chosen):
    asked(call, cast.owner)
    response = sign_in(cast.manager).post(LIST, MANY | {"chosen": chosen})
    assert response.status_code == 422
    assert TimeRequest.objects.get().state == "open"


def test_a_warning_keeps_one_of_many_back_to_be_looked_at(cast, call, sign_in):
    make.set_rule(TypeRule.objects.get(record_type="followup"), warn_order=True)
    request = asked(call, cast.owner)
    response = sign_in(cast.manager).post(LIST, MANY | {"chosen": [f"{request.pk}:{seen_now(request)}"]})
    assert response.status_code == 422
    assert "None was answered." in text(response)
    assert "Earlier than its customer" in text(response)


def test_expired_ones_leave_the_inbox_and_the_count_at_once(cast, call, sign_in, at_now):
    asked(call, cast.owner)
    at_now.move_to(NOW + days(14))
    shown = text(sign_in(cast.manager).get(LIST))
    assert "Nothing waits for you" in shown
    assert 'class="count on"' not in shown
    assert expire_due(lambda: NOW + days(14)) == 1


def test_the_pages_cost_the_same_for_many(cast, sign_in):
    customer = make.customer(cast.owner)

    def cost(client, address):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len([q for q in captured if not q["sql"].startswith(("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT"))])

    request = asked(make.follow_up(cast.owner, customer), cast.owner)
    client = sign_in(cast.manager)
    client.get(LIST)
    few = {address: cost(client, address) for address in (LIST, LIST + "?tab=mine", page(request))}
    for _number in range(12):
        asked(make.follow_up(cast.owner, customer), cast.owner)
    many = {address: cost(client, address) for address in few}
    assert few == many
    assert max(many[LIST], many[LIST + "?tab=mine"]) <= 10, many
    assert many[page(request)] <= 40, many
