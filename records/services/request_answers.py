"""Answering time requests: four eyes, and an approval that walks through the door like any other change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from records.access import Checker
from records.models import ProofFile, TimeRequest
from records.refusals import Refused, StaleRecord, refuse

from .entry_time import Move, Result, change
from .four_eyes import check_decider
from .locks import locked, rules_lock
from .records import Clock, actor
from .refusing import service
from .request_states import Seen, State, check_waits, close, settle

CHANNEL = "request"


def _settling(answer: Callable[..., Any]) -> Callable[..., Any]:
    """After a refusal because the request has expired or been overtaken, write that state: the refusal rolled back."""

    @wraps(answer)
    def run(**kwargs: Any) -> Any:
        try:
            return answer(**kwargs | {"channel": CHANNEL})
        except Refused as no:
            if {"request_expired", "overtaken"} & set(no.codes):
                settle(request=kwargs["request"], clock=kwargs["clock"])
            raise

    return run


@_settling
@service("approve_request", about="request")
def approve(
    *,
    request: TimeRequest,
    seen: Seen,
    by: Any,
    clock: Clock,
    note: str = "",
    acknowledged: Iterable[str] = (),
    channel: str = CHANNEL,
    remote_addr: str | None = None,
) -> Result:
    """Approve `request`, as `by` saw it: the change and the answer, in one transaction.

    Judged by the approver's right and window; the trail's row names both. Raises Refused: four_eyes, decide_right,
    right, asker_granted, answered, request_expired, overtaken, and what the door says; StaleRecord with both values
    where something else stands than was seen. Approving again what one has approved gives the first answer.
    """
    row = locked(TimeRequest, request.pk)
    again = _repeated(row, seen, by)
    if again is not None:
        return again
    record, checker = _judged(row, by, clock)
    seen.check(row, record)
    result = change(
        record=record,
        seen_version=row.seen_version,
        move=_move(row, checker, acknowledged, remote_addr),
        by=checker.user,
        channel=channel,
        clock=lambda: checker.at,
    )
    _close(row, record, State.APPROVED, checker, note, remote_addr, change_id=result.history_id)
    return result


@_settling
@service("reject_request", about="request")
def reject(
    *,
    request: TimeRequest,
    seen: Seen,
    by: Any,
    clock: Clock,
    note: str,
    channel: str = CHANNEL,
    remote_addr: str | None = None,
) -> TimeRequest:
    """Reject `request` with a note. Nothing changes but its state. Raises as `approve`, and Refused answer_note."""
    row = locked(TimeRequest, request.pk)
    if (row.state, row.answered_by_id, row.answer) == (State.REJECTED, by.pk, note.strip()):
        return row
    record, checker = _judged(row, by, clock)
    if not note.strip():
        raise refuse("answer_note")
    seen.check(row, record)
    _close(row, record, State.REJECTED, checker, note, remote_addr)
    return row


@dataclass(frozen=True)
class Answer:
    """What came of one of many: nothing against it, or why it was left as it was."""

    request: TimeRequest
    no: Refused | StaleRecord | None = None


def answer_many(
    *,
    chosen: Iterable[tuple[TimeRequest, Seen]],
    approves: bool,
    note: str,
    by: Any,
    clock: Clock,
    remote_addr: str | None = None,
) -> list[Answer]:
    """Approve or reject each of `chosen` by itself: one that is refused keeps none of the others back."""
    answer, found = approve if approves else reject, []
    for request, seen in chosen:
        try:
            answer(request=request, seen=seen, by=by, clock=clock, note=note, remote_addr=remote_addr)
        except (Refused, StaleRecord) as no:
            found.append(Answer(request, no))
        else:
            found.append(Answer(request))
    return found


def _judged(row: TimeRequest, by: Any, clock: Clock) -> tuple[Any, Checker]:
    """The record and the person under all locks, once they may answer and the request still waits."""
    record = locked(row.record_model, row.record_id)
    rules_lock(exclusive=False)
    checker = actor(by, clock())
    check_decider(row, record, checker)
    check_waits(row, record, checker.at)
    return record, checker


def _repeated(row: TimeRequest, seen: Seen, by: Any) -> Result | None:
    """The first answer, where this person has approved just what they see."""
    if (row.state, row.answered_by_id) != (State.APPROVED, by.pk):
        return None
    if (seen.version + 1, seen.before, seen.wanted) != (row.version, row.before, row.wanted):
        return None
    return Result(row.change_id, seen.record_version + 1, row.before, row.wanted, repeated=True)


def _move(row: TimeRequest, checker: Checker, acknowledged: Iterable[str], remote_addr: str | None) -> Move:
    return Move(
        entered_at=row.wanted,
        reason="" if row.why_code == "unstated" else row.why_code,
        note=row.words,
        acknowledged=frozenset(acknowledged),
        approved=True,
        asked_by=row.asked_by_id,
        trail={
            "requester_id": row.asked_by_id,
            "requester_name": str(row.asked_by),
            "approver_id": checker.user.pk,
            "approver_name": str(checker.user),
            "time_request_id": row.pk,
            "proof": _proof(row),
            "remote_addr": remote_addr,
        },
    )


def _proof(row: TimeRequest) -> str:
    """The link, or the name of the file that the request keeps."""
    file = ProofFile.objects.filter(request=row.pk).values_list("name", flat=True).first()
    return " ".join(filter(None, (row.link, file)))


def _close(
    row: TimeRequest, record: Any, state: str, checker: Checker, note: str, remote_addr: str | None, **more: Any
) -> None:
    close(
        row,
        record,
        state,
        by=checker.user,
        at=checker.at,
        channel=CHANNEL,
        role=",".join(checker.who.roles),
        answer=note.strip(),
        remote_addr=remote_addr,
        **more,
    )
