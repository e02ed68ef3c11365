"""The list of opportunities: what is different from that of customers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from records.models import CompanyRules, Opportunity
from tests import cast as people
from tests.cast import NOW, days

from .lists import MOST_QUERIES, at, cell, move, see

PAGE = "/opportunities/"


@pytest.fixture
def five(cast: Any) -> list[Any]:
    """Opportunities with ties, without amount, without customer, on a key customer, of another team."""
    plain = people.customer(cast.owner, name="Kestrel Analytics")
    key = people.customer(cast.owner, name="南粤医疗", importance="key")
    make = people.opportunity
    return [
        make(cast.owner, plain, name="Pilot", amount=Decimal("62400"), currency="EUR", clock=at(NOW - days(4))),
        make(cast.owner, plain, name="Renewal", stage="won", clock=at(NOW - days(3))),
        make(cast.owner, key, name="许可续约", amount=Decimal("480000.50"), stage="proposal", clock=at(NOW - days(2))),
        make(cast.owner, None, name="Walk-in", amount=Decimal("62400"), clock=at(NOW - days(1))),
        make(cast.stranger, plain, name="Foreign", amount=Decimal("0"), stage="lost"),
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Foreign", "Walk-in", "许可续约", "Renewal", "Pilot"]),
        ("view=key", ["许可续约"]),
        ("view=mine&stage=won", ["Renewal"]),
        ("stage=won&stage=lost", ["Foreign", "Renewal"]),
        ("sort=-amount", ["许可续约", "Walk-in", "Pilot", "Foreign", "Renewal"]),
        ("sort=amount", ["Renewal", "Foreign", "Pilot", "Walk-in", "许可续约"]),
        ("sort=stage", ["Walk-in", "Pilot", "Foreign", "许可续约", "Renewal"]),
        ("sort=name", ["Foreign", "Pilot", "Renewal", "Walk-in", "许可续约"]),
        ("q=walk-in", ["Walk-in"]),
    ],
)
def test_filters_and_orders(cast: Any, five: Any, sign_in: Any, query: str, expected: list[str]) -> None:
    shown = see(sign_in(cast.owner), f"{PAGE}?{query}")
    assert shown.titles == expected
    assert len(shown.statements) <= MOST_QUERIES


def test_cells(cast: Any, five: Any, sign_in: Any) -> None:
    shown = see(sign_in(cast.owner), PAGE)
    assert cell(shown.text, "c-customer") == [
        "Kestrel Analytics",
        "",
        "南粤医疗 Key",
        "Kestrel Analytics",
        "Kestrel Analytics",
    ]
    assert cell(shown.text, "end p2") == ["¥ 0", "¥ 62,400", "¥ 480,000.50", "—", "€ 62,400"]
    assert cell(shown.text, "c-badge")[:3] == ["Lost", "Lead", "Proposal"]


def test_a_parent_one_may_not_see_is_named_and_not_linked(cast: Any, five: Any, sign_in: Any) -> None:
    people.set_rule(CompanyRules.objects.get(), sales_see_all=False)
    shown = see(sign_in(cast.stranger), PAGE)
    assert shown.titles == ["Foreign"]
    customer = five[0].customer
    assert cell(shown.text, "c-customer") == [f"Kestrel Analytics {customer.number}"]
    assert f"/customers/{customer.pk}/" not in shown.text
    assert f"/customers/{customer.pk}/" in see(sign_in(cast.owner), PAGE).text


@pytest.mark.parametrize("sales_see_all", [True, False])
def test_shows_what_each_may_see(cast: Any, five: Any, sign_in: Any, sales_see_all: bool) -> None:
    people.set_rule(CompanyRules.objects.get(), sales_see_all=sales_see_all)
    for user in cast.everybody():
        if user.is_active:
            may = {each.name for each in five if user.has_perm("records.view_opportunity", each)}
            assert set(see(sign_in(user), PAGE).titles) == may, user


def test_the_same_cost_with_five_and_with_sixty_rows(cast: Any, sign_in: Any) -> None:
    client, customer = sign_in(cast.owner), people.customer(cast.owner)
    counts = []
    for number in (5, 55):
        for n in range(number):
            found = people.opportunity(cast.owner, customer if n % 3 else None, amount=Decimal(n) if n % 2 else None)
            if n % 5 == 1:
                move(found, cast.manager, NOW - days(1))
        for query in ("", "?sort=-amount", "?sort=stage"):
            counts.append(len(see(client, PAGE + query).statements))
    assert set(counts) == {5}


@pytest.mark.parametrize("sort", ["amount", "-amount", "stage", "-stage", "name", "entered_at"])
def test_pages_in_every_order(cast: Any, sign_in: Any, sort: str) -> None:
    for n in range(70):
        people.opportunity(
            cast.owner,
            amount=Decimal(n // 9) if n % 3 else None,
            stage=["lead", "won"][n % 2],
            clock=at(NOW - days(n % 5)),
        )
    client = sign_in(cast.owner)
    first = see(client, f"{PAGE}?sort={sort}")
    second = see(client, PAGE + first.link("older"))
    assert (len(first.titles), len(second.titles)) == (50, 20)
    assert set(first.titles) | set(second.titles) == {each.name for each in Opportunity.objects.all()}
    assert see(client, PAGE + second.link("newer")).titles == first.titles
    assert max(len(first.statements), len(second.statements)) <= MOST_QUERIES
