"""Where PostgreSQL's database stands: another one beside it, and the change of names once nobody is connected."""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import DatabaseError, connection, connections
from psycopg import sql

from crm.database_roles import give, own, roles_of

from . import archive
from .errors import CannotRestore
from .manifest import Manifest
from .postgres_tools import find, run

LONGEST = 63  # characters of a name
PATIENCE = 10  # seconds for connections to end
_ALIKE = (  # as the database that stands there, or as the server's own where none does
    "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database "
    "WHERE datname = %s OR datname = 'template1' ORDER BY datname = 'template1' LIMIT 1"
)
_apps: list[str] = []  # the roles that had rights in the live database, while one is restored


def make_sure(manifest: Manifest) -> None:
    """Raise CannotRestore where the program is missing, or the role may make no database."""
    find("pg_restore", CannotRestore)
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolcreatedb OR rolsuper, current_user FROM pg_roles WHERE rolname = current_user")
        may, name = cursor.fetchone()
    if not may:
        raise CannotRestore(f"The role {name} may not make a database. Restore as the owner, with CREATEDB.")
    _apps[:] = roles_of(connection)


def beside(at: dt.datetime) -> str:
    """The name of the new database."""
    return _name("restoring", at)


def fill(beside: str, file: Path) -> None:
    """Make the new database and load the dump into it, all or nothing."""
    with _server() as do:
        owner = _owner(do)
        encoding, collate, ctype = do(_ALIKE, [_live()])[0]
        made = "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}"
        do(sql.SQL(made).format(sql.Identifier(beside), sql.Identifier(owner), encoding, collate, ctype))
    with tempfile.TemporaryDirectory(prefix="redate-") as folder:
        dump = Path(folder) / "dump"
        archive.unpack(file, dump)
        arguments = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
        arguments += [f"--role={owner}", f"--dbname={beside}", str(dump)]
        run("pg_restore", arguments, database=beside, wrong=CannotRestore, tell=lambda: None)
    with _server(beside) as do:
        do("ANALYZE")


def give_rights() -> None:
    """Give the database that is looked at to its owner, and the application's roles what they had in the live one."""
    own(connection)
    for role in _apps:
        give(connection, role)


def swap(beside: str, at: dt.datetime) -> str:
    """End all connections, then change both names at once; gives the name under which the old one is kept."""
    live, kept = _live(), _name("before", at)
    connections.close_all()
    with _server() as do:
        do(_allow(live, False))
        try:
            _end_connections(do, live)
            do("BEGIN")
            do(_rename(live, kept))
            do(_rename(beside, live))
            do("COMMIT")
        except BaseException:
            do("ROLLBACK")
            do(_allow(live, True))
            raise
        do(_allow(kept, True))
    return kept


def drop(beside: str) -> None:
    """Take the new database away again."""
    with _server() as do:
        do(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(beside)))


def _owner(do: Any) -> str:
    """Whose the live database is; without one, whose the new one will be."""
    whose = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s UNION ALL SELECT current_user LIMIT 1"
    return do(whose, [_live()])[0][0]


def _live() -> str:
    return connection.settings_dict["NAME"]


def _name(what: str, at: dt.datetime) -> str:
    """A name for a database beside the live one that none has."""
    stamp = at.astimezone(dt.UTC).strftime("%Y%m%dt%H%M%Sz")
    with _server() as do:
        taken = {name for (name,) in do("SELECT datname FROM pg_database")}
    for more in ("", *map("_{}".format, range(2, 99))):
        tail = f"_{what}_{stamp}{more}"
        if (name := _live()[: LONGEST - len(tail)] + tail) not in taken:
            return name
    raise CannotRestore("Too many databases are kept from earlier restores. Drop some.")


def _end_connections(do: Any, name: str) -> None:
    """End every connection to a database; raises CannotRestore where one stays."""
    others = "FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
    until = time.monotonic() + PATIENCE
    try:
        while do(f"SELECT pg_terminate_backend(pid) {others}", [name]):
            if time.monotonic() > until:
                raise CannotRestore("Connections to the database do not end. Stop the server and the worker.")
            time.sleep(0.1)
    except DatabaseError as error:
        raise CannotRestore(
            "Connections of another role cannot be ended. Stop the server and the worker, then restore again."
        ) from error


def _allow(name: str, allowed: bool) -> sql.Composed:
    return sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(sql.Identifier(name), sql.SQL(str(allowed)))


def _rename(name: str, to: str) -> sql.Composed:
    return sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(to))


@contextmanager
def _server(database: str = "postgres") -> Iterator[Any]:
    """Runs statements on the server, connected to another database than ours, each by itself."""
    other = connection.copy()
    other.settings_dict = connection.settings_dict | {"NAME": database}
    try:
        with other.cursor() as cursor:

            def do(statement: Any, params: Any = None) -> list[tuple[Any, ...]]:
                cursor.execute(statement, params)
                return cursor.fetchall() if cursor.description else []

            yield do
    except DatabaseError as error:
        raise CannotRestore(f"The server refused: {str(error).strip()}") from error
    finally:
        other.close()
