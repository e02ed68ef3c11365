"""The list of customers: who sees what, every filter, order, page and empty state, at a pinned cost."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest

from records.models import CompanyRules, Customer
from tests import cast as people
from tests.cast import NOW, days

from .lists import MOST_QUERIES, archive, at, cell, move, see

PAGE = "/customers/"
EVERYBODY = ("owner", "colleague", "stranger", "manager", "senior", "administrator", "auditor", "outsider", "root")


@pytest.fixture
def four(cast: Any) -> dict[str, Any]:
    """Customers of both teams, one of them key, entered on four days."""
    return {
        "ours": people.customer(cast.owner, name="杭州云帆科技有限公司", short_name="Yunfan", clock=at(NOW - days(3))),
        "key": people.customer(cast.owner, name="Kestrel Analytics", importance="key", clock=at(NOW - days(2))),
        "theirs": people.customer(cast.stranger, name="Atlas Freight", status="active", clock=at(NOW - days(1))),
        "mate": people.customer(cast.colleague, name="北京智源数据", status="lost"),
    }


@pytest.mark.parametrize("sales_see_all", [True, False])
@pytest.mark.parametrize("name", EVERYBODY)
def test_shows_what_a_person_may_see_and_nothing_else(
    cast: Any, four: Any, sign_in: Any, name: str, sales_see_all: bool
) -> None:
    people.set_rule(CompanyRules.objects.get(), sales_see_all=sales_see_all)
    user = getattr(cast, name)
    shown = see(sign_in(user), PAGE)
    may = [c.name for c in Customer.objects.order_by("-entered_at") if user.has_perm("records.view_customer", c)]
    assert shown.titles == may
    assert len(shown.statements) <= MOST_QUERIES
    if name == "stranger":
        assert len(may) == (4 if sales_see_all else 1)
    if name == "outsider":
        assert may == []
        assert "No customers yet" in shown.text


def test_the_inactive_and_strangers_sign_in_first(cast: Any, four: Any, client: Any, sign_in: Any) -> None:
    assert client.get(PAGE).status_code == 302
    assert sign_in(cast.gone).get(PAGE).status_code == 302
    assert sign_in(cast.owner).post(PAGE).status_code == 405


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["mate", "theirs", "key", "ours"]),
        ("view=mine", ["key", "ours"]),
        ("view=key", ["key"]),
        ("view=changed", []),
        ("q=云帆", ["ours"]),
        ("q=KESTREL", ["key"]),
        ("q=zzz", []),
        ("importance=key", ["key"]),
        ("importance=key&importance=ordinary", ["mate", "theirs", "key", "ours"]),
        ("status=lost&status=active", ["mate", "theirs"]),
        ("from=2026-03-17", ["mate", "theirs"]),
        ("to=2026-03-16", ["key", "ours"]),
        ("from=2026-03-16&to=2026-03-17", ["theirs", "key"]),
        ("from=2026/3/17", ["mate", "theirs"]),
        ("from=2026年3月17日", ["mate", "theirs"]),
        ("q=&owner=&from=&to=&status=", None),
        ("sort=name", ["theirs", "key", "mate", "ours"]),
        ("sort=-name", ["ours", "mate", "key", "theirs"]),
        ("sort=entered_at", ["ours", "key", "theirs", "mate"]),
        ("sort=importance", ["key", "mate", "theirs", "ours"]),
        ("sort=status", ["theirs", "key", "ours", "mate"]),
        ("sort=-status", ["mate", "ours", "key", "theirs"]),
        ("view=mine&sort=name&status=lead", ["key", "ours"]),
    ],
)
def test_filters_and_orders(cast: Any, four: Any, sign_in: Any, query: str, expected: list[str] | None) -> None:
    shown = see(sign_in(cast.owner), f"{PAGE}?{quote(query, safe='=&')}")
    if expected is None:
        assert shown.status in (200, 422)
        return
    assert shown.status == 200
    assert shown.titles == [four[name].name for name in expected]
    assert len(shown.statements) <= MOST_QUERIES


def test_filter_by_several_owners(cast: Any, four: Any, sign_in: Any) -> None:
    shown = see(sign_in(cast.owner), f"{PAGE}?owner={cast.stranger.pk}&owner={cast.colleague.pk}")
    assert shown.titles == ["北京智源数据", "Atlas Freight"]
    assert "Owner <b>2</b>" in shown.text


def test_days_are_those_of_the_person(cast: Any, sign_in: Any) -> None:
    """18 March begins at 16:00 UTC of the 17th in Shanghai, and at 04:00 UTC of the 18th in New York."""
    people.customer(cast.owner, name="At night", clock=at(dt.datetime(2026, 3, 17, 20, tzinfo=dt.UTC)))
    assert see(sign_in(cast.owner), f"{PAGE}?from=2026-03-18").titles == ["At night"]
    cast.colleague.zone = "America/New_York"
    cast.colleague.save()
    client = sign_in(cast.colleague)
    assert see(client, f"{PAGE}?from=2026-03-18").titles == []
    assert see(client, f"{PAGE}?to=2026-03-17").titles == ["At night"]


def test_both_edges_of_a_day_belong_to_it_once(cast: Any, sign_in: Any) -> None:
    for name, hour, second in (("last", 15, 59), ("first", 16, 0)):
        moment = dt.datetime(2026, 3, 16, hour, 59 if second else 0, second, tzinfo=dt.UTC)
        people.customer(cast.owner, name=name, clock=at(moment))
    client = sign_in(cast.owner)
    assert see(client, f"{PAGE}?to=2026-03-16").titles == ["last"]
    assert see(client, f"{PAGE}?from=2026-03-17").titles == ["first"]


def test_a_changed_time_bears_its_mark_and_story(cast: Any, four: Any, sign_in: Any) -> None:
    move(four["ours"], cast.manager, NOW - days(5))
    ours = Customer.objects.get(pk=four["ours"].pk)
    move(ours, cast.administrator, NOW - days(4), reason="back_fill")
    client = sign_in(cast.owner)
    shown = see(client, PAGE)
    mark = re.search(r'<span class="redated" tabindex="0".*?</span></span>', shown.text, re.DOTALL)
    assert mark
    assert "Originally" in mark[0]
    assert "2026-03-15 14:32" in mark[0]
    assert "1 day earlier" in mark[0]
    assert "Back-fill · Administrator" in mark[0]
    assert shown.text.count('class="redated" tabindex') == 1
    assert see(client, f"{PAGE}?view=changed").titles == see(client, f"{PAGE}?changed=1").titles == [ours.name]
    assert len(shown.statements) <= MOST_QUERIES


def test_restored_to_the_original_it_bears_no_mark(cast: Any, four: Any, sign_in: Any) -> None:
    original = four["ours"].entered_at
    move(four["ours"], cast.manager, NOW - days(5))
    move(Customer.objects.get(pk=four["ours"].pk), cast.manager, original)
    shown = see(sign_in(cast.owner), PAGE)
    assert 'class="redated"' not in shown.text


def test_archived_ones_are_hidden_until_asked_for(cast: Any, four: Any, sign_in: Any) -> None:
    archive(four["theirs"], cast.manager)
    client = sign_in(cast.owner)
    assert "Atlas Freight" not in see(client, PAGE).titles
    shown = see(client, f"{PAGE}?archived=1")
    assert "Atlas Freight" in shown.titles
    assert shown.text.count('<span class="badge">Archived</span>') == 1


GARBAGE = [
    ("from=31.2.2026", "“31.2.2026” is not a day. Write it like 2026-03-16.", "31.2.2026"),
    ("to=soon", "“soon” is not a day.", "soon"),
    ("from=0001-01-01", "is not a day", "0001-01-01"),
    ("to=9999-12-31", "is not a day", "9999-12-31"),
    ("from=2026-03-18&to=2026-03-17", "The last day lies before the first one.", "2026-03-17"),
    ("owner=999", "“999” is not offered here. Choose from the list.", "999"),
    ("owner=x'", "is not offered here", "x&#x27;"),
    ("importance=vip", "“vip” is not offered here", "vip"),
    ("status=won&status=lead", "“won” is not offered here", "won"),
    ("view=zzz", "There is no view “zzz”.", "zzz"),
    ("q=" + "x" * 201, "200", "x" * 201),
]


@pytest.mark.parametrize("query", ["q=%00", "sort=%00", "after=%00&before=%00"])
def test_a_nul_is_a_bad_request_wherever_it_stands(cast: Any, sign_in: Any, query: str) -> None:
    assert sign_in(cast.owner).get(f"{PAGE}?{query}").status_code == 400


@pytest.mark.parametrize(("query", "sentence", "kept"), GARBAGE)
def test_a_filter_that_cannot_be_understood_says_so(
    cast: Any, four: Any, sign_in: Any, query: str, sentence: str, kept: str
) -> None:
    shown = see(sign_in(cast.owner), f"{PAGE}?{query}")
    assert shown.status == 422
    assert sentence in shown.text
    assert f'value="{kept}"' in shown.text
    assert shown.titles == []
    assert "One of the filters cannot be understood" in shown.text


@pytest.mark.parametrize(
    "query",
    [
        "sort=owner",
        "sort=password",
        "sort=--name",
        "after=x",
        "before=%F0%9F%92%A9",
        "after=" + "9" * 3000,
        "page=2",
        "owner__password=x",
        "changed=banana",
        "%ff=%fe",
        "a[]=1&[=&&;",
    ],
)
def test_other_words_in_the_address_do_no_harm(cast: Any, four: Any, sign_in: Any, query: str) -> None:
    shown = see(sign_in(cast.owner), f"{PAGE}?{query}")
    assert shown.status == 200
    assert "password" not in shown.link("sort-name")
    if "changed" not in query:
        assert len(shown.titles) == 4


def test_links_keep_what_was_asked_and_forget_the_page(cast: Any, sign_in: Any) -> None:
    for n in range(53):
        people.customer(cast.owner, name=f"C{n:02}")
    client = sign_in(cast.owner)
    query = f"?q=C&owner={cast.owner.pk}&from=2026-01-01&archived=1&junk=1&sort=name"
    first = see(client, PAGE + query)
    second = see(client, PAGE + first.link("older"))
    assert second.titles == ["C50", "C51", "C52"]
    for link in (second.link("tab-2"), second.link("sort-entered_at"), second.link("newer")):
        assert f"q=C&owner={cast.owner.pk}&from=2026-01-01&archived=1" in link
        assert "junk" not in link
    assert "after=" not in second.link("tab-2") + second.link("sort-name") + second.link("newer")
    assert "view=mine" in second.link("tab-2")
    assert "sort=-name" in second.link("sort-name")
    assert "sort=" not in second.link("sort-entered_at")


def test_pages_by_key_there_and_back(cast: Any, sign_in: Any) -> None:
    for n in range(120):
        people.customer(cast.owner, name=f"C{n:03}", clock=at(NOW - days(n // 50)))
    client, page, pages = sign_in(cast.owner), None, []
    address = PAGE
    for _ in range(3):
        page = see(client, address)
        pages.append(page.titles)
        address = PAGE + page.link("older")
    assert [len(each) for each in pages] == [50, 50, 20]
    assert page.link("older") == ""
    assert sorted(title for each in pages for title in each) == [f"C{n:03}" for n in range(120)]
    assert page.foot == "20 of 120"
    assert see(client, PAGE + page.link("newer")).titles == pages[1]


def test_the_same_cost_with_five_and_with_sixty_rows(cast: Any, sign_in: Any) -> None:
    client = sign_in(cast.owner)
    counts = []
    for number in (5, 55):
        for n in range(number):
            customer = people.customer(cast.owner)
            people.opportunity(cast.owner, customer, amount=Decimal(n))
            people.follow_up(cast.owner, customer)
            if n % 2:
                move(customer, cast.manager, NOW - days(1))
        shown = see(client, PAGE)
        counts.append(len(shown.statements))
        assert len(shown.titles) == min(number, 50)
    assert counts[0] == counts[1] == 6


def test_never_counts_everything_and_never_skips(cast: Any, four: Any, sign_in: Any) -> None:
    for statement in see(sign_in(cast.owner), f"{PAGE}?q=云&sort=name").statements:
        assert "OFFSET" not in statement
        if "COUNT(" in statement:
            assert "LIMIT 1001" in statement or "LIMIT 100)" in statement  # of the list, of unread notices


def test_more_than_a_thousand_are_not_counted(cast: Any, four: Any, sign_in: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("records.keyset.COUNTED", 3)
    assert see(sign_in(cast.owner), PAGE).foot == "4 of more than 1,000"


def test_foot_counts_in_words(cast: Any, four: Any, sign_in: Any) -> None:
    client = sign_in(cast.owner)
    assert see(client, PAGE).foot == "4 customers"
    assert see(client, f"{PAGE}?view=key").foot == "1 customer"


def test_last_follow_up_and_open_value_are_those_one_may_see(cast: Any, four: Any, sign_in: Any) -> None:
    people.set_rule(CompanyRules.objects.get(), sales_see_all=False)
    ours = four["ours"]
    people.opportunity(cast.owner, ours, amount=Decimal("480000"))
    people.opportunity(cast.owner, ours, amount=Decimal("1.5"))
    people.opportunity(cast.owner, ours, amount=Decimal("100"), currency="EUR")
    people.opportunity(cast.owner, ours, amount=Decimal("7"), stage="won")
    people.opportunity(cast.stranger, ours, by=cast.manager, amount=Decimal("1000"))
    archive(people.opportunity(cast.owner, ours, amount=Decimal("9")), cast.manager)
    people.follow_up(cast.owner, ours, clock=at(NOW - days(2)))
    people.follow_up(cast.stranger, ours, by=cast.manager)
    shown = see(sign_in(cast.owner), f"{PAGE}?q=云帆")
    assert cell(shown.text, "end p2") == ["¥ 480,001.50 € 100"]
    assert cell(shown.text, "p3") == ["2026-03-16"]
    assert cell(see(sign_in(cast.manager), f"{PAGE}?q=云帆").text, "end p2") == ["¥ 481,001.50 € 100"]


def test_the_empty_list_says_what_to_do(cast: Any, sign_in: Any) -> None:
    shown = see(sign_in(cast.owner), PAGE)
    assert "No customers yet" in shown.text
    assert shown.text.count("/customers/new/") == 2
    assert "/customers/new/" not in see(sign_in(cast.auditor), PAGE).text
    nothing = see(sign_in(cast.owner), f"{PAGE}?q=%3Cb%3EZephyr")
    assert "No customer matches" in nothing.text
    assert "&lt;b&gt;Zephyr" in nothing.text
    assert "<b>Zephyr" not in nothing.text


def test_names_are_text(cast: Any, sign_in: Any) -> None:
    people.customer(cast.owner, name="<script>alert(1)</script>")
    shown = see(sign_in(cast.owner), PAGE)
    assert "<script>alert" not in shown.text
    assert shown.titles == ["<script>alert(1)</script>"]


def test_in_chinese(cast: Any, four: Any, sign_in: Any) -> None:
    client = sign_in(cast.owner)
    move(four["ours"], cast.manager, NOW - days(5))
    client.cookies["django_language"] = "zh-hans"
    shown = see(client, PAGE)
    assert 'lang="zh-Hans"' in shown.text[:200]
    assert "日期填错 · Manager" in shown.text
