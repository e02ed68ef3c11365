"""Search over all types: only what one may see, newest first, ten of each, at a pinned cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.models import RECORDS, CompanyRules
from records.services.contacts import add_contact
from tests import cast as people
from tests.cast import NOW, clock, days
from tests.records.lists import archive, at, move

PAGE = "/search/"


def look(client: Any, typed: str) -> tuple[str, int]:
    """The page for the words, and how many statements it took."""
    with CaptureQueriesContext(connection) as captured:
        response = client.get(PAGE, {"q": typed})
    assert response.status_code == 200
    return response.content.decode(), len(captured)


@pytest.fixture
def one_of_each(cast: Any) -> dict[str, Any]:
    """A customer with a contact, and a record of each kind under it, all about 云帆."""
    customer = people.customer(cast.owner, name="杭州云帆科技有限公司", importance="key", clock=at(NOW - days(3)))
    contact = {"name": "周文博", "phone": "13800138000"}
    add_contact(customer=customer, values=contact, by=cast.manager, channel="web", clock=clock)
    content = "Long words before it. " * 5 + "与云帆周总通话。" + " and behind" * 20
    return {
        "customer": customer,
        "opportunity": people.opportunity(cast.owner, customer, name="云帆数据迁移", amount=Decimal("86000")),
        "followup": people.follow_up(cast.owner, customer, summary="First call", content=content),
        "contract": people.contract(cast.owner, customer, name="云帆年度许可", status="signed"),
    }


def test_finds_all_types_and_marks_where(cast: Any, one_of_each: Any, sign_in: Any) -> None:
    text, _ = look(sign_in(cast.owner), "云帆")
    assert "杭州<mark>云帆</mark>科技有限公司" in text
    assert "<mark>云帆</mark>数据迁移" in text
    assert "<mark>云帆</mark>年度许可" in text
    assert "与<mark>云帆</mark>周总通话" in text
    for record in one_of_each.values():
        assert record.number in text
        assert f'href="{record.get_absolute_url()}"' in text
    assert text.count('<span class="count">1</span>') == 4


def test_a_phone_typed_without_its_blanks(cast: Any, one_of_each: Any, sign_in: Any) -> None:
    contact = {"name": "Anna", "phone": "0571 8888-1234"}
    add_contact(customer=one_of_each["customer"], values=contact, by=cast.manager, channel="web", clock=clock)
    text, _ = look(sign_in(cast.owner), "057188881234")
    assert "Anna, 0571 8888-1234" in text


@pytest.mark.parametrize("typed", ["周文", "1380013"])
def test_a_contact_leads_to_its_customer(cast: Any, one_of_each: Any, sign_in: Any, typed: str) -> None:
    text, _ = look(sign_in(cast.owner), typed)
    assert one_of_each["customer"].number in text
    assert f"<mark>{typed}</mark>" in text
    assert "周文" in text


@pytest.mark.parametrize("sales_see_all", [True, False])
def test_shows_exactly_what_each_may_see(cast: Any, one_of_each: Any, sign_in: Any, sales_see_all: bool) -> None:
    people.set_rule(CompanyRules.objects.get(), sales_see_all=sales_see_all)
    for user in cast.everybody():
        if not user.is_active:
            continue
        text, _ = look(sign_in(user), "云帆")
        for name, record in one_of_each.items():
            may = user.has_perm(f"records.view_{name}", record)
            assert (record.get_absolute_url() in text) == may, (user, name)
        if user == cast.outsider:
            assert "Nothing for “云帆”" in text.replace('<span lang="zh-Hans">', "").replace("</span>", "")


def test_a_whole_number_finds_that_record_alone(cast: Any, one_of_each: Any, sign_in: Any) -> None:
    number = one_of_each["contract"].number
    people.follow_up(cast.owner, one_of_each["customer"], summary=f"About {number}")
    text, _ = look(sign_in(cast.owner), number.lower())
    assert one_of_each["contract"].get_absolute_url() in text
    assert "About" not in text


def test_archived_records_are_not_found(cast: Any, one_of_each: Any, sign_in: Any) -> None:
    archive(one_of_each["contract"], cast.manager)
    text, _ = look(sign_in(cast.owner), "云帆")
    assert one_of_each["contract"].number not in text


def test_ten_of_each_newest_first_and_the_list_for_the_rest(cast: Any, sign_in: Any) -> None:
    for n in range(12):
        people.customer(cast.owner, name=f"Kestrel {n:02}", clock=at(NOW - days(n)))
    client = sign_in(cast.owner)
    text, _ = look(client, "kestrel")
    places = [text.find(f"<mark>Kestrel</mark> {n:02}") for n in range(10)]
    assert places == sorted(places)
    assert -1 not in places
    assert "</mark> 10" not in text
    assert 'href="/customers/?q=kestrel">All 12</a>' in text
    assert client.get("/customers/?q=kestrel").status_code == 200


def test_the_cost_does_not_grow(cast: Any, one_of_each: Any, sign_in: Any) -> None:
    client = sign_in(cast.owner)
    _, few = look(client, "云帆")
    for n in range(12):
        customer = people.customer(cast.owner, name=f"云帆 {n}")
        add_contact(customer=customer, values={"name": "云帆"}, by=cast.manager, channel="web", clock=clock)
        people.opportunity(cast.owner, customer, name="云帆")
        people.follow_up(cast.owner, customer, summary="云帆")
        people.contract(cast.owner, customer, name="云帆")
        move(customer, cast.manager, NOW - days(1))
    _, many = look(client, "云帆")
    assert few == many == 8


@pytest.mark.parametrize("typed", ["", "   "])
def test_without_words_it_asks_for_them(cast: Any, one_of_each: Any, sign_in: Any, typed: str) -> None:
    text, cost = look(sign_in(cast.owner), typed)
    assert "Type a part of a name" in text
    assert cost <= 4


@pytest.mark.parametrize("typed", ["!!!", "' OR 1=1 --", '"', "a" * 200, "%", "<script>alert(1)</script>", "𠀀"])
def test_odd_words_find_nothing_and_break_nothing(cast: Any, one_of_each: Any, sign_in: Any, typed: str) -> None:
    text, _ = look(sign_in(cast.owner), typed)
    assert "Nothing for" in text
    assert "<script>alert" not in text


def test_a_nul_which_no_keyboard_types_is_a_bad_request(cast: Any, sign_in: Any) -> None:
    assert sign_in(cast.owner).get(PAGE, {"q": "\x00"}).status_code == 400


def test_too_many_words_are_refused_and_kept(cast: Any, sign_in: Any) -> None:
    response = sign_in(cast.owner).get(PAGE, {"q": "x" * 201})
    assert response.status_code == 422
    assert "Write at most 200 characters." in response.content.decode()
    assert "x" * 201 in response.content.decode()


def test_sign_in_first_and_only_look(cast: Any, client: Any, sign_in: Any) -> None:
    assert client.get(PAGE).status_code == 302
    assert sign_in(cast.gone).get(PAGE).status_code == 302
    assert sign_in(cast.owner).post(PAGE, {"q": "x"}).status_code == 405


def test_every_type_is_searched() -> None:
    from crm.search import ICONS
    from records.lists import LISTS

    assert list(LISTS) == list(ICONS) == list(RECORDS)
