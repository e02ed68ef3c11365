"""Large bulk changes as long work: the worker chooses the rows, previews them, does them, and says how far it is."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction

from audit import jobs
from audit.beats import Beat
from audit.models import Job
from records.models import BulkChange
from records.refusals import Refused

from .bulk_changes import apply
from .bulk_preview import preview

KIND = "bulk"  # of the work
MOST = 200_000  # rows of a bulk change of a page
AT_ONCE = 500  # rows that a page changes by itself
LOOKED_AT_ONCE = 5_000  # rows that a page chooses and previews by itself
CHOOSE, PREVIEW, APPLY = "choose", "preview", "apply"
SAID = ("spec", "reason", "note", "on_moved")  # of a bulk change, as the form gives them


def ask_for(bulk: BulkChange, do: str, *, by: Any, at: dt.datetime, total: int, **facts: Any) -> Job:
    """Ask the worker to choose, preview or do its rows, once: the same work again where it is under way."""
    with transaction.atomic():
        held = BulkChange.objects.select_for_update().get(pk=bulk.pk)
        running = under_way(held)
        if running is not None:
            return running
        job = jobs.ask_for(kind=KIND, by=by, at=at, total=total, bulk=bulk.pk, do=do, **facts)
        BulkChange.objects.filter(pk=bulk.pk).update(job=job.pk)
    bulk.job = job.pk
    return job


def under_way(bulk: BulkChange) -> Job | None:
    """The work on it, while it waits or runs."""
    job = jobs.look(bulk.job) if bulk.job is not None else None
    return job if job is not None and not job.is_over else None


def is_gathered(bulk: BulkChange) -> bool:
    """Whether all its rows are there: not while they are gathered, nor where that ended half-way."""
    job = Job.objects.filter(pk=bulk.job or 0).first()
    return job is None or job.facts.get("do") != CHOOSE


def work_with(choose: Callable[[BulkChange, Any, Job, Callable[[int], None]], None]) -> Any:
    """The work; `choose(bulk, by, job, step)` takes in the rows that the filter of a list matches."""

    def work(job: Job, beat: Beat) -> dict[str, Any]:
        """Done again after a kill it is done once. A refusal is a result, in sentences."""
        bulk = BulkChange.objects.get(pk=job.facts["bulk"])
        by = get_user_model().objects.get(pk=job.by_id or 0)
        do = job.facts.get("do", APPLY)
        beat.step(0, said=do)
        try:
            if do == APPLY:
                return _applied(bulk, by, job, beat)
            if bulk.job == job.pk:  # else it is done, and its worker was killed before it could say so
                _chosen(bulk, by, job, beat, choose) if do == CHOOSE else _previewed(bulk, by, job, beat)
        except Refused as no:
            return {"refused": no.messages()}
        return {"rows": bulk.rows.count()}

    return work


def _chosen(bulk: BulkChange, by: Any, job: Job, beat: Beat, choose: Any) -> None:
    """Some rows at a time, so that nobody waits for all of them; what is ended half-way is no selection."""
    bulk.rows.all().delete()
    try:
        choose(bulk, by, job, beat.step)
    except BaseException:
        bulk.rows.all().delete()
        raise
    BulkChange.objects.filter(pk=bulk.pk).update(job=None)


def _previewed(bulk: BulkChange, by: Any, job: Job, beat: Beat) -> None:
    for name in SAID:
        setattr(bulk, name, job.facts["said"][name])
    zone = zoneinfo.ZoneInfo(job.facts["zone"])
    preview(bulk=bulk, by=by, at=beat.clock(), zone=zone, step=beat.step)


def _applied(bulk: BulkChange, by: Any, job: Job, beat: Beat) -> dict[str, Any]:
    how = {"job": job.pk, "trail": job.facts.get("trail"), "step": beat.step}
    made = apply(bulk=bulk, by=by, clock=beat.clock, **how)
    return {"batch": made.batch.pk if made.batch else None, "counts": made.counts}
