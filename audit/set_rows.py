"""Many tracked rows changed by one act in a few statements: their history first, then the rows. Vendor SQL stands here.

What is to stand comes as one JSON parameter into a temporary table; history copies everything else from the rows
themselves, so it cannot state what was never held. A row that moved on since it was read makes the whole act fail.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import connections, models

from .acts import current
from .prepared import prepared

AT_ONCE = 1_000  # rows that are encoded together
KIBIBYTES = 64_000  # of SQLite's pages, while it writes
TABLE = "redate_set"  # temporary, of this connection alone, gone before the function returns
_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, default=str).encode


class RowsMoved(RuntimeError):
    """Rows were changed by somebody else between reading and writing them: nothing may stand."""


class SetRow(NamedTuple):
    """One row: its id, the version it was read at, its new values, and its own trail columns."""

    pk: int
    version: int
    values: tuple[Any, ...]
    trail: tuple[Any, ...] = ()


def set_rows(
    model: Any,
    rows: Sequence[SetRow],
    *,
    columns: Sequence[str],
    trail: Sequence[str] = (),
    kept: Mapping[str, str] | None = None,
    using: str = "default",
) -> int:
    """Give each of `rows` its values in `columns` (attnames of `model`) and the next version, and a history row.

    `trail` names the trail columns that may differ per row, `kept` those that keep what a column held before
    ({"previous_entered_at": "entered_at"}); all others come from the open act. Inside an open transaction. Raises
    RowsMoved where a row does not stand at its version any more.
    """
    if not rows:
        return 0
    connection = connections[using]
    if not connection.in_atomic_block:
        raise RuntimeError("set_rows outside a transaction")
    writing = _Writing(model, list(columns), _Trail(trail, rows), dict(kept or {}), connection)
    with connection.cursor() as cursor, _pages_at_hand(cursor, connection.vendor):
        writing.fill(cursor, rows)
        counts = writing.write_history(cursor), writing.write_rows(cursor)
        cursor.execute(f"DROP TABLE {TABLE}")
    if counts != (len(rows), len(rows)):
        raise RowsMoved(f"{len(rows)} rows, {counts[0]} history rows, {counts[1]} changed")
    return len(rows)


@contextmanager
def _pages_at_hand(cursor: Any, vendor: str) -> Iterator[None]:
    """Let SQLite hold the pages of indexes that change all over: very many rows are updated in half the time."""
    if vendor != "sqlite":
        yield
        return
    cursor.execute("PRAGMA cache_size")
    before = cursor.fetchone()[0]
    cursor.execute(f"PRAGMA cache_size = -{KIBIBYTES}")
    try:
        yield
    finally:
        cursor.execute(f"PRAGMA cache_size = {before}")


class _Trail:
    """The rows' own trail columns: those that differ go into the table, what all have in common is said once."""

    def __init__(self, names: Sequence[str], rows: Sequence[SetRow]) -> None:
        first = rows[0].trail
        self.places = [n for n in range(len(names)) if any(row.trail[n] != first[n] for row in rows)]
        self.differ = [names[n] for n in self.places]
        self.common = {name: value for name, value in zip(names, first, strict=True) if name not in self.differ}


