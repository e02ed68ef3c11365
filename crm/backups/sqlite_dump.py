"""A copy of the SQLite file by SQLite's own backup, as it stood at one moment, while others write."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from django.db import connection

from . import facts
from .errors import CannotBackUp

PAGES = 2_000  # copied between two words of progress


def dump(to: Path, tell: Callable[[int, int], None]) -> dict[str, Any]:
    """Copy the database to a file; gives what the copy holds. `tell(done, total)` hears of pages.

    The source keeps one snapshot while it is copied, so that writers neither wait nor make it begin again.
    """
    live = Path(connection.settings_dict["NAME"])
    if not live.is_file():
        raise CannotBackUp(f"There is no database at {live}.")
    try:
        with closing(_opened(live)) as source, closing(_opened(to)) as copy:
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            source.backup(copy, pages=PAGES, progress=lambda _state, left, total: tell(total - left, total))
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
            _make_sure(copy)
            return facts.read(lambda sql: copy.execute(sql).fetchall(), facts.record_tables(), facts.trail_tables())
    except sqlite3.Error as error:
        raise CannotBackUp(f"SQLite could not copy the database: {error}.") from error


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, timeout=20)


def _make_sure(copy: sqlite3.Connection) -> None:
    """A copy of a broken database is no backup."""
    said = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    if said != "ok":
        raise CannotBackUp(f"The database is damaged: {said}. No backup was made; keep the last one.")
