"""Rows of a bulk change that somebody else has to approve: asked for as one, and answered as one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.db.models import Q

from audit.acts import act
from records.access import Checker
from records.deciders import deciders, seen_by
from records.models import RECORDS, BulkChange, BulkRow, Notice, TimeRequest, TypeRule
from records.models._entry_time_key import key
from records.models.time_request import waits
from records.refusals import refuse
from records.rules import Finding

from .bulk import insert_many
from .entry_time.many import ManyMove, plan_moves
from .many_rows import ASK, DONE, NO, RowResult, begin, chunks
from .notices import tell
from .records import Clock
from .refusing import service
from .request_answers import Answer, answer_many
from .request_states import Seen, close, over

ASKED = "asked"  # the outcome of a row
MOST_ASKED = 5_000  # rows that are asked for at once
ANSWERED_AT_ONCE = 500  # requests that one answer holds for
TOLD_OF = 20  # kinds of rows whose deciders are looked up


@dataclass(frozen=True)
class Asked:
    """The requests that were made, and what came of each row: "ask" where it was asked for, else why not."""

    requests: list[TimeRequest]
    rows: list[RowResult]


@service("ask_many", about="bulk")
def ask_many(*, bulk: BulkChange, by: Any, channel: str, clock: Clock, remote_addr: str | None = None) -> Asked:
    """Ask for the rows of `bulk` that need somebody else: a request each, all of that bulk change, told of as one.

    They were so previewed, or found so only when they were to be done, because a rule or a right had changed. Rows that
    were changed since, or that nobody could approve, are left out. Those that `by` has asked for already count as
    asked. Asked again it asks only for what is left. Raises Refused: inactive, requests_off (none could be asked),
    ask_many (more than MOST_ASKED).
    """
    model = RECORDS[bulk.record_type]
    rows_to_ask = bulk.rows.filter(Q(verdict=ASK, outcome="") | Q(outcome=ASK)).order_by("record_id")
    wanted = {row.record_id: row for row in rows_to_ask[: MOST_ASKED + 1]}
    if len(wanted) > MOST_ASKED:
        raise refuse("ask_many", most=f"{MOST_ASKED:,}")
    standing = _standing(bulk.record_type, by, list(wanted), lock=True)  # locks: requests, records, rules
    checker = begin(model, wanted, by, clock)
    moves = [ManyMove(pk, row.seen_version, row.after) for pk, row in wanted.items() if row.after is not None]
    rows, _writes = plan_moves(moves, model, checker, reason=bulk.reason, note=bulk.note, channel=channel)
    _make_room(model, standing, checker.at)
    taken = {each.record_id for each in _standing(bulk.record_type, by, list(wanted))}
    rows = [_said(row, row.record_id in taken) for row in rows]
    asked = [row for row in rows if row.outcome == ASK]
    if wanted and not asked and set(wanted) != taken:
        raise refuse("requests_off")
    made = _make(bulk, asked, checker, channel, remote_addr) if asked else []
    for some in chunks([*taken, *(row.record_id for row in asked)]):
        BulkRow.objects.filter(bulk=bulk, record_id__in=some).update(outcome=ASKED)
    _tell(model, made, checker)
    return Asked(made, rows)


def waiting_of(bulk: int, by: Any, at: dt.datetime) -> list[TimeRequest]:
    """The requests of a bulk change that wait for an answer, on records that `by` may see; the first ones, in order."""
    rows = seen_by(by, at).filter(waits(at), bulk=bulk)
    return list(rows.select_related("asked_by").order_by("id")[:ANSWERED_AT_ONCE])


def seen_of(bulk: int, by: Any, at: dt.datetime) -> str:
    """What a page that shows `by` the waiting requests of a bulk change carries, so that no others are answered."""
    return _digest(_chosen(bulk, by, at))


def answer_bulk(
    *, bulk: int, seen: str, approves: bool, note: str, by: Any, clock: Clock, remote_addr: str | None = None
) -> list[Answer]:
    """Approve or reject the waiting requests of the bulk change with that id, as `by` saw them: ANSWERED_AT_ONCE.

    Those on records that `by` may not see stay as they are and are not told of. Each is answered by itself, with four
    eyes: one that is refused keeps none of the others back, and names why. Raises Refused many_moved, and answers none,
    where others wait than were seen.
    """
    chosen = _chosen(bulk, by, clock())
    if seen != _digest(chosen):
        raise refuse("many_moved", count=len(chosen))
    return answer_many(chosen=chosen, approves=approves, note=note, by=by, clock=clock, remote_addr=remote_addr)


def _digest(chosen: Sequence[tuple[TimeRequest, Seen]]) -> str:
    return sha256(" ".join(f"{request.pk}:{seen}" for request, seen in chosen).encode()).hexdigest()


def _chosen(bulk: int, by: Any, at: dt.datetime) -> list[tuple[TimeRequest, Seen]]:
    requests = waiting_of(bulk, by, at)
    if not requests:
        return []
    records = requests[0].record_model._default_manager.in_bulk([request.record_id for request in requests])
    return [(request, Seen.of(request, records[request.record_id])) for request in requests]


def _standing(record_type: str, by: Any, ids: Sequence[int], *, lock: bool = False) -> list[TimeRequest]:
    """The person's own open requests on these records."""
    rows = TimeRequest.objects.open().filter(record_type=record_type, asked_by=by.pk).order_by("pk")
    rows = rows.select_for_update(no_key=True) if lock else rows
    return [request for some in chunks(ids) for request in rows.filter(record_id__in=some)]


