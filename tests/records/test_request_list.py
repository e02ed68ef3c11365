"""The inbox, what was answered, what one asked for; filters, pages, many at once, what it costs."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from records.models import FollowUp, TimeRequest, TypeRule
from records.services.time_requests import expire_due
from tests import cast as make
from tests.cast import NOW, days

from .requesting import WISH, answer, asked, page, seen_now, text

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
