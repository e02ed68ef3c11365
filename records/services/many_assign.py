"""Many records given to another owner, or put into the archive: each judged as if it came alone, as one batch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from audit.set_rows import RowsMoved, SetRow
from records.access import Checker
from records.models._entry_time_key import key
from records.models.access import CHANGE, VIEW
from records.models.guard import NotThroughTheDoor
from records.refusals import refuse
from records.rules import Finding

from .bulk import set_many
from .many_rows import (
    AT_ONCE,
    DONE,
    LEAVE_OUT,
    MOVED,
    NO,
    OK,
    SAME,
    Also,
    ManyResult,
    RowResult,
    Step,
    act_of,
    begin,
    check_moved,
    chunks,
    earlier,
    make_batch,
)
from .records import Clock, check_owner
from .refusing import service
from .seen import many_since

ASSIGN, ARCHIVE = "assign", "archive"  # kinds of batches
Seen = tuple[int, int]  # a record's id, and the version it was seen at
Judged = tuple[RowResult, SetRow | None]
Decide = Callable[[Any, int, list[dict[str, Any]]], tuple[str, str]]


@service("assign_many", about="batch")
def assign_many(
    *,
    rows: Sequence[Seen],
    model: Any,
    owner: Any,
    by: Any,
    reason: str,
    note: str,
    channel: str,
    clock: Clock,
    on_moved: str = LEAVE_OUT,
    title: str = "",
    facts: dict[str, Any] | None = None,
    trail: dict[str, Any] | None = None,
    job: int | None = None,
    token: str = "",
    also: Also | None = None,
    step: Step | None = None,
) -> ManyResult:
    """Give records of `model` to another owner, who must be active and may own records; as change_many otherwise.

    Raises Refused: owner, inactive, many_moved, many_not_so, busy.
    """
    checker = begin(model, (pk for pk, _version in rows), by, clock, exclusive=True)
    before = _before(checker, model, "owner_id", job, token)
    if before is not None:
        return before
    check_owner(owner)
    judge = _Many(model, checker, "owner_id", owner.pk, DONE)
    said = {"reason": reason, "note": note, "channel": channel, "trail": trail}
    named = {"title": title or note, "job": job, "facts": _facts(facts, token, owner=owner.pk)}
    return judge.make(rows, ASSIGN, on_moved, said, named, also, step)


@service("archive_many", about="batch")
def archive_many(
    *,
    rows: Sequence[Seen],
    model: Any,
    by: Any,
    reason: str,
    note: str,
    channel: str,
    clock: Clock,
    on_moved: str = LEAVE_OUT,
    title: str = "",
    facts: dict[str, Any] | None = None,
    trail: dict[str, Any] | None = None,
    job: int | None = None,
    token: str = "",
    also: Also | None = None,
    step: Step | None = None,
) -> ManyResult:
    """Put records of `model` out of the lists; as change_many otherwise.

    Raises Refused: inactive, many_moved, many_not_so, busy.
    """
    checker = begin(model, (pk for pk, _version in rows), by, clock)
    before = _before(checker, model, "archived_at", job, token)
    if before is not None:
        return before
    judge = _Many(model, checker, "archived_at", checker.at, DONE)
    said = {"reason": reason, "note": note, "channel": channel, "trail": trail}
    named = {"title": title or note, "job": job, "facts": _facts(facts, token)}
    return judge.make(rows, ARCHIVE, on_moved, said, named, also, step)


def preview_assign(*, rows: Sequence[Seen], model: Any, owner: Any, by: Any, at: dt.datetime) -> list[RowResult]:
    """What assign_many would do at the moment `at`; nothing is locked or written. Raises Refused owner."""
    check_owner(owner)
    return [row for row, _write in _Many(model, Checker(by, at), "owner_id", owner.pk, OK).judge(rows)]


def preview_archive(*, rows: Sequence[Seen], model: Any, by: Any, at: dt.datetime) -> list[RowResult]:
    """What archive_many would do at the moment `at`; nothing is locked or written."""
    return [row for row, _write in _Many(model, Checker(by, at), "archived_at", at, OK).judge(rows)]


def set_with_part_of(model: Any, rows: Sequence[SetRow], *, columns: Sequence[str], trail: Sequence[str]) -> int:
    """`set_many` for rows that may be made part of another customer, each of them judged (`part_of_refusal`)."""
    if model.LOCKED & {model._meta.get_field(name).name for name in columns} - {"parent"}:
        raise NotThroughTheDoor(f"{sorted(columns)} have services of their own")
    with key():
        return set_many(model, rows, columns=columns, trail=trail)


def may_assign(checker: Checker, row: Any) -> str:
    """Why the person may not give the record to another owner, by code; "" where they may."""
    name = row._meta.model_name
    held = f"assign_{name}" in checker.who.permissions and checker.why(row, VIEW.format(name))
    return "" if held else "assign_right"


def may_change(checker: Checker, row: Any) -> str:
    """Why the person may not change, or archive, the record, by code; "" where they may."""
    return "" if checker.why(row, CHANGE.format(row._meta.model_name)) else "change_right"


class _Many:
    """One column of many records that gets one value."""

    def __init__(self, model: Any, checker: Checker, column: str, value: Any, passed: str) -> None:
        self.model, self.checker, self.column, self.value, self.passed = model, checker, column, value, passed
        self.decide: Decide = self._owner if column == "owner_id" else self._archive

    def judge(self, rows: Sequence[Seen]) -> Iterator[Judged]:
        """What comes of each, in the order of ids, and what is to be written."""
        for some in chunks(sorted(rows)):
            seen = dict(some)
            found = self.model._default_manager.defer("search_text").in_bulk(list(seen))
            self.checker.prefetch_perms(list(found.values()))
            since = many_since(self.model, {pk: v for pk, v in seen.items() if pk in found and found[pk].version != v})
            for pk, version in seen.items():
                yield self._one(found.get(pk), pk, version, since.get(pk, []))
            self.checker.forget()

    def _one(self, row: Any, pk: int, version: int, since: list[dict[str, Any]]) -> Judged:
        if row is None:
            return RowResult(pk, MOVED), None
        outcome, code = self.decide(row, version, since)
        before = getattr(row, self.column)
        told = {"number": row.number, "before": before, "after": self.value, "owner_id": row.owner_id}
        if outcome == MOVED and since:
            told |= {"by_name": since[-1]["actor_name"], "by_at": since[-1]["history_date"]}
        findings = (Finding(code),) if code else ()
        result = RowResult(pk, outcome, **told, findings=findings, codes=(code,) if code else ())
        return result, SetRow(pk, row.version, (self.value,)) if outcome == self.passed else None

    def _owner(self, row: Any, version: int, since: list[dict[str, Any]]) -> tuple[str, str]:
        """The steps of change_owner."""
        if row.archived_at is not None:
            return NO, "archived"
        if row.version != version and (not since or since[0]["version"] != version):
            return MOVED, ""
        if since and since[0]["owner_id"] != row.owner_id:
            return MOVED, ""
        if code := may_assign(self.checker, row):
            return NO, code
        return (SAME if row.owner_id == self.value else self.passed), ""

    def _archive(self, row: Any, version: int, since: list[dict[str, Any]]) -> tuple[str, str]:
        """The steps of archive_record."""
        if code := may_change(self.checker, row):
            return NO, code
        if row.archived_at is not None:
            return SAME, ""
        return (MOVED if row.version != version else self.passed), ""

    def make(
        self,
        rows: Sequence[Seen],
        kind: str,
        on_moved: str,
        said: dict[str, Any],
        named: dict[str, Any],
        also: Also | None,
        step: Step | None,
    ) -> ManyResult:
        """Judge and write, as one batch."""
        results, writes = [], []
        for result, write in self.judge(rows):
            results.append(result)
            writes += [] if write is None else [write]
            if step is not None and len(results) % AT_ONCE == 0:
                step(len(results))
        check_moved(results, on_moved)
        about = {"kind": kind, "record_type": self.model._meta.model_name, "reason": said["reason"]}
        batch = make_batch(self.checker, results, **about, **named)
        if batch is not None:
            with act_of(batch, self.checker, **said):
                write_column(self.model, writes, self.column)
        made = ManyResult(batch, results)
        if also is not None:
            also(made)
        return made


def write_column(model: Any, writes: Sequence[SetRow], *columns: str) -> None:
    """Write what was planned, inside the open act. Raises Refused busy where a row moved on all the same."""
    try:
        with key():
            set_many(model, writes, columns=columns)
    except RowsMoved as error:
        raise refuse("busy") from error


def _facts(facts: dict[str, Any] | None, token: str, **more: Any) -> dict[str, Any]:
    return {**(facts or {}), **more, **({"token": token} if token else {})}


def _before(checker: Checker, model: Any, column: str, job: int | None, token: str) -> ManyResult | None:
    """What this work or wish did already."""
    batch = earlier(checker.user, job, token)
    if batch is None:
        return None
    rows = model.history.model.objects.filter(batch=batch.pk).order_by("id").values_list("id", "number", column)
    return ManyResult(batch, [RowResult(pk, DONE, number, after=after) for pk, number, after in rows], repeated=True)
