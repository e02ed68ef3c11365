"""A million history rows, set-wise, straight into the tables: as many of each record type, 30 seconds apart."""

from __future__ import annotations

from typing import Any

from django.db import connection

from records.models import RECORDS
from tests import cast as make

POSTGRES = connection.vendor == "postgresql"
FIRST = "2020-01-01 00:00:00"


def build(cast: Any, rows: int) -> dict[str, Any]:
    """`rows` in all, four in five of them moved times, on one record in ten rows; gives a record of each type."""
    customer = make.customer(cast.owner)
    records = {
        "customer": customer,
        "opportunity": make.opportunity(cast.owner, customer),
        "followup": make.follow_up(cast.owner, customer),
        "contract": make.contract(cast.owner, customer),
    }
    people = sorted(person.pk for person in cast.everybody())
    for number, record in enumerate(records.values()):
        _fill(record, rows // len(records), people, number)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return records


def _fill(record: Any, rows: int, people: list[int], number: int) -> None:
    history = RECORDS[record._meta.model_name].history.model
    values = {
        "id": f"t.id + s.n % {rows // 10}",
        "history_date": _after(f"s.n * 120 + {number * 30}"),
        "history_type": "CASE WHEN s.n % 5 = 0 THEN '+' ELSE '~' END",
        "history_user_id": f"{people[0]} + s.n % {len(people)}",
        "entered_at": _after("s.n * 120 - 3600 * (s.n % 60)"),
        "previous_entered_at": f"CASE WHEN s.n % 5 = 0 THEN NULL ELSE {_after('s.n * 120')} END",
        "reason": "CASE WHEN s.n % 5 = 0 THEN '' WHEN s.n % 2000 = 3 THEN 'time_zone' ELSE 'typing_error' END",
        "channel": "CASE WHEN s.n % 200 = 7 THEN 'import' ELSE 'web' END",
        "history_change_reason": "'Typed in late'",
    }
    quote = connection.ops.quote_name
    columns = [f.column for f in history._meta.concrete_fields if f.column != "history_id"]
    given = ", ".join(values.get(name, f"t.{quote(name)}") for name in columns)
    table, names = quote(history._meta.db_table), ", ".join(quote(name) for name in columns)
    template = history.objects.filter(id=record.pk).earliest("history_id").pk
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_series(rows)} INSERT INTO {table} ({names}) SELECT {given} FROM {table} t, s "
            f"WHERE t.history_id = {template} ORDER BY s.n"
        )


def _series(rows: int) -> str:
    if POSTGRES:
        return f"WITH s AS (SELECT n FROM generate_series(1, {rows}) n)"
    return f"WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows})"


def _after(seconds: str) -> str:
    """The moment that many seconds after FIRST."""
    if POSTGRES:
        return f"(timestamptz '{FIRST}+00' + ({seconds}) * interval '1 second')"
    return f"datetime('{FIRST}', ({seconds}) || ' seconds')"
