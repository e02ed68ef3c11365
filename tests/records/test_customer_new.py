"""Entering customers, opportunities and contracts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from records.models import Contract, Customer, Opportunity
from tests import cast as make
from tests.cast import NOW

CUSTOMER = {"name": "杭州云帆科技有限公司", "kind": "company", "status": "lead"}
DEAL = {"name": "Licence renewal", "stage": "proposal", "currency": "CNY"}
CONTRACT = {"name": "Licence frame", "status": "signed", "currency": "CNY"}
LATE = {"entered-when": "earlier", "entered-at": "2026-03-16 09:12", "entered-reason": "back_fill"}


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False):
        yield


def test_a_customer_is_entered_and_its_page_shows(cast, sign_in):
    client = sign_in(cast.owner)
    response = client.post("/customers/new/", CUSTOMER | {"website": "yunfan.example", "note": "a\r\nb"}, follow=True)
    record = Customer.objects.get()
    assert response.redirect_chain == [(f"/customers/{record.pk}/", 302)]
    assert f"Customer {record.number} saved." in response.content.decode()
    assert (record.name, record.website, record.note) == (CUSTOMER["name"], "https://yunfan.example", "a\nb")
    assert (record.owner, record.importance, record.entered_at) == (cast.owner, "ordinary", NOW)
    assert Customer.history.count() == 1


def test_an_earlier_customer_says_how_much_later_it_was_recorded(cast, sign_in):
    text = sign_in(cast.owner).post("/customers/new/", CUSTOMER | LATE, follow=True).content.decode()
    assert "Recorded 2 days 5 h later." in text
    assert text.count("recorded 2 days 5 h later") == 2  # among the facts and in the timeline


def test_importance_belongs_to_who_may_classify(cast, sign_in):
    client = sign_in(cast.owner)
    assert 'name="importance"' not in client.get("/customers/new/").content.decode()
    client.post("/customers/new/", CUSTOMER | {"importance": "key"})
    assert Customer.objects.get().importance == "ordinary"
    client = sign_in(cast.manager)
    assert 'name="importance"' in client.get("/customers/new/").content.decode()
    client.post("/customers/new/", CUSTOMER | {"importance": "key", "owner": cast.colleague.pk})
    key = Customer.objects.get(importance="key")
    assert key.owner == cast.colleague


def test_a_manager_gives_no_earlier_time_to_a_new_key_customer_but_a_senior_does(cast, sign_in):
    data = CUSTOMER | LATE | {"importance": "key"}
    refused = sign_in(cast.manager).post("/customers/new/", data | {"owner": cast.manager.pk})
    assert refused.status_code == 422
    assert "You may not give an earlier time here." in refused.content.decode()
    assert sign_in(cast.senior).post("/customers/new/", data | {"owner": cast.senior.pk}).status_code == 302


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": ""}, "This cannot stay empty."),
        ({"name": "   "}, "This cannot stay empty."),
        ({"industry": "mining"}, "Choose one of the list."),
        ({"website": "not an address"}, "Not a web address. Write it like https://example.com."),
        (LATE | {"entered-at": "16.3.26"}, "Not a time. Write it like 2026-03-16 09:12."),
    ],
)
def test_customer_refusals(cast, sign_in, values, sentence):
    response = sign_in(cast.owner).post("/customers/new/", CUSTOMER | {"address": "Jiangnan Avenue 588"} | values)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert "Jiangnan Avenue 588" in response.content.decode()
    assert not Customer.objects.exists()


def test_an_opportunity_with_and_without_customer(cast, sign_in):
    company, client = make.customer(cast.owner), sign_in(cast.owner)
    sent = DEAL | {"amount": "４８０，０００.5", "probability": "60", "expected_close_on": "2026年4月30日"}
    assert client.post("/opportunities/new/", sent | {"customer": company.number}).status_code == 302
    deal = Opportunity.objects.get()
    assert (deal.customer, deal.amount, deal.currency) == (company, Decimal("480000.50"), "CNY")
    assert (deal.probability, deal.expected_close_on, deal.stage) == (60, dt.date(2026, 4, 30), "proposal")
    assert client.post("/opportunities/new/", DEAL | {"name": "Open", "customer": ""}).status_code == 302
    assert Opportunity.objects.get(name="Open").customer is None


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"amount": "1.234,56"}, "Not an amount. Write it like 480,000.00."),
        ({"amount": "1,5"}, "Not an amount. Write it like 480,000.00."),
        ({"amount": "0.005"}, "An amount has at most two decimals, like 480,000.00."),
        ({"amount": "9" * 17}, "Too large. An amount has at most 16 digits before the point"),
        ({"currency": "XXX"}, "Choose one of the list."),
        ({"probability": "101"}, "Write a whole number from 0 to 100, like 60."),
        ({"probability": "abc"}, "Write a whole number from 0 to 100, like 60."),
        ({"expected_close_on": "soon"}, "Not a day. Write it like 2026-04-30."),
        ({"stage": "maybe"}, "Choose one of the list."),
    ],
)
def test_opportunity_refusals(cast, sign_in, values, sentence):
    response = sign_in(cast.owner).post("/opportunities/new/", DEAL | {"customer": ""} | values)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Opportunity.objects.exists()


def test_a_contract_needs_a_customer_and_ends_after_it_starts(cast, sign_in):
    deal = make.opportunity(cast.owner, make.customer(cast.owner))
    client = sign_in(cast.owner)
    sent = CONTRACT | {"customer": deal.customer.number, "opportunity": deal.pk, "starts_on": "2026-05-01"}
    refused = client.post("/contracts/new/", sent | {"ends_on": "2026-04-30"})
    assert "Ends before it starts. Choose 2026-05-01 or later." in refused.content.decode()
    assert "Write the name or number of a customer." in client.post("/contracts/new/", CONTRACT).content.decode()
    assert client.post("/contracts/new/", sent | {"ends_on": "2027-04-30"}).status_code == 302
    contract = Contract.objects.get()
    assert (contract.customer, contract.opportunity, contract.ends_on) == (deal.customer, deal, dt.date(2027, 4, 30))


def test_contracts_have_no_owner_rule_so_sales_enter_them_as_now(cast, sign_in):
    text = sign_in(cast.owner).get("/contracts/new/").content.decode()
    assert 'value="earlier"' not in text
    assert "You may not give an earlier time here." in text


def test_an_administrator_enters_old_records_without_a_window(cast, sign_in):
    sent = CUSTOMER | LATE | {"entered-at": "2019-05-01 10:00", "owner": cast.owner.pk, "importance": "ordinary"}
    assert sign_in(cast.administrator).post("/customers/new/", sent).status_code == 302
    assert Customer.objects.get().entered_at.year == 2019


@pytest.mark.parametrize("url", ["/customers/new/", "/opportunities/new/", "/contracts/new/"])
def test_auditors_and_outsiders_enter_nothing(cast, sign_in, url):
    for person in (cast.auditor, cast.outsider):
        response = sign_in(person).get(url)
        assert response.status_code == 403
        assert "Your role does not include entering" in response.content.decode()


def test_extra_fields_change_nothing(cast, sign_in):
    extra = {
        "recorded_at": "2020-01-01",
        "number": "C-1",
        "version": "7",
        "owner": cast.colleague.pk,
        "archived_at": "1",
    }
    sign_in(cast.owner).post("/customers/new/", CUSTOMER | extra | {"history_user": cast.colleague.pk})
    record = Customer.objects.get()
    assert (record.recorded_at, record.number, record.version) == (NOW, "C-2026-0001", 1)
    assert (record.owner, record.archived_at) == (cast.owner, None)
