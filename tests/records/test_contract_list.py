"""The list of contracts: what is different from that of customers."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from records.models import CompanyRules
from tests import cast as people
from tests.cast import NOW, days

from .lists import MOST_QUERIES, at, cell, move, see

PAGE = "/contracts/"


@pytest.fixture
def three(cast: Any) -> list[Any]:
    """A signed one, a draft on a key customer, one of another team."""
    plain, key = people.customer(cast.owner, name="Kestrel"), people.customer(cast.owner, name="南粤", importance="key")
    ends = {"ends_on": dt.date(2026, 4, 30), "amount": Decimal("420000")}
    make = people.contract
    return [
        make(cast.owner, plain, name="云帆年度许可", status="signed", clock=at(NOW - days(2)), **ends),
        make(cast.owner, key, name="Support", clock=at(NOW - days(1))),
        make(cast.stranger, plain, name="Hosting", status="ended", amount=Decimal("5"), currency="USD"),
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Hosting", "Support", "云帆年度许可"]),
        ("status=signed", ["云帆年度许可"]),
        ("view=key", ["Support"]),
        ("q=年度", ["云帆年度许可"]),
        ("sort=-amount", ["云帆年度许可", "Hosting", "Support"]),
        ("sort=status", ["Support", "Hosting", "云帆年度许可"]),
    ],
)
def test_filters_and_orders(cast: Any, three: Any, sign_in: Any, query: str, expected: list[str]) -> None:
    shown = see(sign_in(cast.owner), f"{PAGE}?{query}")
    assert shown.titles == expected
    assert len(shown.statements) <= MOST_QUERIES


def test_cells(cast: Any, three: Any, sign_in: Any) -> None:
    shown = see(sign_in(cast.owner), PAGE)
    assert cell(shown.text, "p3") == ["—", "—", "2026-04-30"]
    assert cell(shown.text, "end p2") == ["$ 5", "—", "¥ 420,000"]
    assert shown.foot == "3 contracts"


@pytest.mark.parametrize("sales_see_all", [True, False])
def test_shows_what_each_may_see(cast: Any, three: Any, sign_in: Any, sales_see_all: bool) -> None:
    people.set_rule(CompanyRules.objects.get(), sales_see_all=sales_see_all)
    for user in cast.everybody():
        if user.is_active:
            may = {each.name for each in three if user.has_perm("records.view_contract", each)}
            assert set(see(sign_in(user), PAGE).titles) == may, user


def test_the_same_cost_with_five_and_with_sixty_rows(cast: Any, sign_in: Any) -> None:
    client, customer = sign_in(cast.owner), people.customer(cast.owner)
    counts = []
    for number in (5, 55):
        for n in range(number):
            found = people.contract(cast.owner, customer)
            if n % 5 == 1:
                move(found, cast.manager, NOW - days(1))
        counts.append(len(see(client, PAGE).statements))
    assert counts == [5, 5]
