"""A dump of the PostgreSQL database by pg_dump, of the snapshot that is counted beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from . import facts
from .errors import CannotBackUp
from .postgres_tools import run

LOCK_WAIT = 8_000  # milliseconds; a migration that runs makes it fail rather than hang


def dump(to: Path, tell: Callable[[int, int], None]) -> dict[str, Any]:
    """Dump the database to a file in pg_dump's custom format; gives what it holds. `tell(done, 0)` hears of bytes."""
    with _snapshot() as (ask, snapshot):
        arguments = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
        arguments += [f"--lock-wait-timeout={LOCK_WAIT}", f"--file={to}"]
        database = connection.settings_dict["NAME"]
        run("pg_dump", arguments, database=database, wrong=CannotBackUp, tell=lambda: tell(_size(to), 0))
        return facts.read(ask, facts.record_tables(), facts.trail_tables())


@contextmanager
def _snapshot() -> Iterator[tuple[facts.Ask, str]]:
    """A transaction of its own that sees the database as it is now, and its name for others."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:

            def ask(sql: str) -> list[tuple[Any, ...]]:
                cursor.execute(sql)
                return cursor.fetchall()

            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield ask, ask("SELECT pg_export_snapshot()")[0][0]
            cursor.execute("ROLLBACK")
    finally:
        other.close()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
