"""Marking a customer key or ordinary."""

from __future__ import annotations

import pytest
import time_machine

from records.models import Customer
from tests import cast as make
from tests.cast import NOW


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def company(cast):
    return make.customer(cast.owner)


def send(client, record, **values):
    return client.post(
        f"/customers/{record.pk}/importance/", {"version": record.version, "why": "Frame contract"} | values
    )


def test_a_manager_marks_a_customer_key_with_a_reason(cast, sign_in, company):
    response = send(sign_in(cast.manager), company, importance="key")
    company.refresh_from_db()
    row = Customer.history.latest("history_id")
    assert response["Location"] == f"/customers/{company.pk}/edit/"
    assert (company.importance, row.importance, row.history_change_reason) == ("key", "key", "Frame contract")
    assert Customer.history.count() == 2


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"importance": "huge"}, "Choose one of the list."),
        ({"importance": "ordinary"}, "It is that already. Choose the other one, or cancel."),
        ({"importance": "key", "why": ""}, "Write why."),
    ],
)
def test_refusals(cast, sign_in, company, values, sentence):
    response = send(sign_in(cast.manager), company, **values)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert Customer.history.count() == 1


def test_a_stale_page_shows_both_values(cast, sign_in, company):
    client = sign_in(cast.manager)
    send(client, company, importance="key")
    response = send(client, company, importance="ordinary")
    assert response.status_code == 409
    assert "Ordinary" in response.content.decode()
    assert "Key" in response.content.decode()
    company.refresh_from_db()
    assert company.importance == "key"


def test_sales_may_look_but_not_classify(cast, sign_in, company):
    for person in (cast.owner, cast.auditor):
        response = send(sign_in(person), company, importance="key")
        assert response.status_code == 403
        assert "You may not mark customers as key or ordinary." in response.content.decode()
    assert send(sign_in(cast.outsider), company, importance="key").status_code == 404
