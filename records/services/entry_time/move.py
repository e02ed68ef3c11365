"""What is asked of the door, and what is looked at before and after: shared by changes of one record and of many."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max

from records.access import Checker
from records.rules import MINUTES_TO_TAKE_BACK, Case, Neighbour, Verdict
from records.services.judging import class_of


@dataclass(frozen=True)
class Result:
    """What came of it: the history row (None where nothing changed), the record's version, both times.

    `repeated` says that this very change had been made before and this is its first answer.
    """

    history_id: int | None
    version: int
    before: dt.datetime
    after: dt.datetime
    repeated: bool = False


@dataclass(frozen=True)
class Move:
    """What is asked of the door: the new time and why; `undoes` is the history row that is taken back."""

    entered_at: dt.datetime
    reason: str
    note: str
    acknowledged: frozenset[str] = frozenset()
    trail: dict[str, Any] = field(default_factory=dict)
    undoes: int | None = None
    approved: bool = False  # by the person acting, who answers somebody else's request
    asked_by: int | None = None  # whose request it is: grants they gave do not count for who answers it


def case_of(row: Any, move: Move, *, taking_back: bool, locked_by: str, order: tuple[Neighbour, ...]) -> Case:
    """The case that the rules judge."""
    return Case(
        record_type=row._meta.model_name,
        customer_class=class_of(row),
        before=row.entered_at,
        after=move.entered_at,
        reason=move.reason,
        note=move.note,
        taking_back=taking_back,
        approved=move.approved,
        locked_by=locked_by,
        order=order,
    )


def codes_of(verdict: Verdict) -> list[str]:
    """Codes of what refuses: window, too_far, forward, and approval with why it is needed."""
    found = []
    for finding in verdict.errors:
        because = finding.params.get("because", ())
        found += [f"{finding.code}_{each}" for each in because] or [finding.code]
    return found


def first_answer(rows: list[dict[str, Any]], by: Any, move: Move) -> Result | None:
    """The first answer, where the first move since the seen version is this person's with this time and reason."""
    first = next((row for row in rows[1:] if row["previous_entered_at"] is not None), None)
    if first is None:
        return None
    same = (first["history_user_id"], first["entered_at"], first["reason"])
    if same != (by.pk, move.entered_at, move.reason or "unstated"):
        return None
    return Result(first["history_id"], first["version"], first["previous_entered_at"], move.entered_at, repeated=True)


def last_moves(model: Any, ids: Iterable[Any]) -> dict[int, dict[str, Any]]:
    """By record the history row that moved its time last: its id, person and moment."""
    history = model.history.model.objects
    moves = history.filter(id__in=list(ids), previous_entered_at__isnull=False).order_by()
    last = moves.values("id").annotate(last=Max("history_id")).values("last")
    rows = history.filter(history_id__in=last).order_by()
    return {row["id"]: row for row in rows.values("id", "history_id", "history_user_id", "history_date")}


def may_take_back(last: dict[str, Any] | None, undoes: int, checker: Checker) -> bool:
    """Whether the undone change is this person's own, the `last` move of the time, and at most 15 minutes old."""
    if last is None or (last["history_id"], last["history_user_id"]) != (undoes, checker.user.pk):
        return False
    return checker.at - last["history_date"] <= dt.timedelta(minutes=MINUTES_TO_TAKE_BACK)
