"""Installing, dropping and comparing the triggers, and the two named switches that let them rest for a block."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections, models, transaction

from . import trigger_sql as sql
from .kept import kept_models, tracked_models
from .trigger_sql import APP_DELETE, MAINTENANCE, PREFIX, Table

__all__ = ["APP_DELETE", "MAINTENANCE", "compare", "drop", "install", "switched_on"]


@contextmanager
def switched_on(*switches: str, using: str = "default") -> Iterator[None]:
    """Let the triggers of the named switches rest inside one transaction; off again after it, also on an error."""
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            before = {}
            for switch in switches:
                cursor.execute("SELECT coalesce(current_setting(%s, true), '')", [f"audit.{switch}"])
                before[switch] = cursor.fetchone()[0]
                cursor.execute("SELECT set_config(%s, 'on', true)", [f"audit.{switch}"])
            yield
            for switch, value in before.items():
                cursor.execute("SELECT set_config(%s, %s, true)", [f"audit.{switch}", value])
        else:
            cursor.executemany("INSERT INTO audit_switch (what) VALUES (%s)", [[s] for s in switches])
            yield
            last = "DELETE FROM audit_switch WHERE rowid = (SELECT max(rowid) FROM audit_switch WHERE what = %s)"
            cursor.executemany(last, [[s] for s in switches])


def _tables(connection: Any) -> list[Table]:
    found = []
    with connection.cursor() as cursor:
        names = set(connection.introspection.table_names(cursor))

        def columns(name: str) -> tuple[str, ...]:
            cursor.execute(f"SELECT * FROM {name} LIMIT 0")  # introspection parses each table's text: 10 ms a table
            return tuple(each[0] for each in cursor.description)

        for model, history in tracked_models():
            name, trail = model._meta.db_table, history._meta.db_table
            if name in names and trail in names:
                found.append(Table(model, name, trail, columns(name), columns(trail)))
    return found


def _unique_keys(connection: Any, model: type[models.Model]) -> list[tuple[tuple[str, ...], str]]:
    keys: list[tuple[tuple[str, ...], str]] = [(("id",), "")]
    keys += [((f.column,), "") for f in model._meta.concrete_fields if f.unique and not f.primary_key]
    keys += [(tuple(model._meta.get_field(n).column for n in names), "") for names in model._meta.unique_together]
    editor = connection.schema_editor(collect_sql=True)  # only to spell conditions; it is not entered
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and constraint.fields:
            columns = tuple(model._meta.get_field(n).column for n in constraint.fields)
            keys.append((columns, constraint._get_condition_sql(model, editor) or ""))
    return keys


def expected(connection: Any) -> dict[tuple[str, str], str]:
    """(table, trigger) → text of every trigger that should stand, given the tables that do."""
    found: dict[tuple[str, str], str] = {}
    with connection.cursor() as cursor:
        names = set(connection.introspection.table_names(cursor))
    for table in _tables(connection):
        if connection.vendor == "sqlite":
            found |= {(table.history, n): t for n, t in sql.sqlite_append_only(table.history, "history_id").items()}
            texts = sql.sqlite_capture(table) | sql.sqlite_no_replace(table, _unique_keys(connection, table.model))
        else:
            found |= {(table.history, n): t for n, t in sql.postgres_append_only(table.history).items()}
            texts = sql.postgres_capture(table)
        found |= {(table.name, n): t for n, t in texts.items()}
    for model in kept_models():
        name = model._meta.db_table
        if name in names:
            sqlite = connection.vendor == "sqlite"
            own = sql.sqlite_append_only(name, "id") if sqlite else sql.postgres_append_only(name)
            found |= {(name, n): t for n, t in own.items()}
    return found


def functions(connection: Any) -> list[str]:
    """The functions PostgreSQL's triggers call."""
    if connection.vendor != "postgresql":
        return []
    return [sql.REFUSE_FUNCTION, *(sql.postgres_function(table) for table in _tables(connection))]


def actual(connection: Any) -> dict[tuple[str, str], tuple[str, str]]:
    """(table, trigger) → (text as the database tells it, the mark it was installed with), of every trigger of ours."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT tbl_name, name, sql, '' FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute(
                "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) || ' ' || tgenabled::text, "
                "coalesce(obj_description(oid, 'pg_trigger'), '') FROM pg_trigger WHERE NOT tgisinternal"
            )
        return {(t, n): (text, mark) for t, n, text, mark in cursor.fetchall() if n.startswith(PREFIX)}


def _mark(wanted: str, told: str) -> str:
    """PostgreSQL tells a trigger in its own words: the mark, kept as its comment, ties those to the text we gave."""
    return hashlib.sha256(f"{wanted}\n{told}".encode()).hexdigest()


def drop(using: str = "default") -> None:
    """Drop every trigger of ours: neither database can alter a column that a trigger names."""
    connection = connections[using]
    on = "" if connection.vendor == "sqlite" else " ON {}"
    for table, name in actual(connection):
        with connection.cursor() as cursor:
            cursor.execute(f'DROP TRIGGER "{name}"' + on.format(table))


def install(using: str = "default") -> None:
    """Put every trigger in place, replacing those that stand."""
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("CREATE TABLE IF NOT EXISTS audit_switch (what text NOT NULL)")  # no model: flush spares it
        drop(using)
        for text in functions(connection):
            cursor.execute(text)
        wanted = expected(connection)
        for (_table, name), text in wanted.items():
            cursor.execute(f'CREATE TRIGGER "{name}" {text}')
        if connection.vendor == "postgresql":
            for (table, name), (told, _old) in actual(connection).items():
                cursor.execute(f"""COMMENT ON TRIGGER "{name}" ON {table} IS '{_mark(wanted[table, name], told)}'""")


def compare(using: str = "default") -> list[str]:
    """What differs between the triggers that should stand and those that do, a sentence each; empty if nothing."""
    connection = connections[using]
    want, have = expected(connection), actual(connection)
    wrong = [f"missing: {name} on {table}" for table, name in sorted(want.keys() - have.keys())]
    wrong += [f"unknown: {name} on {table}" for table, name in sorted(have.keys() - want.keys())]
    for table, name in sorted(want.keys() & have.keys()):
        (told, mark), wanted = have[table, name], want[table, name]
        if connection.vendor == "sqlite":
            altered = told != f'CREATE TRIGGER "{name}" {wanted}'
        else:
            altered = mark != _mark(wanted, told)
        if altered:
            wrong.append(f"altered: {name} on {table}")
    return wrong + _wrong_functions(connection)


def _wrong_functions(connection: Any) -> list[str]:
    bodies = {text.split("$$")[1] for text in functions(connection)}
    if not bodies:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname LIKE %s", [f"{PREFIX}%"])
        missing = bodies - {row[0] for row in cursor.fetchall()}
    return [f"altered or missing: {len(missing)} functions of the triggers"] if missing else []


def before_migrate(sender: Any, using: str, plan: Any = None, **kwargs: Any) -> None:
    """pre_migrate: with something to migrate, drop all triggers. flush sends no plan."""
    if plan:
        drop(using)


def after_migrate(sender: Any, using: str, plan: Any = None, **kwargs: Any) -> None:
    """post_migrate: put them back from what the database now holds."""
    if plan:
        install(using)
