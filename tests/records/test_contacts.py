"""Contacts of a customer over HTTP: several phones, WeChat, one main one; rights of the customer."""

from __future__ import annotations

import pytest
import time_machine

from records.models import CompanyRules, Contact
from records.services.contacts import add_contact
from tests import cast as make
from tests.cast import NOW, clock, set_rule

HISTORY = Contact.history.model


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def company(cast):
    return make.customer(cast.owner)


def add(cast, company, **values):
    values = {"name": "Zhou Wenbo"} | values
    return add_contact(customer=company, values=values, by=cast.owner, channel="web", clock=clock)


def test_a_contact_is_added_with_all_ways_to_reach_it(cast, sign_in, company):
    sent = {
        "name": "周文博",
        "title": "Head of procurement",
        "phone": "0571 8820 4416",
        "phone2": "139 0000 0000",
        "email": "zhou@yunfan.example",
        "wechat": "zhou_yunfan",
        "is_main": "on",
    }
    response = sign_in(cast.owner).post(f"/customers/{company.pk}/contacts/new/", sent, follow=True)
    contact = Contact.objects.get()
    assert response.redirect_chain == [(f"/customers/{company.pk}/", 302)]
    assert "Contact added." in response.content.decode()
    assert {name: getattr(contact, name) for name in sent} == sent | {"is_main": True}
    assert (contact.customer, HISTORY.objects.count()) == (company, 1)


def test_a_new_main_one_takes_the_place_of_the_old(cast, sign_in, company):
    old = add(cast, company, is_main=True)
    sign_in(cast.owner).post(f"/customers/{company.pk}/contacts/new/", {"name": "He Jiayi", "is_main": "on"})
    old.refresh_from_db()
    assert not old.is_main
    assert Contact.objects.get(is_main=True).name == "He Jiayi"


def test_changes_are_saved_and_leave_a_row(cast, sign_in, company):
    contact = add(cast, company)
    client = sign_in(cast.owner)
    assert "Zhou Wenbo" in client.get(f"/contacts/{contact.pk}/").content.decode()
    sent = {
        "name": "Zhou Wenbo",
        "wechat": "zhou",
        "version": contact.version,
        "customer": "999",
        "archived_at": "2020-01-01",
    }
    assert client.post(f"/contacts/{contact.pk}/", sent).status_code == 302
    contact.refresh_from_db()
    assert (contact.wechat, contact.customer, contact.archived_at) == ("zhou", company, None)
    assert HISTORY.objects.count() == 2


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": ""}, "This cannot stay empty."),
        ({"email": "zhou at yunfan"}, "Not an e-mail address. Write it like name@example.com."),
        ({"phone": "1" * 41}, "Write at most 40 characters. These are 41."),
    ],
)
def test_refusals_stand_at_their_fields(cast, sign_in, company, values, sentence):
    sent = {"name": "Zhou", "wechat": "kept"} | values
    response = sign_in(cast.owner).post(f"/customers/{company.pk}/contacts/new/", sent)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert "kept" in response.content.decode()
    assert not Contact.objects.exists()


@pytest.mark.parametrize("version", ["0", "", "x", "9" * 30])
def test_a_stale_version_shows_both_values_and_writes_nothing(cast, sign_in, company, version):
    contact = add(cast, company, title="Buyer")
    response = sign_in(cast.owner).post(f"/contacts/{contact.pk}/", {"name": "Other name", "version": version})
    text = response.content.decode()
    assert response.status_code in (409, 422)
    contact.refresh_from_db()
    assert contact.name == "Zhou Wenbo"
    assert "Other name" in text


def test_stale_names_what_was_typed_and_what_stands(cast, sign_in, company):
    contact = add(cast, company, title="Buyer")
    client = sign_in(cast.owner)
    client.post(f"/contacts/{contact.pk}/", {"name": "Zhou", "title": "Head", "version": contact.version})
    response = client.post(f"/contacts/{contact.pk}/", {"name": "Wenbo", "title": "Buyer", "version": contact.version})
    text = response.content.decode()
    assert response.status_code == 409
    assert "Somebody changed this contact meanwhile." in text
    assert "as you typed it" in text
    assert "Wenbo" in text
    assert 'value="Zhou"' in text


def test_taken_off_by_post_alone_and_its_history_stays(cast, sign_in, company):
    contact = add(cast, company)
    client = sign_in(cast.owner)
    assert client.get(f"/contacts/{contact.pk}/archive/").status_code == 405
    assert client.post(f"/contacts/{contact.pk}/archive/", {"version": contact.version}).status_code == 302
    contact.refresh_from_db()
    assert contact.archived_at == NOW
    assert HISTORY.objects.filter(id=contact.pk).count() == 2
    assert client.get(f"/contacts/{contact.pk}/").status_code == 404


def test_who_may_see_but_not_change_gets_403_and_who_may_not_know_404(cast, sign_in, company):
    contact = add(cast, company)
    urls = (f"/customers/{company.pk}/contacts/new/", f"/contacts/{contact.pk}/")
    for url in urls:
        response = sign_in(cast.colleague).get(url)
        assert response.status_code == 403
        assert "You may see this record, but not change it." in response.content.decode()
        assert sign_in(cast.outsider).get(url).status_code == 404
    assert sign_in(cast.colleague).post(f"/contacts/{contact.pk}/archive/", {"version": 1}).status_code == 403
    set_rule(CompanyRules.objects.get(), sales_see_all=False)
    assert sign_in(cast.stranger).get(urls[1]).status_code == 404


def test_contacts_of_an_archived_customer_stay_as_they_are(cast, sign_in, company):
    set_rule(company, archived_at=NOW)
    response = sign_in(cast.owner).post(f"/customers/{company.pk}/contacts/new/", {"name": "Zhou"})
    assert response.status_code == 422
    assert "This record is archived." in response.content.decode()
