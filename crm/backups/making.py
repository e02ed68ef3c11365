"""Making a backup: in a folder beside, which becomes the file by one renaming, or leaves nothing."""

from __future__ import annotations

import datetime as dt
import itertools
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from audit.beats import Beat
from audit.events import record_event

from . import archive, postgres_dump, sqlite_dump
from .errors import CannotBackUp
from .listing import Backup, in_folder
from .manifest import PAYLOADS, Manifest, redate_version

EVENT = "backup"
SUFFIX, PART = ".redate", ".part"
LEFT_AFTER = 86_400  # seconds; a folder so old was left by a killed process
_DUMPS = {"sqlite": sqlite_dump.dump, "postgresql": postgres_dump.dump}
Clock = Callable[[], dt.datetime]


def back_up(
    *,
    to: str | os.PathLike[str] | None = None,
    by: Any,
    clock: Clock,
    keep: int | None = None,
    channel: str = "command",
    beat: Beat | None = None,
    job: int | None = None,
) -> Backup:
    """Back the whole database up while others write, outside any transaction; `by` is a person or None.

    `to`: the folder, by default BACKUP_DIR. `keep`: so many of this installation's backups stay there, older ones are
    removed; by default BACKUP_KEEP, 0 keeps all. Raises CannotBackUp.
    """
    if connection.in_atomic_block:
        raise RuntimeError("a backup inside a transaction would not hold it")
    at, begun = clock(), time.monotonic()
    try:
        with _part(Path(to or settings.BACKUP_DIR), at) as (part, target):
            _fill(part, at, by, beat)
            os.replace(part / target.name, target)
            _sync(target.parent)
    except OSError as error:
        raise CannotBackUp(f"The backup could not be written: {error}.") from error
    made = Backup(target, archive.peek(target), target.stat().st_size)
    removed = thin(made, settings.BACKUP_KEEP if keep is None else keep)
    what = {"file": str(target), "size": made.size, "records": made.records, "rows": made.history, "job": job}
    what |= {"seal": made.manifest.seal, "seconds": round(time.monotonic() - begun, 1), "removed": removed}
    record_event(kind=EVENT, by=by, at=clock(), channel=channel, what=what)
    return made


def thin(made: Backup, keep: int) -> list[str]:
    """Keep the newest backups of the same installation beside the one just made; gives the names of those removed."""
    own = [each for each in in_folder(made.path.parent) if each.installation == made.installation]
    own.sort(key=lambda each: (each.path == made.path, each.at, each.name), reverse=True)
    gone = own[keep:] if keep > 0 else []
    for each in gone:
        each.path.unlink(missing_ok=True)
    return [each.name for each in gone]


def _fill(part: Path, at: dt.datetime, by: Any, beat: Beat | None) -> None:
    """The dump, and the file made of it, in the folder."""
    vendor = connection.vendor
    payload = part / PAYLOADS[vendor]
    tell = (lambda done, total: beat.step(done, total, "copying")) if beat else (lambda done, total: None)
    holds = _DUMPS[vendor](payload, tell)
    if beat:
        beat.step(beat.done, None, "packing")
    manifest = Manifest(
        redate=redate_version(),
        vendor=vendor,
        at=at.astimezone(dt.UTC).isoformat(timespec="seconds"),
        by=str(by) if by else "",
        holds=holds,
        bytes=payload.stat().st_size,
        sha256=archive.digest_of(payload),
    )
    archive.write(part / part.name.removeprefix(".").removesuffix(PART), manifest, payload)


@contextmanager
def _part(folder: Path, at: dt.datetime) -> Iterator[tuple[Path, Path]]:
    """A folder of our own to work in, and the file it is to become. Its name reserves that of the file."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _sweep(folder)
    part, target = next(filter(None, (_reserve(folder, name) for name in _names(at))))
    try:
        yield part, target
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _names(at: dt.datetime) -> Iterator[str]:
    stamp = at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H%M%SZ")
    yield f"redate-{stamp}{SUFFIX}"
    yield from (f"redate-{stamp}-{number}{SUFFIX}" for number in itertools.count(2))


def _reserve(folder: Path, name: str) -> tuple[Path, Path] | None:
    part, target = folder / f".{name}{PART}", folder / name
    try:
        part.mkdir(mode=0o700)
    except FileExistsError:
        return None
    if target.exists():
        part.rmdir()
        return None
    return part, target


def _sweep(folder: Path) -> None:
    """Take away what killed processes left."""
    for part in folder.glob(f".redate-*{SUFFIX}{PART}"):
        if part.stat().st_mtime < time.time() - LEFT_AFTER:
            shutil.rmtree(part, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Make sure the new name is on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
