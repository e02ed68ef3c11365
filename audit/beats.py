"""The beat of long work: how far it is and that its worker lives, seen by others while its transaction is open.

PostgreSQL: a second connection writes it. SQLite has one writer at a time, so a small file beside the database holds
it there; the row gets it whenever no transaction is open.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from .models import Job

EVERY = 0.5  # seconds between two beats


class Stopped(Exception):
    """The person who asked for the work wants it to end; raised by `Beat.step`."""


class Beat:
    """Given to the function that does the work. `step(done)` says how far it is; raises Stopped where asked to end."""

    def __init__(self, job: Job, clock: Callable[[], dt.datetime]) -> None:
        self.job, self.clock = job, clock
        self.done, self.total, self.said = job.done, job.total, job.said
        self._last = 0.0
        self._second: Any = None

    def __enter__(self) -> Beat:
        return self

    def __exit__(self, *error: Any) -> None:
        if self._second is not None:
            self._second.close()
        _file(self.job.pk).unlink(missing_ok=True)
        _stop_file(self.job.pk).unlink(missing_ok=True)

    def step(self, done: int, total: int | None = None, said: str | None = None) -> None:
        """So many of `total` are done; `said` is the code of what is done now. Writes at most twice a second."""
        changed = said not in (None, self.said)
        self.done = done
        self.total = self.total if total is None else total
        self.said = self.said if said is None else said
        if changed or time.monotonic() - self._last >= EVERY:
            self._last = time.monotonic()
            self._write()

    def _write(self) -> None:
        if connection.vendor == "sqlite" and connection.in_atomic_block:
            path = _file(self.job.pk)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps([self.done, self.total, self.said]), encoding="utf-8")
        elif self._ask_stop():
            raise Stopped
        if _stop_file(self.job.pk).exists():
            raise Stopped

    def _ask_stop(self) -> bool:
        """Write the row, outside the work's own transaction; gives whether somebody wants it to end."""
        if not connection.in_atomic_block:
            values = {"done": self.done, "total": self.total, "said": self.said, "beat_at": self.clock()}
            Job.objects.filter(pk=self.job.pk).update(**values)
            return bool(Job.objects.filter(pk=self.job.pk).values_list("stop_asked", flat=True).first())
        if self._second is None:
            self._second = connection.copy()
        with self._second.cursor() as cursor:
            cursor.execute(
                f"UPDATE {Job._meta.db_table} SET done = %s, total = %s, said = %s, beat_at = %s WHERE id = %s "
                "RETURNING stop_asked",
                [self.done, self.total, self.said, self.clock(), self.job.pk],
            )
            row = cursor.fetchone()
        return bool(row and row[0])


def leave_stop(pk: int) -> None:
    """Ask work that holds SQLite's one writer to end: nobody can write that into its row meanwhile."""
    path = _stop_file(pk)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def read_beat(job: Job) -> tuple[int, int, str] | None:
    """What the work says of itself in its file, where there is one."""
    try:
        done, total, said = json.loads(_file(job.pk).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return done, total, said


def _file(pk: int) -> Path:
    return Path(settings.VAR) / "jobs" / f"{pk}.json"


def _stop_file(pk: int) -> Path:
    return Path(settings.VAR) / "jobs" / f"{pk}.stop"
