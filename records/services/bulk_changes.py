"""Changing many at once, as pages do it: begin, preview, a trial on a few, the rest. What was seen is what is done."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Count, Max

from records.models import RECORDS, Batch, BulkChange, BulkRow
from records.moving import BEFORE, Spec

from .batches import Undone, undo_batch
from .entry_time.many import ManyMove, change_many, preview_many
from .many_assign import archive_many, assign_many, preview_archive, preview_assign
from .many_rows import AS_SEEN, DONE, LEAVE_OUT, OK, REFUSE, ManyResult, RowResult, Step, chunks
from .records import Clock
from .seen import DECIDES, many_since

MOVE, OWNER, ARCHIVE = "entry_time", "owner", "archive"
COLUMN = {MOVE: "entered_at", OWNER: "owner_id", ARCHIVE: "archived_at"}
CREATE_AT_ONCE = 500
TOLD, BACK = "months", "back"  # what the preview adds to the spec (see bulk_preview); the batches of trials taken back


def begin_bulk(*, model: Any, ids: Sequence[int], kind: str, by: Any, at: dt.datetime, asked: str = "") -> BulkChange:
    """A bulk change of these records as they are now; nothing is said yet of what they get."""
    with transaction.atomic():
        made = new_bulk(model=model, kind=kind, by=by, at=at, asked=asked)
        add_rows(made, model.objects.filter(pk__in=list(ids)).order_by("pk"))
    return made


def new_bulk(*, model: Any, kind: str, by: Any, at: dt.datetime, **said: Any) -> BulkChange:
    """A bulk change of no records yet; `said` may be `asked`, the query of the list they come from, and `spec`."""
    return BulkChange.objects.create(by=by, at=at, record_type=model._meta.model_name, kind=kind, **said)


def begin_back(*, batch: Batch, by: Any, at: dt.datetime, only: Collection[int] | None = None) -> BulkChange:
    """A bulk change that gives records which `batch` moved what stood before it: all, or those of `only`.

    Only records of the batch's own type, and those that `by` sees. Nothing is previewed yet.
    """
    model: Any = RECORDS[batch.record_type]
    moved = model.history.model.objects.filter(batch=batch.pk, previous_entered_at__isnull=False)
    ids = moved.values("id") if only is None else moved.filter(id__in=list(only)).values("id")
    with transaction.atomic():
        made = new_bulk(model=model, kind=MOVE, by=by, at=at, spec=Spec(BEFORE, batch=batch.pk).as_json())
        add_rows(made, model.objects.visible_to(by, at).filter(pk__in=ids).order_by("pk"))
    return made


def add_rows(bulk: BulkChange, records: Any, step: Step | None = None) -> int:
    """Take in the records of a queryset, in its order, as they are now; gives how many there are."""
    number, some = 0, []
    for pk, version, entered in records.values_list("pk", "version", "entered_at").iterator(chunk_size=2_000):
        some.append(BulkRow(bulk=bulk, record_id=pk, seen_version=version, before=entered))
        if len(some) == CREATE_AT_ONCE:
            number += len(BulkRow.objects.bulk_create(some))
            some = []
            if step is not None:
                step(number)
    return number + len(BulkRow.objects.bulk_create(some))


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
    found = bulk.rows.filter(outcome="").aggregate(last=Max("pk"), number=Count("pk"))
    spec = BulkChange.objects.values_list("spec", flat=True).get(pk=bulk.pk)
    return f"{found['last'] or 0}-{found['number']}-{len(spec.get(BACK, ()))}"


def apply(
    *,
    bulk: BulkChange,
    by: Any,
    clock: Clock,
    only: Collection[int] | None = None,
    token: str = "",
    job: int | None = None,
    trail: dict[str, Any] | None = None,
    step: Step | None = None,
) -> ManyResult:
    """Do to the rows what was previewed: to all that may be done, or to the records of `only`, as a trial.

    Rows that do not come out as previewed are left out, or refuse the whole, as was said beforehand: check_moved says
    which. Done again under the same token or job it is done once. Raises Refused as change_many.
    """
    model = RECORDS[bulk.record_type]
    rows = bulk.rows.filter(verdict=OK, outcome="").order_by("record_id")
    rows = rows if only is None else rows.filter(record_id__in=only)

    def keep(result: ManyResult) -> None:
        _keep(bulk, result, trial=only is not None)

    spec = {name: value for name, value in bulk.spec.items() if name not in (TOLD, BACK)}
    common: dict[str, Any] = {
        "model": model,
        "by": by,
        "reason": bulk.reason,
        "note": bulk.note,
        "channel": "bulk",
        "clock": clock,
        "on_moved": AS_SEEN if bulk.on_moved == REFUSE else LEAVE_OUT,
        "title": bulk.note,
        "facts": {"bulk": bulk.pk, "spec": spec, "trial": only is not None},
        "trail": trail,
        "job": job,
        "token": token,
        "also": keep,
        "step": step,
    }
    if bulk.kind == MOVE:
        return change_many(moves=_moves(rows), **common)
    seen = list(rows.values_list("record_id", "seen_version"))
    if bulk.kind == OWNER:
        return assign_many(rows=seen, owner=owner_of(bulk), **common)
    return archive_many(rows=seen, **common)


def take_back(*, bulk: BulkChange, by: Any, clock: Clock, trail: dict[str, Any] | None = None) -> Undone | None:
    """Undo the trial; its rows stand in the preview as before it, the others as they are. None where there is none.

    A row that cannot be taken back keeps its outcome.
    """
    number = bulk.rows.filter(outcome=DONE).values_list("batch", flat=True).first()
    batch = Batch.objects.filter(pk=number or 0).first()
    if batch is None:
        return None

    def keep(undone: Undone) -> None:
        ids = [row.record_id for row in undone.taken_back]
        _open_again(bulk, ids)
        if ids:
            spec = bulk.spec | {BACK: [*bulk.spec.get(BACK, ()), batch.pk]}
            BulkChange.objects.filter(pk=bulk.pk).update(state=BulkChange.State.PREVIEW, spec=spec)

    return undo_batch(batch=batch, by=by, clock=clock, note=bulk.note, trail=trail, also=keep)


def _open_again(bulk: BulkChange, ids: Sequence[int]) -> None:
    """The rows of these records as they were previewed; seen again, unless something else changed meanwhile."""
    rows = list(bulk.rows.filter(record_id__in=ids))
    model: Any = RECORDS[bulk.record_type]
    since = many_since(model, {row.record_id: row.seen_version for row in rows})
    for row in rows:
        row.outcome, row.batch = "", None
        row.seen_version = _seen_again(row.seen_version, since[row.record_id], COLUMN[bulk.kind])
    BulkRow.objects.bulk_update(rows, ["outcome", "batch", "seen_version"], batch_size=CREATE_AT_ONCE)


def _seen_again(version: int, since: Sequence[dict[str, Any]], column: str) -> int:
    """The newest version where nothing that decides changed but the `column` of the trial; else the one seen."""
    others = [name for name in DECIDES if name != column and name in since[0]]
    same = all(later[name] == since[0][name] for later in since[1:] for name in others)
    return since[-1]["version"] if same and since[-1][column] == since[0][column] else version


def _moves(rows: Any) -> list[ManyMove]:
    """The moves of rows that may be done."""
    none: frozenset[str] = frozenset()
    found = rows.values_list("record_id", "seen_version", "after", "warnings").iterator(chunk_size=2_000)
    return [
        ManyMove(pk, version, after, frozenset(warnings.split(",")) if warnings else none)
        for pk, version, after, warnings in found
    ]


def _keep(bulk: BulkChange, result: ManyResult, *, trial: bool) -> None:
    """What came of the rows; stands or falls with the change."""
    batch = result.batch.pk if result.batch else None
    for outcome in Counter(row.outcome for row in result.rows):
        ids = [row.record_id for row in result.of(outcome)]
        for some in chunks(ids):
            rows = BulkRow.objects.filter(bulk=bulk, outcome="", record_id__in=some)
            rows.update(outcome=outcome[:6], batch=batch if outcome == DONE else None)
    state = BulkChange.State.TRIAL if trial and result.done else BulkChange.State.DONE
    if result.done:
        BulkChange.objects.filter(pk=bulk.pk).update(state=state)
