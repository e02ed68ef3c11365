"""Long work: pages ask for it, the worker does it, and takes it up again where another worker was killed.

A kind of work says once, with `work`, which function does it. That function is called outside any transaction and
must be able to be called again with the same job: what it stores, it stores under the job's id, in one transaction.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from .beats import Beat, Stopped, leave_stop, read_beat
from .models import Job

logger = logging.getLogger(__name__)
Clock = Callable[[], dt.datetime]
LEFT_AFTER = dt.timedelta(seconds=60)  # without a beat for so long, its worker is taken for dead
MOST_ATTEMPTS = 3

_kinds: dict[str, Callable[[Job, Beat], dict[str, Any]]] = {}


def work(kind: str, run: Callable[[Job, Beat], dict[str, Any]]) -> None:
    """Say that `run(job, beat)` does the work of that kind, calls `beat.step` now and then, and gives the result."""
    _kinds[kind] = run


def ask_for(*, kind: str, by: Any, at: dt.datetime, total: int = 0, **facts: Any) -> Job:
    """Ask for work: `facts` are what it needs, as JSON. Inside a transaction it is asked for with the rest, or not."""
    if kind not in _kinds:
        raise ValueError(f"no work is called {kind!r}")
    return Job.objects.create(
        kind=kind, by_id=by.pk if by else None, by_name=str(by) if by else "", asked_at=at, total=total, facts=facts
    )


def ask_to_stop(job: Job) -> None:
    """Ask that the work ends at its next step; what is waiting ends at once.

    On SQLite work that runs may hold the one writer: it is asked beside the database, and its row is left alone.
    """
    if connection.vendor == "sqlite" and job.state == Job.State.RUNNING:
        leave_stop(job.pk)
        return
    Job.objects.filter(pk=job.pk, state=Job.State.WAITING).update(state=Job.State.STOPPED)
    Job.objects.filter(pk=job.pk).update(stop_asked=True)


def look(job_id: int) -> Job | None:
    """The job as it is now, with how far it says it is even while its transaction is open."""
    job = Job.objects.filter(pk=job_id).first()
    if job is not None and job.state == Job.State.RUNNING:
        job.done, job.total, job.said = read_beat(job) or (job.done, job.total, job.said)
    return job


def run_next(clock: Clock) -> Job | None:
    """Do the oldest work that waits or was left; gives it as it ended, or None where nothing is due."""
    job = _take(clock)
    return _run(job, clock) if job is not None else None


def run_now(asked: Job, clock: Clock) -> Job | None:
    """Do this work here, without a worker, for it is small; None where a worker was quicker."""
    job = _take(clock, pk=asked.pk)
    return _run(job, clock) if job is not None else None


def _run(job: Job, clock: Clock) -> Job:
    with Beat(job, clock) as beat:
        try:
            job.result = _kinds[job.kind](job, beat)
            job.state = Job.State.DONE
        except Stopped:
            job.state = Job.State.STOPPED
        except Exception as error:
            logger.exception("The work %s %s failed.", job.kind, job.pk)
            job.state, job.result = Job.State.FAILED, {"error": f"{type(error).__name__}: {error}"[:500]}
    job.done, job.total, job.said, job.ended_at = beat.done, beat.total, "", clock()
    job.save(update_fields=["result", "state", "done", "total", "said", "ended_at"])
    return job


def _take(clock: Clock, **which: Any) -> Job | None:
    """The oldest due job of those, claimed; one that was left too often is given up."""
    now = clock()
    left = Q(state=Job.State.RUNNING) & (Q(beat_at__isnull=True) | Q(beat_at__lt=now - LEFT_AFTER))
    due = Job.objects.filter(Q(state=Job.State.WAITING) | left, kind__in=_kinds, **which)
    with transaction.atomic():
        job = due.select_for_update(skip_locked=True).order_by("pk").first()
        if job is None:
            return None
        job.attempts += 1
        job.state = Job.State.RUNNING if job.attempts <= MOST_ATTEMPTS else Job.State.FAILED
        job.started_at = job.started_at or now
        job.beat_at = now
        if job.state == Job.State.FAILED:
            job.ended_at, job.result = now, {"error": "left by its worker too often"}
        job.save(update_fields=["attempts", "state", "started_at", "beat_at", "ended_at", "result"])
    return job if job.state == Job.State.RUNNING else None
