"""How the trail stands: what the last check said, whether one runs now, and whether anybody does the work."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from audit import jobs
from audit.models import Finding, Job, Verification

from .telling import Teller

PATIENCE = dt.timedelta(seconds=15)  # work that waits longer finds no worker
COUNTED = 1_000


@dataclass(frozen=True)
class Standing:
    """`state` is running, never, ok, explained, findings or failed; `last` the last run that ended, `open` findings.

    `idle`: the work waits, and no worker takes it up.
    """

    state: str
    last: Verification | None
    job: Job | None
    open: int
    idle: bool = False
    why: str = ""

    @property
    def seconds(self) -> float:
        """How long the last run took."""
        return float(self.last.facts.get("seconds", 0)) if self.last else 0.0


def standing(teller: Teller, now: dt.datetime) -> Standing:
    """How it stands with one source of findings."""
    last = Verification.objects.filter(source=teller.source).exclude(result="").order_by("-pk").first()
    newest = Job.objects.filter(kind=teller.work).order_by("-pk").first()
    job = jobs.look(newest.pk) if newest else None
    open_ones = open_findings(teller.source)
    if job is not None and not job.is_over:
        return Standing("running", last, job, open_ones, idle=is_idle(job, now))
    if job is not None and _failed_since(job, last):
        return Standing("failed", last, job, open_ones, why=str(job.result.get("error", "")))
    if last is None:
        return Standing("never", None, job, open_ones)
    state = "explained" if last.result == "findings" and not open_ones else last.result
    return Standing(state, last, job, open_ones)


def open_findings(source: str = "") -> int:
    """How many findings nobody has explained, counted to COUNTED + 1."""
    found = Finding.objects.filter(gone_at__isnull=True, explained_at__isnull=True)
    if source:
        found = found.filter(source=source)
    return found.order_by()[: COUNTED + 1].count()


def _failed_since(job: Job, last: Verification | None) -> bool:
    broken = job.state in (Job.State.FAILED, Job.State.STOPPED)
    return broken and (last is None or last.result == "failed" or job.asked_at > last.at)


def is_idle(job: Job, now: dt.datetime) -> bool:
    """Whether the job waits although nobody works: a worker that works is busy, and comes to it."""
    fresh = now - jobs.LEFT_AFTER
    if job.state == Job.State.RUNNING:
        return job.beat_at is None or job.beat_at < fresh
    busy = Job.objects.filter(state=Job.State.RUNNING, beat_at__gte=fresh)
    return job.asked_at < now - PATIENCE and not busy.exists()
