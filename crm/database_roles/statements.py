"""The statements that make the plan true, in an order in which they can be run again at any time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from psycopg import sql

from . import plan

_TABLES = (
    "SELECT relname, relkind, pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'public'::regnamespace "
)
_IDENTITY = "AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = pg_class.oid AND d.deptype IN ('a', 'i')) "
_FUNCTIONS = (
    "SELECT proname, pg_get_userbyid(proowner) FROM pg_proc "
    "WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'redate\\_%'"
)


def statements(connection: Any, role: str) -> list[str]:
    """All statements, without the role's own creation; run by the owner of the database."""
    return [_text(connection, each) for each in _all(connection, role)]


def creation(connection: Any, role: str) -> list[str]:
    """The statement that makes the role, where there is none. It has no password yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone():
            return []
    make = "CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
    return [_text(connection, sql.SQL(make).format(sql.Identifier(role)))]


def give(connection: Any, role: str) -> None:
    """Make the plan true for a role that exists."""
    with transaction.atomic(), connection.cursor() as cursor:
        for each in statements(connection, role):
            cursor.execute(each)


def own(connection: Any) -> None:
    """Give everything in the database to its owner."""
    with transaction.atomic(), connection.cursor() as cursor:
        for each in _owned(connection, _owner(connection)):
            cursor.execute(each)


def _owner(connection: Any) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


def _all(connection: Any, role: str) -> Iterator[sql.Composed]:
    owner = _owner(connection)
    app, database = sql.Identifier(role), sql.Identifier(connection.settings_dict["NAME"])
    yield sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC, {}").format(database, app)
    yield sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(database, app)
    yield sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC, {}").format(app)
    yield sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(app)
    yield from _owned(connection, owner)
    for kind in ("TABLES", "SEQUENCES"):
        yield sql.SQL("REVOKE ALL ON ALL {} IN SCHEMA public FROM PUBLIC, {}").format(sql.SQL(kind), app)
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
    for table, allowed in sorted(plan.rights().items()):
        if table in there:
            yield _grant(allowed, sql.Identifier(table), app)
    yield _grant(plan.SEQUENCE, sql.SQL("ALL SEQUENCES IN SCHEMA public"), app)
    yield from _defaults(app, sql.Identifier(owner))


def _owned(connection: Any, owner: str) -> Iterator[sql.Composed]:
    """What is not the owner's becomes theirs: an owner may do anything with a table, the application's role nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES + "AND (relkind IN ('r', 'p', 'v') OR relkind = 'S' " + _IDENTITY + ")")
        things = [("SEQUENCE" if kind == "S" else "TABLE", name, whose) for name, kind, whose in cursor.fetchall()]
        cursor.execute(_FUNCTIONS)
        things += [("FUNCTION", name, whose) for name, whose in cursor.fetchall()]
    for kind, name, whose in sorted(things):
        if whose != owner:
            words = "ALTER {} {} OWNER TO {}"
            yield sql.SQL(words).format(sql.SQL(kind), sql.Identifier(name), sql.Identifier(owner))


def _defaults(app: sql.Identifier, owner: sql.Identifier) -> Iterator[sql.Composed]:
    """New tables of the next migration can be added to and read: enough for none of them to be altered by mistake."""
    for kind, allowed in (("TABLES", plan.NEW_TABLES), ("SEQUENCES", plan.SEQUENCE)):
        words = "ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public {} ON {} {} {}"
        what = (owner, sql.SQL("REVOKE ALL"), sql.SQL(kind), sql.SQL("FROM"), app)
        yield sql.SQL(words).format(*what)
        what = (owner, sql.SQL("GRANT " + ", ".join(allowed)), sql.SQL(kind), sql.SQL("TO"), app)
        yield sql.SQL(words).format(*what)


def _grant(allowed: tuple[str, ...], on: sql.Composable, app: sql.Identifier) -> sql.Composed:
    return sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(", ".join(allowed)), on, app)


def _text(connection: Any, statement: sql.Composed) -> str:
    connection.ensure_connection()
    return statement.as_string(connection.connection)