def _make_room(model: Any, standing: Iterable[TimeRequest], at: dt.datetime) -> None:
    """End those that have expired or been overtaken."""
    found = list(standing)
    records = model._default_manager.in_bulk([request.record_id for request in found])
    for request in found:
        ended = over(request, records[request.record_id], at)
        if ended:
            close(request, records[request.record_id], ended, by=None, at=at, channel="command")


def _said(row: RowResult, taken: bool) -> RowResult:
    """What may be said of a row that was to be asked for."""
    code = "request_open" if row.outcome == ASK and taken else "ask_needless" if row.outcome == DONE else ""
    return row._replace(outcome=NO, codes=(code,), findings=(Finding(code),)) if code else row


def _make(
    bulk: BulkChange, rows: Sequence[RowResult], checker: Checker, channel: str, remote_addr: str | None
) -> list[TimeRequest]:
    days = TypeRule.objects.values_list("request_days", flat=True).get(record_type=bulk.record_type)
    made = [
        TimeRequest(
            record_type=bulk.record_type,
            record_id=row.record_id,
            seen_version=row.version,
            before=row.before,
            wanted=row.after,
            why_code=bulk.reason or "unstated",
            words=bulk.note.strip(),
            rules=",".join(row.codes),
            asked_by=checker.user,
            asked_at=checker.at,
            expires_at=checker.at + dt.timedelta(days=days),
            bulk=bulk.pk,
        )
        for row in rows
    ]
    for request in made:
        request.full_clean(validate_unique=False, validate_constraints=False)
    said: dict[str, Any] = {"reason": "", "note": bulk.note.strip(), "channel": channel, "remote_addr": remote_addr}
    with act(by=checker.user, at=checker.at, role=",".join(checker.who.roles), **said), key():
        insert_many(made)
    return made


def _tell(model: Any, made: Sequence[TimeRequest], checker: Checker) -> None:
    """Tell those who may answer, each once: of the first that is theirs, and how many were asked for beside it."""
    records: dict[int, Any] = {}
    for some in chunks([request.record_id for request in made]):
        records |= model._default_manager.in_bulk(list(some))
    kinds: dict[tuple[bool, int], TimeRequest] = {}
    for request in made:
        kinds.setdefault((records[request.record_id].is_key, records[request.record_id].owner_id), request)
    told: set[int] = set()
    more = f" (+{len(made) - 1:,})" if len(made) > 1 else ""
    for request in list(kinds.values())[:TOLD_OF]:
        record = records[request.record_id]
        people = {each.pk for each in deciders(record, checker.at, but=checker.user)} - told
        told |= people
        said: dict[str, Any] = {"before": request.before, "after": request.wanted, "reason": request.why_code}
        words = f"{request.words}{more}".strip()
        whom: dict[str, Any] = {"actor": checker.user, "to": people, "request": request, "words": words}
        tell(kind=Notice.Kind.ASKED, record=record, at=checker.at, **said, **whom)
