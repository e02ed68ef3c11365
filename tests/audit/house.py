"""One row in every tracked table, and raw SQL as somebody with a database tool would write it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection, models, transaction

from audit.acts import act
from audit.kept import tracked_models
from crm.models import Team
from records.models import GRANTS, PeriodException, TimeRequest
from records.models._entry_time_key import key
from records.services.contacts import add_contact
from records.services.grants import Terms, grant
from tests import cast as make
from tests.cast import NOW, Cast, clock, days

POSTGRES = connection.vendor == "postgresql"
TRACKED = [model for model, _ in tracked_models()]
EARLIER = NOW - days(2)


def build(cast: Cast) -> None:
    """Records of all types, a contact, each kind of grant, an exception and a request."""
    customer = make.customer(cast.owner)
    opportunity = make.opportunity(cast.owner, customer)
    records = [customer, opportunity, make.follow_up(cast.owner, customer), make.contract(cast.owner, customer)]
    add_contact(customer=customer, values={"name": "Li Wei"}, by=cast.owner, channel="web", clock=clock)
    terms = Terms(until=NOW + days(9), days_back=3)
    for record in records:
        for to in (cast.colleague, Team.objects.get(name="West").group):
            grant(record=record, to=to, terms=terms, why="Holiday", by=cast.administrator, channel="web", clock=clock)
    assert all(pair[i].objects.count() == 1 for pair in GRANTS.values() for i in (0, 1))
    exception(to=cast.colleague, by=cast.administrator)
    request(records[2], asked_by=cast.colleague)


def exception(*, to: Any, by: Any, record_type: str = "followup", **values: Any) -> PeriodException:
    """An exception of a person, or of a group, straight into its table."""
    holder = "user" if hasattr(to, "username") else "group"
    values = {"until": NOW + days(9), "why": "Audit of the year", "granted_at": NOW} | values
    row = PeriodException(**{holder: to}, record_type=record_type, granted_by=by, **values)
    return put(row, by)


def request(record: Any, *, asked_by: Any, wanted: dt.datetime = EARLIER, **values: Any) -> TimeRequest:
    """A waiting request, straight into its table."""
    about = {"record_type": record._meta.model_name, "record_id": record.pk, "seen_version": record.version}
    when = {"before": record.entered_at, "wanted": wanted, "asked_at": NOW, "expires_at": NOW + days(14)}
    return put(TimeRequest(**about | when | {"why_code": "other", "asked_by": asked_by} | values), asked_by)


def put(row: Any, by: Any) -> Any:
    """Insert a guarded row with its history, without asking any rule."""
    with transaction.atomic(), act(by=by, reason="", note="test", channel="command", at=NOW), key():
        row.save(force_insert=True)
    return row


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
