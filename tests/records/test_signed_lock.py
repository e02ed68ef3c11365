"""A contract that was signed once is locked, whatever is done to its status afterwards."""

from __future__ import annotations

import pytest
from django.urls import reverse

from records.models import Contract, Opportunity, TypeRule
from records.preview import preview
from records.services.batches import undo_batch
from records.services.entry_time import change_entry_time
from tests import cast as make
from tests.cast import NOW, clock, days
from tests.records.importing.test_standing import store
from tests.records.many import change, moved

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at_now")]
GOOD = {"entered_at": "2026-03-17 09:12", "why": "typing_error", "note": "It was on Tuesday.", "confirmed": "yes"}
WAS = "This contract was signed once, and that locks its entry time. Ask an administrator."
OF_OPPORTUNITY = "A signed contract locks the entry time of its opportunity. Ask an administrator."


@pytest.fixture
def rule(cast):
    return make.set_rule(TypeRule.objects.get(record_type="contract"), lock_signed=True, lock_opportunity=True)


@pytest.fixture
def deal(cast):
    return make.opportunity(cast.owner, make.customer(cast.owner))


@pytest.fixture
def contract(cast, rule, deal):
    return make.contract(cast.owner, deal.customer, opportunity=deal, status="signed", name="Frame")


def edit(client, contract, status):
    contract.refresh_from_db()
    data = {"version": contract.version, "name": "Frame", "currency": "CNY", "status": status}
    assert client.post(contract.get_absolute_url(), data).status_code == 302
    contract.refresh_from_db()
    assert contract.status == status


def move(client, record, **more):
    record.refresh_from_db()
    address = reverse(record.page("entry_time"), args=[record.pk])
    return client.post(address, GOOD | {"version": record.version} | more)


@pytest.mark.parametrize("status", ["draft", "cancelled"])
def test_set_back_it_stays_locked_and_so_does_its_opportunity(cast, sign_in, contract, deal, status):
    client = sign_in(cast.manager)
    edit(client, contract, status)
    for record, said in ((contract, WAS), (deal, OF_OPPORTUNITY)):
        answer = move(client, record)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    edit(client, contract, "signed")
    assert "A signed contract locks its entry time." in move(client, contract).content.decode()
    assert {Contract.objects.get().entered_at, Opportunity.objects.get().entered_at} == {NOW}


def test_in_chinese_too(cast, sign_in, contract):
    client = sign_in(cast.manager)
    edit(client, contract, "draft")
    answer = move(client, contract, HTTP_ACCEPT_LANGUAGE="zh-hans")
    assert (answer.status_code, Contract.objects.get().entered_at) == (422, NOW)


def test_archived_and_taken_back_it_locks_its_opportunity_all_the_while(cast, sign_in, contract, deal):
    client = sign_in(cast.manager)
    client.post(f"/contracts/{contract.pk}/archive/", {"version": 1, "why": "Out of the way"})
    contract.refresh_from_db()
    assert contract.archived_at is not None
    assert OF_OPPORTUNITY in move(client, deal).content.decode()
    assert Opportunity.objects.get().entered_at == NOW


def test_a_draft_that_never_was_signed_moves(cast, sign_in, rule, deal):
    client, draft = sign_in(cast.manager), make.contract(cast.owner, deal.customer, opportunity=deal, name="Frame")
    edit(client, draft, "cancelled")
    for record in (draft, deal):
        assert move(client, record).status_code == 302


def test_many_at_once_and_the_preview_of_the_rule_say_the_same(cast, sign_in, contract, rule):
    edit(sign_in(cast.manager), contract, "draft")
    (row,) = change(moved([contract], -days(1)), cast.manager, Contract).rows
    assert row.codes == ("locked",)
    make.set_rule(rule, lock_signed=False)
    asked = {"record": contract, "seen_version": contract.version, "entered_at": NOW - days(1), "by": cast.manager}
    change_entry_time(**asked, reason="other", note="", channel="web", clock=clock)
    found = preview(TypeRule.objects.get(pk=rule.pk), NOW + days(1), cast.administrator, values={"lock_signed": True})
    assert found.refused == 1


def test_what_an_undone_import_made_locks_nothing(cast, rule, deal, sign_in):
    text = f"name,customer,opportunity,status\nFrame,{deal.customer.number},{deal.number},signed\n"
    mapping = "name=name,customer=customer,opportunity=opportunity,status=status"
    loaded = store(text, "contract", mapping, cast.administrator)
    assert move(sign_in(cast.manager), deal).status_code == 422
    undo_batch(batch=loaded.batch, by=cast.administrator, clock=clock, note="Wrong file")
    assert move(sign_in(cast.manager), deal).status_code == 302
