"""The page of a customer: the timeline in order, only what one may see, the quick follow-up, few queries."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
import time_machine

from records.models import CompanyRules, FollowUp
from records.models.access import VIEW
from records.services.contacts import add_contact
from records.services.entry_time import change_entry_time
from records.services.grants import Terms, grant
from records.timeline import SIZE, Key
from tests import cast as make
from tests.cast import NOW, clock, days, set_rule


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def yunfan(cast):
    return make.customer(cast.owner, name="Yunfan", clock=lambda: NOW - days(20))


def ago(number):
    return lambda: NOW - days(number)


def page(client, customer, query=""):
    return client.get(f"/customers/{customer.pk}/{query}")


def shown(response):
    return [record.title for record in response.context["timeline"].items]


def test_the_timeline_is_ordered_by_entry_time_newest_first(cast, sign_in, yunfan):
    make.follow_up(cast.owner, yunfan, clock=ago(3), summary="First call")
    make.opportunity(cast.owner, yunfan, clock=ago(2), name="Renewal")
    make.contract(cast.owner, yunfan, clock=ago(1), name="Frame")
    moved = make.follow_up(cast.owner, yunfan, summary="Visit")
    change_entry_time(
        record=moved,
        seen_version=1,
        entered_at=NOW - days(5),
        reason="typing_error",
        note="",
        by=cast.owner,
        channel="web",
        clock=clock,
    )
    client = sign_in(cast.owner)
    response = page(client, yunfan)
    assert shown(response) == ["Frame", "Renewal", "First call", "Visit", "Yunfan"]
    text = response.content.decode()
    assert "now 5 days earlier" in text
    assert "Typing error · Owner" in text
    assert shown(page(client, yunfan, "?show=follow-ups")) == ["First call", "Visit"]
    assert shown(page(client, yunfan, "?show=deals")) == ["Frame", "Renewal"]
    assert shown(page(client, yunfan, "?show=changed")) == ["Visit"]
    assert shown(page(client, yunfan, "?show=nonsense")) == shown(response)


def test_older_pages_go_on_where_the_last_ended_also_among_equal_times(cast, sign_in, yunfan):
    for number in range(SIZE + 5):
        make.follow_up(cast.owner, yunfan, clock=ago(1), summary=f"Call {number}")
    make.opportunity(cast.owner, yunfan, clock=ago(1), name="Same moment")
    client, seen, query = sign_in(cast.owner), [], ""
    for _turn in range(5):
        response = page(client, yunfan, query)
        seen += shown(response)
        older = response.context["timeline"].older
        if not older:
            break
        query = f"?before={older}"
    assert len(seen) == len(set(seen)) == SIZE + 7
    assert seen[-2:] == ["Same moment", "Yunfan"]


@pytest.mark.parametrize(
    "text", ["", "x", "2026-03-16~1", "2026-03-16~99~1", "2026-03-16~1~" + "9" * 40, "~~", "²~1~1"]
)
def test_a_key_that_is_none_shows_the_first_page_or_less_but_never_fails(cast, sign_in, yunfan, text):
    assert page(sign_in(cast.owner), yunfan, f"?before={text}").status_code == 200


def test_a_key_reads_as_it_writes():
    key = Key(NOW, 2, 77)
    assert Key.read(str(key)) == key


def test_sums_per_currency_and_only_open_ones(cast, sign_in, yunfan):
    for amount, currency, stage in (
        (480000, "CNY", "proposal"),
        (86000, "CNY", "lead"),
        (10, "EUR", "lead"),
        (7, "CNY", "won"),
    ):
        make.opportunity(cast.owner, yunfan, amount=Decimal(amount), currency=currency, stage=stage)
    make.opportunity(cast.owner, yunfan)
    response = page(sign_in(cast.owner), yunfan)
    assert response.context["sums"] == [(Decimal(566000), "CNY"), (Decimal(10), "EUR")]
    assert len(response.context["deals"]) == 4


def test_only_records_one_may_see(cast, sign_in, yunfan):
    theirs = make.follow_up(cast.stranger, yunfan, summary="Theirs")
    make.follow_up(cast.owner, yunfan, summary="Mine")
    set_rule(CompanyRules.objects.get(), sales_see_all=False)
    assert shown(page(sign_in(cast.owner), yunfan)) == ["Mine", "Yunfan"]
    client = sign_in(cast.stranger)
    assert page(client, yunfan).status_code == 404
    assert client.get(f"/follow-ups/{theirs.pk}/").status_code == 200
    assert shown(page(sign_in(cast.auditor), yunfan)) == ["Mine", "Theirs", "Yunfan"]


def test_a_grant_on_one_follow_up_opens_neither_the_customer_nor_the_others(cast, sign_in, yunfan):
    record = make.follow_up(cast.owner, yunfan)
    give(cast, record, cast.outsider, covers=False)
    client = sign_in(cast.outsider)
    assert page(client, yunfan).status_code == 404
    assert client.get(f"/follow-ups/{record.pk}/").status_code == 200


def test_a_covering_grant_opens_the_customer_and_all_under_it(cast, sign_in, yunfan):
    make.follow_up(cast.owner, yunfan, summary="Call")
    give(cast, yunfan, cast.outsider, covers=True)
    response = page(sign_in(cast.outsider), yunfan)
    assert shown(response) == ["Call", "Yunfan"]
    assert "New follow-up" not in response.content.decode()  # may look, not enter


def give(cast, record, to, covers):
    terms = Terms(kind=VIEW, covers=covers, days_back=7, until=NOW + days(30))
    grant(record=record, to=to, terms=terms, why="Helps out", by=cast.senior, channel="web", clock=clock)


def test_unknown_customers_are_404(cast, sign_in):
    assert sign_in(cast.owner).get("/customers/999/").status_code == 404


def test_the_quick_follow_up_saves_and_comes_back_here(cast, sign_in, yunfan):
    client = sign_in(cast.owner)
    text = page(client, yunfan).content.decode()
    written = re.search(r'name="customer" value="([^"]+)"', text)[1]
    sent = {"customer": written, "quick": "yes", "kind": "visit", "said": "They want 20 seats.\nAnswer in April."}
    late = {"entered-when": "earlier", "entered-at": "2026-03-17 14:32", "entered-reason": "back_fill"}
    response = client.post("/follow-ups/new/", sent | late, follow=True)
    record = FollowUp.objects.get()
    assert response.redirect_chain == [(f"/customers/{yunfan.pk}/", 302)]
    assert (record.summary, record.content) == ("They want 20 seats.", "They want 20 seats.\nAnswer in April.")
    assert record.entered_at == dt.datetime(2026, 3, 17, 6, 32, tzinfo=dt.UTC)
    assert "recorded 1 day later" in response.content.decode()


def test_a_refused_quick_follow_up_comes_back_on_the_full_page(cast, sign_in, yunfan):
    sent = {"customer": yunfan.number, "quick": "yes", "kind": "visit", "said": "x" * 250, "entered-when": "earlier"}
    response = sign_in(cast.owner).post("/follow-ups/new/", sent)
    text = response.content.decode()
    assert response.status_code == 422
    assert "x" * 250 in text
    assert "Write a date and a time" in text


def test_contacts_main_one_first_and_archived_ones_gone(cast, sign_in, yunfan):
    for name, is_main in (("Anna", False), ("Zhou", True)):
        values = {"name": name, "phone": "0571 8820", "wechat": f"wx-{name}", "is_main": is_main}
        add_contact(customer=yunfan, values=values, by=cast.owner, channel="web", clock=clock)
    response = page(sign_in(cast.owner), yunfan)
    assert [contact.name for contact in response.context["contacts"]] == ["Zhou", "Anna"]
    assert response.context["main"].name == "Zhou"
    assert 'href="tel:05718820"' in response.content.decode()


def test_an_archived_customer_takes_nothing_new(cast, sign_in, yunfan):
    set_rule(yunfan, archived_at=NOW)
    text = page(sign_in(cast.owner), yunfan).content.decode()
    assert "Nothing new can be added" in text
    assert "follow-ups/new" not in text.partition("<main")[2]


@pytest.mark.parametrize("who", ["owner", "senior", "outsider"])
def test_at_most_twelve_queries_and_one_for_who_decides_whatever_the_rows(
    cast, sign_in, yunfan, who, django_assert_max_num_queries
):
    give(cast, yunfan, cast.outsider, covers=True)
    for number in range(6):
        deal = make.opportunity(cast.owner, yunfan, clock=ago(number))
        make.follow_up(cast.owner, yunfan, clock=ago(number), opportunity=deal)
        make.contract(cast.colleague, yunfan, clock=ago(number))
        values = {"name": f"Contact {number}", "is_main": number == 0}
        add_contact(customer=yunfan, values=values, by=cast.owner, channel="web", clock=clock)
    client = sign_in(getattr(cast, who))
    most = 13 if who == "senior" else 12  # who decides requests sees in the menu how many wait
    for query in ("", "?show=changed", "?show=deals"):
        with django_assert_max_num_queries(most):
            assert page(client, yunfan, query).status_code == 200
