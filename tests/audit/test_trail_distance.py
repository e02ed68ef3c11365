"""How far entry times moved: an index names those that moved further, and nothing reads all that ever moved."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.browse import streams
from audit.browse.filters import Wanted
from audit.browse.page import page, rows_for
from audit.fields import Distance
from records.models import Customer
from tests import cast as make
from tests.audit.house import POSTGRES
from tests.audit.test_trail_list import later, move
from tests.bench.trail_rows import build

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
FAR = [f"h_{name}_far" for name in ("customer", "opportunity", "followup", "contract")]


def plans(run: Any) -> list[str]:
    """The plans of the statements that read history, one text each."""
    with CaptureQueriesContext(connection) as captured:
        run()
    found = []
    with connection.cursor() as cursor:
        if POSTGRES:
            cursor.execute("SET LOCAL enable_seqscan = off")
        for query in captured:
            if "audit_historical" in query["sql"] and query["sql"].startswith("SELECT"):
                cursor.execute(f"{'EXPLAIN' if POSTGRES else 'EXPLAIN QUERY PLAN'} {query['sql']}")
                found.append("\n".join(str(row[-1]) for row in cursor.fetchall()))
    return found


@pytest.fixture
def many(cast: make.Cast) -> dict[str, Any]:
    """Two thousand rows of each type, four in five of them moved by less than three days."""
    return build(cast, 8_000)


def test_an_answer_without_rows_is_read_from_the_index_alone(cast, many):
    found = plans(lambda: page(Wanted(days=50), cast.auditor))
    assert len(found) == len(FAR)
    for plan in found:
        (used,) = [name for name in FAR if name in plan]
        assert "Index" in plan or f"USING INDEX {used}" in plan or f"USING COVERING INDEX {used}" in plan
        assert "Seq Scan" not in plan
        assert "SEARCH" in plan or POSTGRES
        assert "TEMP B-TREE" not in plan
    assert page(Wanted(days=50), cast.auditor).rows == []


def test_few_are_named_one_by_one(cast, many):
    wide = make.customer(cast.owner, name="Yunfan")
    move(wide, cast.administrator, back=70, at=later(1))
    found = page(Wanted(days=50), cast.auditor)
    assert [line.title for line in found.rows] == ["Yunfan"]
    for plan in plans(lambda: page(Wanted(days=50), cast.auditor)):
        assert "h_customer_moved" not in plan  # all that ever moved, in the order of the list
        assert "SCAN audit" not in plan
        assert "Seq Scan on audit" not in plan


def test_where_many_moved_so_far_they_are_met_in_the_order_of_the_list(cast, many, monkeypatch):
    monkeypatch.setattr(streams, "FEW", 10)
    found = plans(lambda: page(Wanted(days=1), cast.auditor))
    assert any("h_customer_moved" in plan and "h_customer_far" not in plan for plan in found)


@pytest.mark.parametrize("few", [0, 10, 1_000_000])
def test_both_ways_give_the_same_rows(cast, monkeypatch, few):
    for number in range(5):
        record = make.customer(cast.owner, name=f"Works {number}")
        move(record, cast.administrator, back=number * 3 + 1, at=later(number))
    monkeypatch.setattr(streams, "FEW", few)
    lines = list(rows_for(Wanted(days=6), cast.auditor))
    assert [line.title for line in lines] == ["Works 4", "Works 3", "Works 2"]
    narrow = Wanted(days=6, people=(cast.administrator.pk,), reasons=("typing_error",), channels=("web",))
    assert list(rows_for(narrow, cast.auditor)) == lines
    assert list(rows_for(Wanted(days=6, people=(cast.owner.pk,)), cast.auditor)) == []


def test_the_distance_has_no_sign_and_counts_seconds(cast):
    record = make.customer(cast.owner)
    move(record, cast.administrator, back=2, at=later(1))
    move(record, cast.administrator, back=0.5, at=later(2))
    moves = Customer.history.filter(previous_entered_at__isnull=False).order_by("history_id")
    told = moves.annotate(far=Distance("entered_at", "previous_entered_at")).values_list("far", flat=True)
    assert [int(far) for far in told] == [2 * 86_400, int(1.5 * 86_400)]
