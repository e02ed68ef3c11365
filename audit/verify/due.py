"""Who starts a run: the worker every night, or somebody on a page; both ask for the same work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from audit import jobs
from audit.beats import Beat
from audit.models import Job, Verification

from .keeping import SOURCE
from .running import run

KIND = "verify"  # of the work
EVERY = dt.timedelta(hours=24)


def verify_if_due(clock: Callable[[], dt.datetime]) -> Job | None:
    """Ask for a run where none was made or asked for in 24 hours. For the worker's loop, which then does it."""
    since = clock() - EVERY
    asked = Job.objects.filter(kind=KIND, asked_at__gt=since)
    made = Verification.objects.filter(source=SOURCE, at__gt=since, result__in=("ok", "findings"))
    if asked.exists() or made.exists():
        return None
    return jobs.ask_for(kind=KIND, by=None, at=clock())


def work(job: Job, beat: Beat) -> dict[str, Any]:
    """A run as long work; gives what it found in short. `job.facts["since"]`: the first seal to hash again.

    It is made in any case, but not in the name of who lost the right to verify meanwhile.
    """
    by = job.asker("records.verify_trail")
    report = run(by=by, clock=beat.clock, since=job.facts.get("since"), beat=beat, channel="web" if by else "command")
    return {
        "ok": report.ok,
        "rows": report.rows,
        "seals": report.seals,
        "findings": report.total,
        "head": report.head,
        "seconds": round(report.seconds, 3),
    }
