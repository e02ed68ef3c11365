"""Who starts a run: the worker every night, or somebody on a page; both ask for the same work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from audit import findings, jobs
from audit.beats import Beat
from audit.models import Job, Verification

from . import words
from .found import SOURCE
from .running import run

KIND = "check_times"  # of the work
EVERY = dt.timedelta(hours=24)


def check_times_if_due(clock: Callable[[], dt.datetime]) -> Job | None:
    """Ask for a run where none was made or asked for in 24 hours. For the worker's loop, which then does it."""
    since = clock() - EVERY
    asked = Job.objects.filter(kind=KIND, asked_at__gt=since)
    made = Verification.objects.filter(source=SOURCE, at__gt=since, result__in=("ok", "findings"))
    if asked.exists() or made.exists():
        return None
    return jobs.ask_for(kind=KIND, by=None, at=clock())


def work(job: Job, beat: Beat) -> dict[str, Any]:
    """A run as long work; gives what it found in short. Not in the name of who lost the right to verify meanwhile."""
    by = job.asker("records.verify_trail")
    report = run(by=by, clock=beat.clock, beat=beat, channel="web" if by else "command")
    return {"rows": report.rows, "findings": report.total, "open": report.open, "seconds": round(report.seconds, 3)}


def register() -> None:
    """Say who does the work, and how what it finds is told."""
    jobs.work(KIND, work)
    findings.tell(
        findings.Teller(
            source=SOURCE,
            work=KIND,
            sentence=words.sentence,
            details=words.details,
            what_to_do=words.what_to_do,
            looked_for=words.looked_for,
        )
    )
