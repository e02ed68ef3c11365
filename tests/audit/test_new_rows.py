"""Many new rows in one stream: what is stored, which ids are given, never outside a transaction."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from audit.new_rows import insert_rows
from records.models import Opportunity
from tests import cast as make
from tests.cast import NOW


def deals(cast, count, **values):
    times = {"entered_at": NOW, "original_entered_at": NOW, "recorded_at": NOW}
    return [Opportunity(name=f"Deal {n}", number=f"O-X-{n}", owner=cast.owner, **times, **values) for n in range(count)]


@pytest.mark.django_db
def test_what_is_stored_is_what_was_given(cast):
    values = {
        "amount": Decimal("123456789.56"),
        "expected_close_on": dt.date(2026, 1, 2),
        "note": 'tab\t"q"\n\\N 中文',
    }
    made = deals(cast, 3, **values)
    insert_rows(made)
    stored = Opportunity.objects.order_by("pk")
    assert [o.pk for o in stored] == [o.pk for o in made]
    for one in stored:
        assert (one.amount, one.expected_close_on, one.note) == tuple(values.values())
        assert (one.customer, one.probability, one.entered_at, one.version) == (None, None, NOW, 1)
    assert not made[0]._state.adding


@pytest.mark.django_db
def test_ids_go_on_behind_it_and_are_not_given_twice(cast):
    first = make.opportunity(cast.owner)
    made = deals(cast, 2)
    insert_rows(made)
    after = make.opportunity(cast.owner)
    assert first.pk < made[0].pk < made[1].pk < after.pk


@pytest.mark.django_db(transaction=True)
def test_never_outside_a_transaction(cast):
    with pytest.raises(RuntimeError):
        insert_rows(deals(cast, 1))
    assert not Opportunity.objects.exists()
