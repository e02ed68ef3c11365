"""Paging by key: forwards and backwards every row comes exactly once, in order, with ties and empty amounts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.keyset import Order, Part, paginate, read_key, write_key
from records.models import Opportunity
from records.models.opportunity import amount_key
from tests import cast as people
from tests.cast import NOW

AMOUNT = Part("amount", expression=amount_key, empty="-1")
ORDERS = {
    "-entered_at": Order("-entered_at", (Part("entered_at", down=True), Part("id", down=True))),
    "name": Order("name", (Part("name_key"), Part("id"))),
    "amount": Order("amount", (AMOUNT, Part("id"))),
    "stage": Order("stage", (Part("stage"), Part("entered_at", down=True), Part("id", down=True))),
}
ORDERS |= {order.turned().name: order.turned() for order in ORDERS.values()}


@pytest.fixture
def rows(cast: Any) -> list[Opportunity]:
    """Fourteen opportunities with many ties; some have no amount."""
    amounts = [None, Decimal("0"), Decimal("12.30"), Decimal("12.30"), None, Decimal("999999999.99")]
    stages = ["lead", "won", "lead", "lost"]
    return [
        people.opportunity(
            cast.manager,
            clock=lambda n=n: NOW - dt.timedelta(days=n % 4),
            name=f"云帆 {n % 3}",
            stage=stages[n % 4],
            amount=amounts[n % 6],
        )
        for n in range(14)
    ]


def _sorted(rows: list[Opportunity], order: Order) -> list[int]:
    def value(row: Any, part: Part) -> Any:
        found = getattr(row, part.name)
        return Decimal(-1) if found is None else found

    found = list(rows)
    for part in reversed(order.parts):
        found.sort(key=lambda row: value(row, part), reverse=part.down)
    return [row.pk for row in found]


@pytest.mark.parametrize("name", ORDERS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(1, 16))
def test_every_row_once_in_order_both_ways(rows: list[Opportunity], name: str, size: int) -> None:
    order, every = ORDERS[name], Opportunity.objects.all()
    seen, page = [], paginate(every, order, size=size)
    pages = [[row.pk for row in page.rows]]
    assert page.newer == ""
    while page.older:
        page = paginate(every, order, after=page.older, size=size)
        pages.append([row.pk for row in page.rows])
    seen = [pk for each in pages for pk in each]
    assert seen == _sorted(rows, order)

    back = [[row.pk for row in page.rows]]
    while page.newer:
        page = paginate(every, order, before=page.newer, size=size)
        back.insert(0, [row.pk for row in page.rows])
    assert back == pages


def test_rows_that_come_and_go_do_not_shift_the_rest(rows: list[Opportunity], cast: Any) -> None:
    order, every = ORDERS["-entered_at"], Opportunity.objects.all()
    first = paginate(every, order, size=5)
    people.opportunity(cast.manager, clock=lambda: NOW + dt.timedelta(hours=1))
    second = paginate(every, order, after=first.older, size=5)
    assert not {row.pk for row in first.rows} & {row.pk for row in second.rows}
    assert [row.pk for row in first.rows + second.rows] == _sorted(rows, order)[:10]


def test_the_rows_behind_a_key_are_gone(rows: list[Opportunity]) -> None:
    order = ORDERS["name"]
    last = Opportunity.objects.order_by("name_key", "id").last()
    page = paginate(Opportunity.objects.all(), order, after=write_key(order, last), size=5)
    assert [row.pk for row in page.rows] == _sorted(rows, order)[:5]


@pytest.mark.parametrize(
    "key", ["", "x", "WzFd:abc", "\x00", "\ud800", "W10:", ":" * 50, "eyJhIjoxfQ", "9" * 5000, "1' OR 1=1", "云"]
)
def test_a_key_that_nobody_gave_is_no_key(key: str) -> None:
    assert read_key(ORDERS["-entered_at"], Opportunity, key.encode("utf-8", "replace").decode()) is None


def test_a_key_of_another_order_is_no_key(rows: list[Opportunity]) -> None:
    key = write_key(ORDERS["name"], rows[0])
    assert read_key(ORDERS["-name"], Opportunity, key) is not None
    assert read_key(ORDERS["amount"], Opportunity, key) is None


@pytest.mark.parametrize("name", ORDERS)
def test_a_page_reads_an_index_and_sorts_nothing(rows: list[Opportunity], name: str) -> None:
    """The inner query, which may have a million rows before it, walks an index and seeks the key in it."""
    order, every = ORDERS[name], Opportunity.objects.all()
    first = paginate(every, order, size=3)
    values = read_key(order, Opportunity, first.older)
    assert values
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    for stretch in [every, *order.beyond(every, values)]:
        plan = order.of(stretch).values("pk")[:4].explain()
        assert "Sort" not in plan, plan
        assert "TEMP B-TREE" not in plan, plan
        assert "Index" in plan or "INDEX" in plan, plan
        if stretch is not every:
            assert "Index Cond" in plan or "SEARCH" in plan, plan
