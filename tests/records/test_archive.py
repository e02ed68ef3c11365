"""Archiving instead of deleting, and taking back."""

from __future__ import annotations

import pytest
import time_machine

from records.models import CompanyRules
from records.services.records import update_record
from tests import cast as make
from tests.cast import NOW, clock, set_rule


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False):
        yield


def made(cast, url):
    company = make.customer(cast.owner)
    return {
        "customers": lambda: company,
        "opportunities": lambda: make.opportunity(cast.owner, company),
        "follow-ups": lambda: make.follow_up(cast.owner, company),
        "contracts": lambda: make.contract(cast.owner, company),
    }[url]()


@pytest.mark.parametrize("url", ["customers", "opportunities", "follow-ups", "contracts"])
def test_archived_with_a_reason_and_taken_back(cast, sign_in, url):
    record, client = made(cast, url), sign_in(cast.owner)
    page = client.get(f"/{url}/{record.pk}/archive/")
    assert "It leaves the lists" in page.content.decode()
    assert client.post(f"/{url}/{record.pk}/archive/", {"version": 1, "why": "Double"}).status_code == 302
    record.refresh_from_db()
    assert record.archived_at == NOW
    assert client.post(f"/{url}/{record.pk}/restore/", {"version": 2, "why": "Not double"}).status_code == 302
    record.refresh_from_db()
    assert record.archived_at is None
    words = list(type(record).history.order_by("history_id").values_list("history_change_reason", flat=True))
    assert words == ["", "Double", "Not double"]


def test_without_a_reason_nothing_happens(cast, sign_in):
    record = made(cast, "follow-ups")
    response = sign_in(cast.owner).post(f"/follow-ups/{record.pk}/archive/", {"version": 1, "why": ""})
    assert response.status_code == 422
    assert "Write why." in response.content.decode()
    record.refresh_from_db()
    assert record.archived_at is None


def test_archived_twice_is_one_change(cast, sign_in):
    record, client = made(cast, "follow-ups"), sign_in(cast.owner)
    for _ in range(2):
        client.post(f"/follow-ups/{record.pk}/archive/", {"version": 1, "why": "Double"})
    assert type(record).history.count() == 2


def test_a_stale_page_writes_nothing_and_can_be_sent_again(cast, sign_in):
    record, client = made(cast, "follow-ups"), sign_in(cast.owner)
    update_record(record=record, seen_version=1, values={"summary": "New"}, by=cast.owner, channel="web", clock=clock)
    response = client.post(f"/follow-ups/{record.pk}/archive/", {"version": 1, "why": "Double"})
    assert response.status_code == 409
    assert "Somebody changed this meanwhile." in response.content.decode()
    record.refresh_from_db()
    assert record.archived_at is None
    assert client.post(f"/follow-ups/{record.pk}/archive/", {"version": 2, "why": "Double"}).status_code == 302


def test_who_may_not_is_told_and_who_may_not_know_sees_nothing(cast, sign_in):
    record = made(cast, "follow-ups")
    for url in ("archive", "restore"):
        for person in (cast.colleague, cast.auditor):
            response = sign_in(person).post(f"/follow-ups/{record.pk}/{url}/", {"version": 1, "why": "x"})
            assert response.status_code == 403
            assert "You may see this record, but not change it." in response.content.decode()
    set_rule(CompanyRules.objects.get(), sales_see_all=False)
    assert sign_in(cast.stranger).get(f"/follow-ups/{record.pk}/archive/").status_code == 404
