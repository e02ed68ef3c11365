"""THE DOOR for many records of one type: all in one transaction, each judged as if it came alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from audit.set_rows import RowsMoved, SetRow
from records.access import Checker
from records.models import Batch
from records.models._entry_time_key import key
from records.refusals import refuse
from records.services.bulk import set_many
from records.services.many_rows import (
    AT_ONCE,
    DONE,
    LEAVE_OUT,
    OK,
    WARN,
    Also,
    ManyResult,
    RowResult,
    Step,
    act_of,
    begin,
    check_moved,
    earlier,
    make_batch,
    without_collector,
)
from records.services.notices_of_many import tell_of_changes
from records.services.records import Clock
from records.services.refusing import service

from .many_judge import TRAIL, ManyJudge, ManyMove

__all__ = ["ManyMove", "change_many", "plan_moves", "preview_many", "write_moves"]

Plan = tuple[list[RowResult], list[SetRow]]


@service("change_many", about="batch")
def change_many(
    *,
    moves: Sequence[ManyMove],
    model: Any,
    by: Any,
    reason: str,
    note: str,
    channel: str,
    clock: Clock,
    on_moved: str = LEAVE_OUT,
    batch_kind: str = "bulk",
    title: str = "",
    facts: dict[str, Any] | None = None,
    trail: dict[str, Any] | None = None,
    undoes: int | None = None,
    job: int | None = None,
    token: str = "",
    also: Also | None = None,
    step: Step | None = None,
) -> ManyResult:
    """Change the entry times of records of `model`: those that the rules allow, in one transaction, as one batch.

    `on_moved` says what happens where rows changed since they were seen: "leave_out" those, or "refuse" all, as
    check_moved tells. `trail` are trail columns that all rows have in common. `job` (the worker's) or `token` (of the
    wish) names this act: done again, it gives the first batch back. `also` is called with the result before the
    transaction ends, `step` with how many rows are judged. Raises Refused: inactive, many_moved, many_not_so, busy.
    """
    _check(moves)
    checker = begin(model, (move.record_id for move in moves), by, clock)
    before = earlier(checker.user, job, token)
    if before is not None:
        return ManyResult(before, _done_before(before, model), repeated=True)
    rows, writes = plan_moves(moves, model, checker, reason=reason, note=note, channel=channel, step=step)
    check_moved(rows, on_moved)
    batch = make_batch(
        checker,
        rows,
        kind=batch_kind,
        record_type=model._meta.model_name,
        title=title or note,
        reason=reason,
        facts={**(facts or {}), **({"token": token} if token else {})},
        undoes=undoes,
        job=job,
    )
    if batch is not None:
        with act_of(batch, checker, reason=reason or "unstated", note=note, channel=channel, trail=trail):
            write_moves(writes, model)
        told = {"at": checker.at, "actor": checker.user, "reason": reason, "words": note}
        tell_of_changes(model=model, rows=[row for row in rows if row.outcome == DONE], **told)
    result = ManyResult(batch, rows)
    if also is not None:
        also(result)
    return result


def preview_many(
    *,
    moves: Sequence[ManyMove],
    model: Any,
    by: Any,
    reason: str,
    note: str,
    channel: str,
    at: dt.datetime,
) -> list[RowResult]:
    """What change_many would do at the moment `at`, in the order of ids: nothing is locked, written or kept.

    "ok" stands for what would be done; where it passes what it should not, `warnings` hold the codes to tick.
    """
    _check(moves)
    judge = ManyJudge(model, Checker(by, at), reason=reason, note=note, channel=channel, passed=OK, warned=OK)
    with without_collector():
        return [row for row, _write in judge.judge(moves)]


def plan_moves(
    moves: Sequence[ManyMove],
    model: Any,
    checker: Checker,
    *,
    reason: str,
    note: str,
    channel: str,
    step: Step | None = None,
) -> Plan:
    """What comes of each move, and what is to be written; inside an open transaction, under the locks."""
    judge = ManyJudge(model, checker, reason=reason, note=note, channel=channel, passed=DONE, warned=WARN)
    rows, writes = [], []
    with without_collector():
        for row, write in judge.judge(moves):
            rows.append(row)
            if write is not None:
                writes.append(write)
            if step is not None and len(rows) % AT_ONCE == 0:
                step(len(rows))
    return rows, writes


def write_moves(writes: Sequence[SetRow], model: Any) -> None:
    """Write what was planned, inside the open act. Raises Refused busy where a row moved on all the same."""
    try:
        with key():
            set_many(model, writes, columns=["entered_at"], trail=TRAIL, kept={"previous_entered_at": "entered_at"})
    except RowsMoved as error:
        raise refuse("busy") from error


def _check(moves: Sequence[ManyMove]) -> None:
    if len({move.record_id for move in moves}) != len(moves):
        raise ValueError("a record stands there twice")
    if any(move.after.microsecond for move in moves):
        raise ValueError("entry times are whole seconds")


def _done_before(batch: Batch, model: Any) -> list[RowResult]:
    """What the batch did."""
    rows = model.history.model.objects.filter(batch=batch.pk, previous_entered_at__isnull=False).order_by("id")
    names = ("id", "number", "previous_entered_at", "entered_at", "owner_id")
    return [
        RowResult(pk, DONE, number, before, after, owner)
        for pk, number, before, after, owner in rows.values_list(*names)
    ]
