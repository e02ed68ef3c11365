"""One row in every tracked table, and raw SQL as somebody with a database tool would write it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection, models

from audit.triggers import tracked_models
from crm.models import Team
from records.models import GRANTS
from records.services.contacts import add_contact
from records.services.grants import Terms, grant
from tests import cast as make
from tests.cast import NOW, Cast, clock, days

POSTGRES = connection.vendor == "postgresql"
TRACKED = [model for model, _ in tracked_models()]
EARLIER = NOW - days(2)


def build(cast: Cast) -> None:
    """Records of all types, a contact, and each kind of grant: made by the services."""
    customer = make.customer(cast.owner)
    opportunity = make.opportunity(cast.owner, customer)
    records = [customer, opportunity, make.follow_up(cast.owner, customer), make.contract(cast.owner, customer)]
    add_contact(customer=customer, values={"name": "Li Wei"}, by=cast.owner, channel="web", clock=clock)
    terms = Terms(until=NOW + days(9), days_back=3)
    for record in records:
        for to in (cast.colleague, Team.objects.get(name="West").group):
            grant(record=record, to=to, terms=terms, why="Holiday", by=cast.administrator, channel="web", clock=clock)
    assert all(pair[i].objects.count() == 1 for pair in GRANTS.values() for i in (0, 1))


def run(sql: str, params: Any = ()) -> list[tuple[Any, ...]]:
    """Raw SQL through Django's cursor, which no model, manager or service sees."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


def stored(model: type[models.Model], pk: Any) -> dict[str, Any]:
    """The columns of a row, as the database gives them."""
    names = [f.column for f in model._meta.concrete_fields]
    rows = run(f"SELECT {', '.join(quoted(names))} FROM {model._meta.db_table} WHERE id = %s", [pk])
    return dict(zip(names, rows[0], strict=True)) if rows else {}


def quoted(names: Any) -> list[str]:
    return [connection.ops.quote_name(name) for name in names]


def insert(model: type[models.Model], values: dict[str, Any], how: str = "INSERT", then: str = "") -> None:
    """`INSERT INTO` or what else `how` says, of the values by column."""
    marks = ", ".join(["%s"] * len(values))
    names = ", ".join(quoted(values))
    run(f"{how} INTO {model._meta.db_table} ({names}) VALUES ({marks}) {then}", list(values.values()))


def typed(moment: dt.datetime) -> str:
    """A moment as people write it in SQL."""
    return moment.strftime("%Y-%m-%d %H:%M:%S") + ("+00" if POSTGRES else "")
