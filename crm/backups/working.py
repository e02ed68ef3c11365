"""Backups asked for on a page: the worker makes them. And how their events are read in the trail."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import jobs
from audit.beats import Beat
from audit.findings.standing import is_idle
from audit.models import Event, Job
from audit.telling import Facts, track_event

from .listing import Backup, backups
from .making import EVENT, back_up
from .restoring import EVENT as RESTORED

KIND = "backup"  # of the work
STALE = dt.timedelta(days=1)


@dataclass(frozen=True)
class Standing:
    """`state` is running, failed, never, old or fresh; `all` the backups there are, newest first."""

    state: str
    all: list[Backup]
    job: Job | None
    idle: bool
    now: dt.datetime

    @property
    def last(self) -> Backup | None:
        """The newest that is there."""
        return self.all[0] if self.all else None

    @property
    def age(self) -> dt.timedelta:
        """How long ago the newest was made."""
        return max(self.now - self.last.at, dt.timedelta(0)) if self.last else dt.timedelta(0)

    @property
    def is_old(self) -> bool:
        """Whether there is none of the last day."""
        return self.last is None or self.age > STALE

    @property
    def why(self) -> str:
        """What went wrong the last time."""
        return str(self.job.result.get("error", "")).partition(": ")[2] if self.job else ""


def standing(now: dt.datetime) -> Standing:
    """How it stands with backups."""
    job, found = newest_job(), backups(now)
    if job is not None and not job.is_over:
        return Standing("running", found, job, is_idle(job, now), now)
    if job is not None and job.state == Job.State.FAILED and (not found or job.asked_at > found[0].at):
        return Standing("failed", found, job, False, now)
    there = Standing("fresh", found, job, False, now)
    return Standing("never" if not found else "old", found, job, False, now) if there.is_old else there


def newest_job() -> Job | None:
    """The work asked for last, with how far it is."""
    newest = Job.objects.filter(kind=KIND).order_by("-pk").first()
    return jobs.look(newest.pk) if newest else None


def ask_for_one(by: Any, at: dt.datetime) -> bool:
    """Ask the worker for a backup; False where one is under way already."""
    if Job.objects.filter(kind=KIND, state__in=(Job.State.WAITING, Job.State.RUNNING)).exists():
        return False
    jobs.ask_for(kind=KIND, by=by, at=at)
    return True


def work(job: Job, beat: Beat) -> dict[str, Any]:
    """Make the backup that was asked for; once, where a killed worker had made it already.

    Raises PermissionDenied where who asked for it lost the right meanwhile.
    """
    made = Event.objects.filter(kind=EVENT, at__gte=job.asked_at, what__job=job.pk).first()
    if made is not None:
        return {"file": made.what["file"], "size": made.what["size"]}
    by = job.asker("records.back_up")
    if job.by_id and by is None:
        raise PermissionDenied(_("Who asked for it may not make backups any more."))
    done = back_up(by=by, clock=beat.clock, channel="web" if by else "command", beat=beat, job=job.pk)
    return {"file": str(done.path), "size": done.size}


def register() -> None:
    """Name the work, and say how its events are read."""
    jobs.work(KIND, work)
    track_event(EVENT, gettext_lazy("Backup made"), tells=_made)
    track_event(RESTORED, gettext_lazy("Backup restored"), tells=_restored)


def _made(facts: Facts, known: Any) -> str:
    return _("%(file)s: %(records)s records, %(rows)s rows of the trail") % {
        name: facts.get(name, "") for name in ("file", "records", "rows")
    }


def _restored(facts: Facts, known: Any) -> str:
    return _("%(file)s, made at %(at)s: %(rows)s rows of the trail") % {
        "file": facts.get("file", ""),
        "at": facts.get("made_at", ""),
        "rows": facts.get("rows", ""),
    }
