"""Undoing large batches as work of the worker."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth import get_user_model

from audit import jobs
from audit.beats import Beat
from audit.models import Job
from records.models import Batch
from records.refusals import Refused

from .batches import undo_batch

KIND = "undo_batch"
AT_ONCE = 500  # rows that a page takes back by itself


def ask_for_undo(*, batch: Batch, by: Any, at: dt.datetime, **said: Any) -> Job:
    """Ask the worker to undo the batch; `said` are note, acknowledged (a list of codes) and trail."""
    return jobs.ask_for(kind=KIND, by=by, at=at, total=batch.count, batch=batch.pk, **said)


def undo_under_way(batch: Batch) -> Job | None:
    """The newest work that undoes the batch, while it waits or runs."""
    for job in Job.objects.filter(kind=KIND, state__in=("waiting", "running")).order_by("-pk")[:20]:
        if job.facts.get("batch") == batch.pk:
            return jobs.look(job.pk)
    return None


def work(job: Job, beat: Beat) -> dict[str, Any]:
    """Undo the batch; done again after a kill it gives the batch it made. A refusal is a result, in its codes."""
    beat.step(0, said="undo")
    facts = job.facts
    try:
        undone = undo_batch(
            batch=Batch.objects.get(pk=facts["batch"]),
            by=get_user_model().objects.get(pk=job.by_id or 0),
            clock=beat.clock,
            note=facts.get("note", ""),
            acknowledged=facts.get("acknowledged", ()),
            trail=facts.get("trail") or {},
            job=job.pk,
        )
    except Refused as no:
        return {"refused": list(no.codes)}
    return {"batch": undone.batch.pk if undone.batch else None, "done": len(undone.taken_back)}
