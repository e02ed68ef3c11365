"""Many records changed by one act: what came of each, the locks, the batch. For moves, owners, archive and undo."""

from __future__ import annotations

import datetime as dt
import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from django.db import connection
from django.db.models import Q

from audit.acts import act
from records.access import Checker
from records.models import Batch
from records.refusals import refuse
from records.rules import Finding

from .locks import rules_lock
from .records import Clock, actor

T = TypeVar("T")
AT_ONCE = 2_000  # rows that are objects at the same time
LEAVE_OUT, REFUSE = "leave_out", "refuse"  # what happens where rows changed since they were looked at
AS_SEEN = "as_seen"  # as REFUSE, of rows that were previewed as allowed: see check_moved

OK = "ok"  # it may be done; of a preview
DONE = "done"
SAME = "same"  # nothing to change
MOVED = "moved"  # what decides was changed since it was looked at
WARN = "warn"  # it passes what it should not, and nobody has said that it is so
ASK = "ask"  # somebody else may be asked for it
NO = "no"  # refused


class RowResult(NamedTuple):
    """What is, or was, to be said of one record: `outcome` is one of the words above, `findings` say why not.

    `warnings` are the codes of an odd order; `by_name` and `by_at` who changed it since, where it was changed.
    """

    record_id: int
    outcome: str
    number: str = ""
    before: Any = None
    after: Any = None
    owner_id: int | None = None
    findings: tuple[Finding, ...] = ()
    codes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    by_name: str = ""
    by_at: dt.datetime | None = None
    version: int = 0  # at which it was judged


@dataclass(frozen=True)
class ManyResult:
    """What came of it. `batch` is None where nothing was done; `repeated`: it had been done before, under this batch.

    Of a repeated one `rows` names only what was done.
    """

    batch: Batch | None
    rows: Sequence[RowResult]
    repeated: bool = False

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many rows have each outcome."""
        return dict(Counter(row.outcome for row in self.rows))

    @property
    def done(self) -> int:
        """How many were changed."""
        return self.counts.get(DONE, 0)

    def of(self, *outcomes: str) -> list[RowResult]:
        """The rows with one of these outcomes."""
        return [row for row in self.rows if row.outcome in outcomes]


Also = Callable[[ManyResult], None]  # what is to stand or fall with the change, called before it is committed
Step = Callable[[int], None]  # is told how many rows are judged, now and then; may raise to end it all


def chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """The rows, AT_ONCE at a time."""
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]


@contextmanager
def without_collector() -> Iterator[None]:
    """Let Python's collector of cycles rest: very many objects that make none come and go here: a sixth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def among(ids: Sequence[int], name: str = "pk", spare: int = 2) -> Q:
    """Rows with these ids, in order; where they lie close together, a few others may be among them.

    At most `spare` times as many are read; 1: exactly these.
    """
    first, last = ids[0], ids[-1]
    return Q(**{f"{name}__range": (first, last)} if last - first < spare * len(ids) else {f"{name}__in": ids})


def begin(model: Any, ids: Iterable[int], by: Any, clock: Clock, *, exclusive: bool = False) -> Checker:
    """Lock the rows in the order of their ids, then the rules; gives the person with their rights at that moment."""
    lock_rows(model, ids)
    rules_lock(exclusive=exclusive)
    return actor(by, clock())


def lock_rows(model: Any, ids: Iterable[int]) -> None:
    """Lock rows some at a time, joining nothing. On SQLite the transaction is the lock."""
    if not connection.features.has_select_for_update:
        return
    rows = model._default_manager.select_for_update(no_key=True).order_by("pk")
    for some in chunks(sorted(ids)):
        list(rows.filter(among(some, spare=1)).values_list("pk"))


def earlier(by: Any, job: int | None, token: str = "") -> Batch | None:
    """The batch that this work, or this very wish of the person, has made already. Asked after the locks."""
    if job is not None:
        return Batch.objects.filter(job=job).first()
    return Batch.objects.filter(by=by, facts__token=token).first() if token else None


def check_moved(rows: Sequence[RowResult], on_moved: str) -> None:
    """Refuse the whole where it was said so beforehand and rows do not come out as they were looked at.

    "leave_out": what cannot be done is left out and named, whatever the cause. "refuse": the whole is refused where a
    record was changed since; what was refused from the beginning is left out. "as_seen", where only rows come that a
    preview allowed: the whole is refused where any of them is not done now, be it that the record was changed, or
    that a right or a rule was. Raises Refused: many_moved, many_not_so.
    """
    moved = sum(row.outcome == MOVED for row in rows)
    if moved and on_moved in (REFUSE, AS_SEEN):
        raise refuse("many_moved", count=moved)
    lost = sum(row.outcome != DONE for row in rows)
    if lost and on_moved == AS_SEEN:
        raise refuse("many_not_so", count=lost)


def make_batch(
    checker: Checker,
    rows: Sequence[Any],
    *,
    kind: str,
    record_type: str,
    title: str,
    reason: str,
    facts: dict[str, Any] | None = None,
    undoes: int | None = None,
    job: int | None = None,
) -> Batch | None:
    """The batch of what is about to be done, of rows that have an `outcome`; None where nothing is."""
    counts = Counter(row.outcome for row in rows)
    if not counts[DONE]:
        return None
    return Batch.objects.create(
        kind=kind,
        at=checker.at,
        by=checker.user,
        record_type=record_type,
        title=title[:200],
        count=counts[DONE],
        reason=reason,
        undoes=undoes,
        job=job,
        facts={**(facts or {}), "outcomes": dict(counts)},
    )


def act_of(
    batch: Batch, checker: Checker, *, reason: str, note: str, channel: str, trail: dict[str, Any] | None
) -> Any:
    """The act under which the rows of a batch are written; `trail` are columns that all of them have in common."""
    return act(
        by=checker.user,
        reason=reason,
        note=note,
        channel=channel,
        at=checker.at,
        role=",".join(checker.who.roles),
        batch=batch.pk,
        **(trail or {}),
    )
