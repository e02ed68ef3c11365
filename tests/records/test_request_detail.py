"""One request: what its page says, answering, the password, the proof, who sees it."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from records.models import CompanyRules, FollowUp, ProofFile, TimeRequest
from records.services.entry_time import change_entry_time
from tests import cast as make
from tests.cast import NOW, PASSWORD, clock, days

from .requesting import WISH, answer, asked, looked, page, text

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
