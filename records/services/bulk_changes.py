"""Changing many at once, as pages do it: begin, preview, a trial on a few, the rest. What was seen is what is done."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Max

from audit import jobs
from audit.beats import Beat
from audit.models import Job
from records.models import RECORDS, Batch, BulkChange, BulkRow
from records.moving import NoTime, Spec, after_of, with_dates
from records.refusals import Refused

from .batches import Undone, undo_batch
from .entry_time.many import ManyMove, change_many, preview_many
from .many_assign import archive_many, assign_many, preview_archive, preview_assign
from .many_rows import DONE, OK, WARN, ManyResult, RowResult
from .records import Clock

KIND = "bulk"  # of the work
MOST = 5_000  # rows of a bulk change of a page; the command takes more
AT_ONCE = 500  # rows that a page changes by itself
MOVE, OWNER, ARCHIVE = "entry_time", "owner", "archive"
CREATE_AT_ONCE = 500


def begin_bulk(*, model: Any, ids: Sequence[int], kind: str, by: Any, at: dt.datetime, asked: str = "") -> BulkChange:
    """A bulk change of these records as they are now; nothing is said yet of what they get."""
    with transaction.atomic():
        made = BulkChange.objects.create(by=by, at=at, record_type=model._meta.model_name, kind=kind, asked=asked)
        found = model.objects.filter(pk__in=list(ids)[:MOST]).order_by("pk").values_list("pk", "version", "entered_at")
        rows = [BulkRow(bulk=made, record_id=pk, seen_version=v, before=entered) for pk, v, entered in found]
        BulkRow.objects.bulk_create(rows, batch_size=CREATE_AT_ONCE)
    return made


def preview(*, bulk: BulkChange, by: Any, at: dt.datetime, zone: dt.tzinfo) -> None:
    """Read every row that is not done anew, and keep what it would get and what the rules say of that.

    `bulk` holds kind, spec, reason, note as asked. Days and clocks of a shift are those of `zone`.
    """
    model: Any = RECORDS[bulk.record_type]
    ids = list(bulk.rows.filter(outcome="").values_list("record_id", flat=True))
    visible = model.objects.visible_to(by).filter(pk__in=ids).order_by("pk")
    with transaction.atomic():
        BulkRow.objects.filter(bulk=bulk, outcome="").delete()
        rows = [*_previewed(bulk, model, visible, by, at, zone)]
        BulkRow.objects.bulk_create(rows, batch_size=CREATE_AT_ONCE)
        bulk.job = None
        bulk.save(update_fields=["spec", "reason", "note", "on_moved", "state", "job"])


def judged(bulk: BulkChange, rows: Sequence[BulkRow], by: Any, at: dt.datetime) -> dict[int, RowResult]:
    """What the rules say of these rows now, by record, with the findings that sentences need."""
    model = RECORDS[bulk.record_type]
    seen = [(row.record_id, row.seen_version) for row in rows]
    if bulk.kind == MOVE:
        moves = [ManyMove(row.record_id, row.seen_version, row.after) for row in rows if row.after is not None]
        found = preview_many(moves=moves, model=model, by=by, reason=bulk.reason, note=bulk.note, channel="bulk", at=at)
    elif bulk.kind == OWNER:
        found = preview_assign(rows=seen, model=model, owner=owner_of(bulk), by=by, at=at)
    else:
        found = preview_archive(rows=seen, model=model, by=by, at=at)
    return {row.record_id: row for row in found}


def owner_of(bulk: BulkChange) -> Any:
    """Who the records shall belong to."""
    return get_user_model().objects.get(pk=bulk.spec["owner"])


def step_of(bulk: BulkChange) -> str:
    """Names the preview as it stands: another one once rows were previewed anew, tried, done or taken back."""
    open_rows = bulk.rows.filter(outcome="")
    return f"{open_rows.aggregate(last=Max('pk'))['last'] or 0}-{open_rows.count()}"


def apply(
    *,
    bulk: BulkChange,
    by: Any,
    clock: Clock,
    only: Collection[int] | None = None,
    token: str = "",
    job: int | None = None,
    trail: dict[str, Any] | None = None,
) -> ManyResult:
    """Do to the rows what was previewed: to all that may be done, or to the records of `only`, as a trial.

    Rows changed since are left out or refuse the whole, as was said beforehand. Done again under the same token or job
    it is done once. Raises Refused as change_many.
    """
    model = RECORDS[bulk.record_type]
    rows = list(bulk.rows.filter(verdict=OK, outcome="").order_by("record_id"))
    rows = [row for row in rows if only is None or row.record_id in only]
    seen = [(row.record_id, row.seen_version) for row in rows]

    def keep(result: ManyResult) -> None:
        _keep(bulk, result, trial=only is not None)

    common: dict[str, Any] = {
        "model": model,
        "by": by,
        "reason": bulk.reason,
        "note": bulk.note,
        "channel": "bulk",
        "clock": clock,
        "on_moved": bulk.on_moved,
        "title": bulk.note,
        "facts": {"bulk": bulk.pk, "spec": bulk.spec, "trial": only is not None},
        "trail": trail,
        "job": job,
        "token": token,
        "also": keep,
    }
    if bulk.kind == MOVE:
        return change_many(moves=[_move(row) for row in rows if row.after is not None], **common)
    if bulk.kind == OWNER:
        return assign_many(rows=seen, owner=owner_of(bulk), **common)
    return archive_many(rows=seen, **common)


def take_back(*, bulk: BulkChange, by: Any, clock: Clock, trail: dict[str, Any] | None = None) -> Undone | None:
    """Undo the trial; its rows stand in the preview again. None where there is none."""
    number = bulk.rows.filter(outcome=DONE).values_list("batch", flat=True).first()
    batch = Batch.objects.filter(pk=number or 0).first()
    if batch is None:
        return None

    def keep(undone: Undone) -> None:
        ids = [row.record_id for row in undone.taken_back]
        BulkRow.objects.filter(bulk=bulk, record_id__in=ids).update(outcome="", batch=None)
        BulkChange.objects.filter(pk=bulk.pk).update(state=BulkChange.State.PREVIEW)

    return undo_batch(batch=batch, by=by, clock=clock, note=bulk.note, trail=trail, also=keep)


def ask_for_bulk(*, bulk: BulkChange, by: Any, at: dt.datetime, trail: dict[str, Any]) -> Job:
    """Ask the worker to do it."""
    with transaction.atomic():
        job = jobs.ask_for(kind=KIND, by=by, at=at, total=bulk.rows.count(), bulk=bulk.pk, trail=trail)
        bulk.job = job.pk
        bulk.save(update_fields=["job"])
    return job


def work(job: Job, beat: Beat) -> dict[str, Any]:
    """Do a bulk change as long work; done again after a kill it finds its batch. A refusal is a result."""
    beat.step(0, said="bulk")
    bulk = BulkChange.objects.get(pk=job.facts["bulk"])
    by = get_user_model().objects.get(pk=job.by_id or 0)
    try:
        made = apply(bulk=bulk, by=by, clock=beat.clock, job=job.pk, trail=job.facts.get("trail"))
    except Refused as no:
        return {"refused": no.messages()}
    return {"batch": made.batch.pk if made.batch else None, "counts": made.counts}


def _previewed(
    bulk: BulkChange, model: Any, records: Any, by: Any, at: dt.datetime, zone: dt.tzinfo
) -> Iterator[BulkRow]:
    """The rows anew: seen as they are now, with the time each gets, and the verdict."""
    if bulk.kind == MOVE:
        made = list(_with_times(bulk, with_dates(records, Spec.read(bulk.spec), by), zone))
    else:
        found = records.values_list("pk", "version", "entered_at")
        made = [BulkRow(bulk=bulk, record_id=pk, seen_version=v, before=entered) for pk, v, entered in found]
    known = judged(bulk, made, by, at)
    for row in made:
        result = known.get(row.record_id)
        if result is not None:
            odd = bool(result.warnings) and not bulk.spec.get("odd")
            row.verdict = WARN if odd and result.outcome == OK else result.outcome[:4]
            row.codes, row.warnings = ",".join(result.codes)[:200], ",".join(result.warnings)[:200]
        yield row


def _with_times(bulk: BulkChange, records: Any, zone: dt.tzinfo) -> Iterator[BulkRow]:
    spec = Spec.read(bulk.spec)
    for record in records.defer("search_text"):
        row = BulkRow(bulk=bulk, record_id=record.pk, seen_version=record.version, before=record.entered_at)
        try:
            row.after = after_of(spec, record, zone)
        except NoTime as no:
            row.verdict, row.codes = "none", no.code
        yield row


def _move(row: BulkRow) -> ManyMove:
    assert row.after is not None  # noqa: S101 rows without a time have the verdict none
    ticked = frozenset(row.warnings.split(",")) if row.warnings else frozenset()
    return ManyMove(row.record_id, row.seen_version, row.after, ticked)


def _keep(bulk: BulkChange, result: ManyResult, *, trial: bool) -> None:
    """What came of the rows; stands or falls with the change."""
    batch = result.batch.pk if result.batch else None
    for outcome in Counter(row.outcome for row in result.rows):
        ids = [row.record_id for row in result.of(outcome)]
        for start in range(0, len(ids), CREATE_AT_ONCE):
            some = BulkRow.objects.filter(bulk=bulk, outcome="", record_id__in=ids[start : start + CREATE_AT_ONCE])
            some.update(outcome=outcome[:6], batch=batch if outcome == DONE else None)
    state = BulkChange.State.TRIAL if trial and result.done else BulkChange.State.DONE
    if result.done:
        BulkChange.objects.filter(pk=bulk.pk).update(state=state)
