"""Following a record: the button of all four types, who may, and being told."""

from __future__ import annotations

import pytest
from django.urls import reverse

from records.models import CompanyRules, Follow, Notice
from records.services.entry_time import change_entry_time
from records.services.following import follow, unfollow
from tests import cast as make
from tests.cast import NOW, clock, days

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
TYPES = ("customer", "opportunity", "follow_up", "contract")


@pytest.fixture
def records(cast):
    customer = make.customer(cast.owner)
    others = {name: getattr(make, name)(cast.owner, customer) for name in TYPES[1:]}
    return {"customer": customer, **others}


def address(record, page="follow"):
    return reverse(record.page(page), args=[record.pk])


@pytest.mark.parametrize("name", TYPES)
def test_follow_be_told_and_follow_no_more(cast, records, sign_in, name):
    record, client = records[name], sign_in(cast.colleague)
    assert "Follow</button>" in client.get(address(record, "update")).content.decode()
    answer = client.post(address(record))
    assert (answer.status_code, answer["Location"]) == (302, address(record, "update"))
    assert "Following</button>" in client.get(address(record, "update")).content.decode()
    change_entry_time(
        record=record,
        seen_version=1,
        entered_at=NOW - days(1),
        reason="other",
        note="Why",
        by=cast.manager,
        channel="web",
        clock=clock,
    )
    assert set(Notice.objects.values_list("user__username", flat=True)) == {"owner", "colleague"}
    client.post(address(record), {"stop": "yes"})
    assert not Follow.objects.exists()


def test_twice_is_once(cast, records, sign_in):
    record = records["contract"]
    client = sign_in(cast.colleague)
    for _ in range(2):
        assert client.post(address(record)).status_code == 302
    assert Follow.objects.count() == 1
    assert not follow(record=record, by=cast.colleague)
    assert unfollow(record=record, by=cast.colleague)
    assert not unfollow(record=record, by=cast.colleague)


def test_the_page_of_a_customer_comes_back_to_itself(cast, records, sign_in):
    customer, client = records["customer"], sign_in(cast.colleague)
    answer = client.post(address(customer), {"from": "detail"})
    assert answer["Location"] == address(customer, "detail")
    assert "Following</button>" in client.get(answer["Location"]).content.decode()
    assert client.post(address(records["contract"]), {"from": "detail"}).status_code == 302


def test_what_one_may_not_see_one_cannot_follow(cast, records, sign_in):
    make.set_rule(CompanyRules.objects.get(), sales_see_all=False)
    client = sign_in(cast.stranger)
    for record in records.values():
        assert client.post(address(record)).status_code == 404
        with pytest.raises(type(record).DoesNotExist):
            follow(record=record, by=cast.stranger)
    assert not Follow.objects.exists()


def test_the_owner_is_told_anyway_and_sees_no_button(cast, records, sign_in):
    assert "Follow</button>" not in sign_in(cast.owner).get(address(records["contract"], "update")).content.decode()


def test_it_takes_a_post_and_somebody_signed_in(cast, records, sign_in, client):
    record = records["customer"]
    assert sign_in(cast.owner).get(address(record)).status_code == 405
    assert client.post(address(record)).status_code == 302
    assert not Follow.objects.exists()
