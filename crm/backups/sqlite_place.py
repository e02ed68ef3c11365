"""Where SQLite's file lies: another one beside it, and the change of places while nobody holds it."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from django.db import connection, connections

from . import archive
from .errors import CannotRestore
from .manifest import Manifest

try:
    import fcntl
except ImportError:  # there are no file locks like these on Windows
    fcntl = None  # type: ignore[assignment]

LOGS = ("-wal", "-shm", "-journal")
_SHARED = (510, 0x4000_0002)  # the bytes of the file that SQLite's readers lock: how many, and from where
_HELD = "Another process holds the database. Stop the server and the worker, then restore again. Nothing was touched."


def make_sure(manifest: Manifest) -> None:
    """Raise CannotRestore where a server holds the database, or the disk is too full."""
    live = _live()
    live.parent.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(live.parent).free < manifest.bytes:
        raise CannotRestore(f"{live.parent} has too little room for it: {manifest.bytes:,} bytes are needed.")
    with _alone(live):
        pass


def beside(at: dt.datetime) -> Path:
    """The name of the new file."""
    return _free(_live(), "restoring", at)


def fill(beside: Path, file: Path) -> None:
    """Unpack the file's database there, and let SQLite look at every page of it."""
    try:
        archive.unpack(file, beside)
    except OSError as error:
        raise CannotRestore(f"It could not be unpacked: {error}.") from error
    with closing(sqlite3.connect(beside)) as copy:
        try:
            said = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
            said = said if said != "ok" or not copy.execute("PRAGMA foreign_key_check").fetchone() else "foreign keys"
        except sqlite3.DatabaseError as error:
            said = str(error)
    if said != "ok":
        raise CannotRestore(f"The database in the file is damaged: {said}. Take another backup.")


def swap(beside: Path, at: dt.datetime) -> str:
    """Put the new file in the place of the live one, which is kept; gives its new path, empty where there was none."""
    live = _live()
    _fold(beside)
    with _alone(live):
        kept = _free(live, "before", at)
        _like(beside, live)
        moved = _move(live, kept)
        try:
            os.replace(beside, live)
        except OSError as error:
            _move(kept, live)
            raise CannotRestore(f"The files could not change places: {error}. Nothing was touched.") from error
    return str(kept) if moved else ""


def drop(beside: Path) -> None:
    """Take the new file away again."""
    for suffix in ("", *LOGS):
        Path(f"{beside}{suffix}").unlink(missing_ok=True)


def _live() -> Path:
    return Path(connection.settings_dict["NAME"])


def _free(live: Path, what: str, at: dt.datetime) -> Path:
    """A name beside the live file that nobody has."""
    stamp = at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H%M%SZ")
    names = [
        live.with_name(f"{live.stem}.{what}-{stamp}{more}{live.suffix}")
        for more in ("", *map("-{}".format, range(2, 99)))
    ]
    return next(name for name in names if not name.exists())


def _move(live: Path, to: Path) -> bool:
    """Rename a database with the logs beside it: a log left behind would be taken for that of the new one."""
    there = [suffix for suffix in ("", *LOGS) if Path(f"{live}{suffix}").exists()]
    for suffix in there:
        os.replace(f"{live}{suffix}", f"{to}{suffix}")
    return "" in there


def _like(beside: Path, live: Path) -> None:
    """Owner and rights of the live file, so that the server may open the new one."""
    if live.exists():
        stood = live.stat()
        os.chmod(beside, stood.st_mode & 0o777)
        with suppress(PermissionError, AttributeError):
            os.chown(beside, stood.st_uid, stood.st_gid)


def _fold(path: Path) -> None:
    """Fold the log into the file, so that it is one file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as copy:
        copy.execute("PRAGMA journal_mode=DELETE")


@contextmanager
def _alone(live: Path) -> Iterator[None]:
    """Hold the live file, which leaves its log: SQLite allows that to nobody while somebody else has it open."""
    connections.close_all()
    if not live.exists():
        yield
        return
    with closing(sqlite3.connect(live, isolation_level=None, timeout=1)) as own:
        try:
            own.execute("PRAGMA journal_mode=DELETE")
            own.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise CannotRestore(_HELD) from error
            _make_sure_unlocked(live)
        except sqlite3.DatabaseError:  # it is damaged: that is what restoring is for
            _make_sure_unlocked(live)
        yield
        with suppress(sqlite3.Error):
            own.execute("ROLLBACK")


def _make_sure_unlocked(live: Path) -> None:
    """The same question of a file that SQLite cannot read."""
    if fcntl is None:
        return
    with live.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, *_SHARED)
        except OSError as error:
            raise CannotRestore(_HELD) from error
