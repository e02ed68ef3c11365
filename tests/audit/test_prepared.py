"""Values made ready for the database many at a time are what each field makes of them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.utils.translation import gettext_lazy

from audit.prepared import prepared
from records.models import Opportunity
from tests.cast import NOW

pytestmark = pytest.mark.django_db
SHANGHAI = dt.timezone(dt.timedelta(hours=8))
VALUES = {
    "name": ["Deal", "商机", "", gettext_lazy("Customer"), 7],
    "note": ["a\nb", "", None],
    "stage": ["lead", Opportunity.Stage.WON],
    "version": [1, 0, "12", True],
    "customer_id": [None, 3, "4"],
    "probability": [None, 50],
    "amount": [None, Decimal("1.50"), 2, "3.25"],
    "expected_close_on": [None, dt.date(2026, 3, 1), NOW],
    "entered_at": [NOW, NOW.astimezone(SHANGHAI)],
    "archived_at": [None, NOW],
}


@pytest.mark.parametrize("name", VALUES)
def test_as_the_field_does_it(name):
    field = next(each for each in Opportunity._meta.concrete_fields if each.attname == name)
    for values in (VALUES[name], VALUES[name][:1], VALUES[name][1:2]):
        assert prepared(field, values, connection) == [field.get_db_prep_save(v, connection) for v in values]


@pytest.mark.parametrize(("name", "value"), [("version", "many"), ("entered_at", "yesterday"), ("amount", "dear")])
def test_what_a_field_cannot_hold_is_refused(name, value):
    with pytest.raises(Exception, match=value):
        prepared(Opportunity._meta.get_field(name), [value], connection)
