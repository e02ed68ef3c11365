"""Taking back a batch: a bulk change, an import, or an undo. A batch of its own, so that it can be taken back too."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from audit.set_rows import RowsMoved
from records.access import Checker
from records.models import Batch, Contact, Contract, Customer, FollowUp, Opportunity
from records.models._entry_time_key import key
from records.refusals import refuse

from .bulk import set_many
from .entry_time.many import write_moves
from .grant_batches import GIVEN, REVOKED
from .locks import rules_lock
from .many_rows import DONE, OK, act_of, earlier, lock_rows, make_batch
from .notices_of_many import tell_of_changes
from .records import Clock, actor
from .refusing import service
from .searching import derived
from .undo_past import ids_of
from .undo_plan import KEPT, Plan, Planner, UndoRow

__all__ = ["UndoRow", "Undone", "foresee_undo", "undo_batch"]

UNDO = "undo"  # kind, reason and channel
MODELS: tuple[Any, ...] = (Contact, Contract, FollowUp, Opportunity, Customer)  # what hangs on others comes first


@dataclass(frozen=True)
class Undone:
    """What came, or would come, of it. `batch` is None where nothing was taken back."""

    batch: Batch | None
    rows: list[UndoRow]
    repeated: bool = False

    @property
    def taken_back(self) -> list[UndoRow]:
        """What is as it was before the batch."""
        return [row for row in self.rows if row.outcome in (OK, DONE)]

    @property
    def kept(self) -> list[UndoRow]:
        """What was touched since and stays."""
        return [row for row in self.rows if row.outcome == KEPT]

    @property
    def refused(self) -> list[UndoRow]:
        """What a rule in force now does not let back; `outcome` "ask" where somebody else may be asked."""
        return [row for row in self.rows if row.outcome not in (OK, DONE, KEPT)]


@service("undo_batch", about="of")
def undo_batch(
    *,
    batch: Batch,
    by: Any,
    clock: Clock,
    note: str = "",
    reason: str = UNDO,
    channel: str = UNDO,
    only: Collection[int] | None = None,
    acknowledged: Iterable[str] = (),
    trail: dict[str, Any] | None = None,
    job: int | None = None,
    token: str = "",
    also: Callable[[Undone], None] | None = None,
) -> Undone:
    """Give the records of `batch` what they had before it, as far as nobody has touched that since.

    Judged as new changes by the rules in force now; one's own last changes, at most 15 minutes old, need no window.
    What was created is archived. `only` names records of the batch's own type, `acknowledged` ticked warnings; `job`
    or `token` names this act: done again, it gives the first batch back. Raises Refused: undo_kind, inactive, busy.
    """
    check_kind(batch)
    ids = _ids(batch, only)
    for model in sorted(ids, key=lambda each: each._meta.model_name):
        lock_rows(model, ids[model])
    decides = decides_rights(batch)
    rules_lock(exclusive=decides)
    checker = actor(by, clock())
    before = earlier(checker.user, job, token)
    if before is not None:
        return Undone(before, _done_before(before), repeated=True)
    said = {"reason": reason, "note": note, "channel": channel}
    planner = Planner(batch, checker, **said, passed=DONE, acknowledged=acknowledged)
    plans = [planner.plan(model, ids[model]) for model in MODELS if model in ids]
    rows = [row for plan in plans for row in plan.rows]
    facts = {"decides": decides, **({"token": token} if token else {})}
    named: dict[str, Any] = {"record_type": batch.record_type, "title": batch.title, "reason": reason, "facts": facts}
    made = make_batch(checker, rows, kind=UNDO, undoes=batch.pk, job=job, **named)
    if made is not None:
        with act_of(made, checker, **said, trail=trail):
            for plan in plans:
                _write(plan)
        for plan in plans:
            told = {"at": checker.at, "actor": checker.user, "reason": reason, "words": note}
            tell_of_changes(model=plan.model, rows=plan.moved, **told)
    undone = Undone(made, rows)
    if also is not None:
        also(undone)
    return undone


def foresee_undo(
    batch: Batch,
    by: Any,
    at: dt.datetime,
    *,
    only: Collection[int] | None = None,
    note: str = "",
    acknowledged: Iterable[str] = (),
) -> Undone:
    """What undoing would do at the moment `at`; nothing is locked or written. Raises Refused undo_kind.

    What would be taken back has the outcome "ok".
    """
    check_kind(batch)
    ids = _ids(batch, only)
    said = {"reason": UNDO, "note": note, "channel": UNDO}
    planner = Planner(batch, Checker(by, at), **said, passed=OK, acknowledged=acknowledged)
    return Undone(None, [row for model in MODELS if model in ids for row in planner.plan(model, ids[model]).rows])


def check_kind(batch: Batch) -> None:
    """Raise Refused for batches of grants: they are revoked instead."""
    if batch.kind in (GIVEN, REVOKED):
        raise refuse("undo_kind")


def decides_rights(batch: Batch) -> bool:
    """Whether the batch may have changed owners or importance, so that nothing may be judged beside its undo."""
    return batch.facts.get("decides", batch.kind != "bulk")


def _ids(batch: Batch, only: Collection[int] | None) -> dict[Any, list[int]]:
    """The records of the batch by model; with `only` those of its own type."""
    found: dict[Any, list[int]] = {}
    for model in MODELS:
        if only is None or model._meta.model_name == batch.record_type:
            ids = ids_of(model, batch.pk, only)
            found |= {model: ids} if ids else {}
    return found


def _write(plan: Plan) -> None:
    """Write a plan, inside the open act: the moves of entry times through the door, then the other columns."""
    if plan.moves:
        write_moves(plan.moves, plan.model)
    try:
        with key():
            for columns, rows in plan.others.items():
                set_many(plan.model, rows, columns=columns, trail=["undoes"])
    except RowsMoved as error:
        raise refuse("busy") from error
    for customer in Customer.objects.filter(pk__in=plan.customers):
        Customer.objects.filter(pk=customer.pk).update(search_text=derived(customer)["search_text"])


def _done_before(batch: Batch) -> list[UndoRow]:
    """What the undo took back."""
    found = []
    for model in MODELS:
        rows = model.history.model.objects.filter(batch=batch.pk).order_by("id").values_list("id", flat=True)
        found += [UndoRow(model._meta.model_name, pk, DONE) for pk in rows.distinct()]
    return found
