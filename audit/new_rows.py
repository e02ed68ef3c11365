"""Many new rows of one table in one stream: COPY on PostgreSQL, one prepared statement on SQLite. Vendor SQL.

The caller has cleaned the rows and writes their history; this is only the way in, four times as quick as building a
statement for some hundred of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connections

from .prepared import prepared


def insert_rows(objects: Sequence[Any], using: str = "default") -> None:
    """Insert unsaved objects of one model, inside an open transaction, and give them their ids."""
    if not objects:
        return
    model, connection = type(objects[0]), connections[using]
    if not connection.in_atomic_block:
        raise RuntimeError("insert_rows outside a transaction")
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(connection.ops.quote_name(f.column) for f in (model._meta.pk, *fields))
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        ids = _ids(cursor, model._meta, connection.vendor, len(objects))
        rows = _rows(objects, ids, fields, connection)
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * (len(fields) + 1))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)
    for each, pk in zip(objects, ids, strict=True):
        each.pk, each._state.adding, each._state.db = pk, False, using


def _ids(cursor: Any, meta: Any, vendor: str, count: int) -> list[int]:
    """The next ids of the table: from its sequence, or on SQLite, which has one writer, after the last one given."""
    if vendor == "postgresql":
        sequence = "nextval(pg_get_serial_sequence(%s, %s)::regclass)"
        names = [meta.db_table, meta.pk.column]
        cursor.execute(f"SELECT {sequence} FROM generate_series(1, %s)", [*names, count])
        return [row[0] for row in cursor.fetchall()]
    cursor.execute(f"SELECT max({meta.pk.column}) FROM {meta.db_table}")
    highest = cursor.fetchone()[0] or 0
    cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [meta.db_table])
    last = max(highest, (cursor.fetchone() or (0,))[0])  # ids of deleted rows are not given again
    return list(range(last + 1, last + 1 + count))


def _rows(objects: Sequence[Any], ids: Sequence[int], fields: Sequence[Any], connection: Any) -> Iterable[Any]:
    """What the columns hold, prepared for the database."""
    held = [each.__dict__ for each in objects]
    columns = [prepared(field, [each[field.attname] for each in held], connection) for field in fields]
    return zip(ids, *columns, strict=True)
