"""The index behind search: GIN on PostgreSQL, FTS5 kept in step by triggers on SQLite. Nothing needs an extension.

`search_text` holds pieces of words between spaces (records/search.py). Both indexes take the pieces as they stand: no
parser cuts, folds or drops any.
"""

from __future__ import annotations

import sqlite3
from functools import cache
from typing import Any

from django.db import connections, transaction
from django.db.models import BooleanField
from django.db.models.lookups import Lookup

TABLES = tuple(f"records_{name}" for name in ("customer", "opportunity", "followup", "contract"))
LEXEMES = "array_to_tsvector(array_remove(string_to_array({}, ' '), ''))"


class HoldsPieces(Lookup):
    """Whether a record's `search_text` holds every piece; a piece of one character may be the beginning of another."""

    lookup_name = "holds_pieces"
    prepare_rhs = False
    output_field = BooleanField()

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        query = " & ".join(f"'{piece}'" + ":*" * (len(piece) == 1) for piece in self.rhs)
        return f"{LEXEMES.format(column)} @@ %s::tsquery", [*params, query]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        if not has_fts5():
            return self._by_reading(compiler, connection)
        table = self.lhs.target.model._meta.db_table
        key = f"{connection.ops.quote_name(self.lhs.alias)}.id"
        query = " AND ".join(f'"{piece}"' + " *" * (len(piece) == 1) for piece in self.rhs)
        return f"{key} IN (SELECT rowid FROM {table}_search WHERE {table}_search MATCH %s)", [query]

    def _by_reading(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        found = [f" {piece}" if len(piece) == 1 else f" {piece} " for piece in self.rhs]
        return " AND ".join([f"instr({column}, %s) > 0"] * len(found)), [v for text in found for v in (*params, text)]


@cache
def has_fts5() -> bool:
    """Whether this Python's SQLite can index text. Without it search reads every row: crm/checks.py warns of it."""
    with sqlite3.connect(":memory:") as memory:
        try:
            memory.execute("CREATE VIRTUAL TABLE t USING fts5(x)")
        except sqlite3.OperationalError:
            return False
    return True


def ensure(using: str = "default") -> None:
    """Put in place what is missing. Runs after every migrate, because SQLite loses triggers when a table is rebuilt."""
    connection = connections[using]
    run = _ensure_sqlite if connection.vendor == "sqlite" else _ensure_postgresql
    with transaction.atomic(using=using), connection.cursor() as cursor:
        present = set(connection.introspection.table_names(cursor))
        run(cursor, [table for table in TABLES if table in present])


def drop(using: str = "default") -> None:
    """Take all of it away."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for table in TABLES:
            if connection.vendor == "sqlite":
                for name in _triggers(table):
                    cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
                cursor.execute(f"DROP TABLE IF EXISTS {table}_search")
            else:
                cursor.execute(f"DROP INDEX IF EXISTS {table}_search")


def _ensure_postgresql(cursor: Any, tables: list[str]) -> None:
    cursor.execute("SELECT indexname FROM pg_indexes WHERE schemaname = ANY (current_schemas(false))")
    present = {name for (name,) in cursor.fetchall()}
    for table in tables:
        if f"{table}_search" not in present:
            cursor.execute(f"CREATE INDEX {table}_search ON {table} USING gin ({LEXEMES.format('search_text')})")


def _ensure_sqlite(cursor: Any, tables: list[str]) -> None:
    if not has_fts5():
        return
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE name LIKE 'records\\_%\\_search%' ESCAPE '\\'")
    present = dict(cursor.fetchall())
    for table in tables:
        wanted = {f"{table}_search": _fts(table)} | _triggers(table)
        if all(present.get(name) == text for name, text in wanted.items()):
            continue
        for name in _triggers(table):
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        cursor.execute(f"DROP TABLE IF EXISTS {table}_search")
        for text in wanted.values():
            cursor.execute(text)
        cursor.execute(f"INSERT INTO {table}_search ({table}_search) VALUES ('rebuild')")


def _fts(table: str) -> str:
    """ASCII letters and digits and all other characters are parts of words; no positions and lengths are kept."""
    return (
        f"CREATE VIRTUAL TABLE {table}_search USING fts5(search_text, content='{table}', content_rowid='id', "
        "tokenize='ascii', detail='none', columnsize=0)"
    )


def _triggers(table: str) -> dict[str, str]:
    index = f"{table}_search"
    put = f"INSERT INTO {index} (rowid, search_text) VALUES (NEW.id, NEW.search_text);"
    take = f"INSERT INTO {index} ({index}, rowid, search_text) VALUES ('delete', OLD.id, OLD.search_text);"
    differs = "NEW.search_text IS NOT OLD.search_text OR NEW.id <> OLD.id"
    bodies = {
        f"{index}_insert": f"AFTER INSERT ON {table} BEGIN {put} END",
        f"{index}_update": f"AFTER UPDATE OF id, search_text ON {table} WHEN {differs} BEGIN {take} {put} END",
        f"{index}_delete": f"AFTER DELETE ON {table} BEGIN {take} END",
    }
    return {name: f"CREATE TRIGGER {name} {body}" for name, body in bodies.items()}