class _Writing:
    """The statements of one call."""

    def __init__(self, model: Any, columns: list[str], trail: _Trail, kept: dict[str, str], connection: Any) -> None:
        self.model, self.history, self.connection = model, model.history.model, connection
        self.fields = [_field(model, name) for name in columns]
        self.trail = [self.history._meta.get_field(name) for name in trail.differ]
        self.places, self.common, self.kept = trail.places, trail.common, kept
        self.quote = connection.ops.quote_name
        self.table, self.key = self.quote(model._meta.db_table), self.quote(model._meta.pk.column)

    def fill(self, cursor: Any, rows: Sequence[SetRow]) -> None:
        """Make the temporary table and put the rows into it."""
        own = [*self.fields, *self.trail]
        postgres = self.connection.vendor == "postgresql"
        types = ["bigint", "integer", *(_type(field, self.connection) for field in own)]
        names = ["id", "version", *(f"c{number}" for number in range(len(own)))]
        kinds = types if postgres else ["INTEGER PRIMARY KEY", *[""] * (len(types) - 1)]
        defined = ", ".join(f"{name} {kind}" for name, kind in zip(names, kinds, strict=True))
        cursor.execute(f"CREATE TEMP TABLE {TABLE} ({defined})" + (" ON COMMIT DROP" if postgres else ""))
        if postgres:
            cells = ", ".join(f"(value->>{number})::{kind}" for number, kind in enumerate(types))
            source = "jsonb_array_elements(%s::jsonb) AS given(value)"
        else:
            cells = ", ".join(f"json_extract(value, '$[{number}]')" for number in range(len(types)))
            source = "json_each(%s)"
        cursor.execute(f"INSERT INTO {TABLE} SELECT {cells} FROM {source}", [self._json(own, rows)])
        if postgres:
            cursor.execute(f"ANALYZE {TABLE}")

    def _json(self, own: list[Any], rows: Sequence[SetRow]) -> str:
        """The rows as one text, encoded some at a time: at once they would take ten times its memory."""
        places, connection = self.places, self.connection
        texts = []
        for start in range(0, len(rows), AT_ONCE):
            some = rows[start : start + AT_ONCE]
            given = zip(*[(*row.values, *[row.trail[n] for n in places]) for row in some], strict=True)
            columns = [prepared(field, values, connection) for field, values in zip(own, given, strict=True)]
            lines = list(zip([row.pk for row in some], [row.version for row in some], *columns, strict=True))
            texts.append(_encode(lines)[1:-1])
        return f"[{','.join(texts)}]"

    def write_history(self, cursor: Any) -> int:
        """One '~' row each, from the rows as they stand and what they are to hold."""
        cells = {field.column: self._cell(field) for field in self.history.tracked_fields}
        taken: set[str] = {*(field.name for field in self.trail), *self.kept}
        params = []
        for number, field in enumerate(self.trail, start=len(self.fields)):
            cells[field.column] = f"t.c{number}"
        for name, field_name in self.kept.items():
            column = self.quote(_field(self.model, field_name).column)
            cells[self.history._meta.get_field(name).column] = f"m.{column}"
        common = current().columns(self.model()) | self.common | {"history_type": "~"}
        for name, value in common.items():
            if name in taken:
                continue
            field = self.history._meta.get_field(name)
            cells[field.column] = "%s"
            params.append(field.get_db_prep_save(value, self.connection))
        names = ", ".join(self.quote(column) for column in cells)
        cursor.execute(
            f"INSERT INTO {self.quote(self.history._meta.db_table)} ({names}) SELECT {', '.join(cells.values())} "
            f"FROM {TABLE} t, {self.table} m WHERE m.{self.key} = t.id AND m.version = t.version ORDER BY t.id",
            params,
        )
        return cursor.rowcount

    def _cell(self, field: Any) -> str:
        for number, own in enumerate(self.fields):
            if own.attname == field.attname:
                return f"t.c{number}"
        column = f"m.{self.quote(field.column)}"
        return f"{column} + 1" if field.attname == "version" else column

    def write_rows(self, cursor: Any) -> int:
        """The rows themselves."""
        cells = ", ".join(f"{self.quote(field.column)} = t.c{number}" for number, field in enumerate(self.fields))
        cursor.execute(
            f"UPDATE {self.table} AS m SET {cells}, version = m.version + 1 FROM {TABLE} t "
            f"WHERE m.{self.key} = t.id AND m.version = t.version"
        )
        return cursor.rowcount


def _field(model: Any, attname: str) -> Any:
    return next(field for field in model._meta.concrete_fields if attname in (field.attname, field.name))


def _type(field: models.Field, connection: Any) -> str:
    """The type of a column, without a length: a cast would cut a text off unseen, storing it refuses."""
    kind = field.db_type(connection) or "text"
    return "text" if kind.startswith("varchar") else kind
