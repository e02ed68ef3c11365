"""Hanging a record on another customer or opportunity."""

from __future__ import annotations

import pytest
import time_machine
from django.contrib.messages import get_messages

from records.models import Contract, FollowUp, Opportunity
from tests import cast as make
from tests.cast import NOW


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def here(cast):
    return make.customer(cast.owner, name="Here")


@pytest.fixture
def there(cast):
    return make.customer(cast.owner, name="There")


def send(client, record, **values):
    url = record.get_absolute_url() + "parent/"
    return client.post(url, {"version": record.version, "why": "Wrong company"} | values)


def test_a_follow_up_moves_to_another_customer_and_opportunity(cast, sign_in, here, there):
    call = make.follow_up(cast.owner, here)
    deal = make.opportunity(cast.owner, there)
    response = send(sign_in(cast.manager), call, customer=there.number, opportunity=deal.pk)
    told = [str(message) for message in get_messages(response.wsgi_request)]
    call.refresh_from_db()
    assert told == ["Moved: Here → There."]
    assert response["Location"] == call.get_absolute_url()
    assert (call.customer, call.opportunity) == (there, deal)
    row = FollowUp.history.latest("history_id")
    assert (row.customer_id, row.opportunity_id, row.history_change_reason) == (there.pk, deal.pk, "Wrong company")


def test_an_opportunity_says_and_takes_along_what_hangs_on_it(cast, sign_in, here, there):
    deal = make.opportunity(cast.owner, here)
    calls = [make.follow_up(cast.owner, here, opportunity=deal) for _ in range(2)]
    frame = make.contract(cast.owner, here, opportunity=deal)
    client = sign_in(cast.manager)
    text = client.get(f"/opportunities/{deal.pk}/parent/").content.decode()
    assert "2 follow-ups move along." in text
    assert "1 contract moves along." in text
    assert send(client, deal, customer="There").status_code == 302
    for record in (deal, *calls, frame):
        record.refresh_from_db()
        assert record.customer == there
    assert FollowUp.history.count() == 4
    assert Contract.history.count() == Opportunity.history.count() == 2


def test_an_opportunity_that_others_hang_on_keeps_a_customer(cast, sign_in, here):
    deal = make.opportunity(cast.owner, here)
    make.follow_up(cast.owner, here, opportunity=deal)
    response = send(sign_in(cast.manager), deal, customer="")
    assert response.status_code == 422
    assert "An opportunity that others hang on needs a customer." in response.content.decode()


def test_the_opportunity_must_be_the_customers(cast, sign_in, here, there):
    call, deal = make.contract(cast.owner, here), make.opportunity(cast.owner, here)
    response = send(sign_in(cast.manager), call, customer="There", opportunity=deal.pk)
    assert response.status_code == 422
    assert "Choose one of the list." in response.content.decode()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"customer": "Nobody"}, "No customer is called Nobody."),
        ({"customer": ""}, "Write the name or number of a customer."),
        ({"customer": "Here"}, "It hangs on that already. Choose another one, or cancel."),
        ({"customer": "There", "why": ""}, "Write why."),
    ],
)
def test_refusals(cast, sign_in, here, there, values, sentence):
    call = make.follow_up(cast.owner, here)
    response = send(sign_in(cast.manager), call, **values)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert FollowUp.history.count() == 1


def test_a_stale_page_shows_both_values(cast, sign_in, here, there):
    call, client = make.follow_up(cast.owner, here), sign_in(cast.manager)
    send(client, call, customer="There")
    third = make.customer(cast.owner, name="Third")
    response = send(client, call, customer="Third")
    text = response.content.decode()
    assert response.status_code == 409
    for name in ("Here", "There", "Third"):
        assert name in text
    call.refresh_from_db()
    assert call.customer == there
    assert third.pk


def test_sales_may_not_move_records(cast, sign_in, here):
    call = make.follow_up(cast.owner, here)
    response = send(sign_in(cast.owner), call, customer="Here")
    assert response.status_code == 403
    assert "You may not change the owner or what this record hangs on." in response.content.decode()
    assert send(sign_in(cast.outsider), call).status_code == 404
