"""Time requests: who may not change an entry time asks, and somebody else answers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from audit.acts import act
from audit.events import record_event
from records.access import Checker
from records.deciders import deciders
from records.models import Notice, ProofFile, TimeRequest, TypeRule
from records.models._entry_time_key import key
from records.models.access import VIEW
from records.models.record import Record
from records.refusals import Refused, refuse
from records.rules import ASKABLE

from .entry_time import Move, codes_of, weigh
from .locks import locked, rules_lock
from .notices import tell
from .records import Clock, actor
from .refusing import service
from .request_answers import Answer, answer_many, approve, reject
from .request_states import Seen, State, close, over, settle
from .seen import check_seen, rows_since

__all__ = ["Answer", "Seen", "answer_many", "approve", "ask", "expire_due", "reject", "settle", "withdraw"]
LARGEST_PROOF = 2_000_000  # bytes
BATCH = 200  # requests looked at in one run of the worker


@service("ask")
def ask(
    *,
    record: Record,
    seen_version: int,
    wanted: dt.datetime,
    why_code: str,
    words: str,
    by: Any,
    channel: str,
    clock: Clock,
    link: str = "",
    proof: tuple[str, bytes] | None = None,
    remote_addr: str | None = None,
) -> TimeRequest:
    """Ask that `record`, as `by` saw it at `seen_version`, shall count as entered at `wanted`.

    For who sees the record and may not do it alone. Raises Refused: see_right, archived, ask_same, what the door says
    that nobody could approve (future, closed, locked, reason …), requests_off, ask_needless (they may do it
    themselves), request_open (they have asked already), proof_size; StaleRecord. Those who may answer are told.
    """
    standing = TimeRequest.objects.open().filter(
        record_type=record._meta.model_name, record_id=record.pk, asked_by=by.pk
    )
    mine = standing.select_for_update(no_key=True).first()  # locks: request, record, rules
    row = locked(type(record), record.pk)
    rules_lock(exclusive=False)
    if mine is None and standing.exists():  # made while this one waited for the record
        raise refuse("request_open")
    checker = actor(by, clock())
    if not checker.why(row, VIEW.format(row._meta.model_name)):
        raise refuse("see_right")
    check_seen(row, seen_version, rows_since(row, seen_version))
    rules = _check(row, wanted, why_code, words, checker, channel)
    if proof is not None and len(proof[1]) > LARGEST_PROOF:
        raise refuse("proof_size")
    if mine is not None:
        _make_room(mine, row, checker.at)
    made = TimeRequest(
        record_type=row._meta.model_name,
        record_id=row.pk,
        seen_version=row.version,
        before=row.entered_at,
        wanted=wanted,
        why_code=why_code or "unstated",
        words=words.strip(),
        link=link,
        rules=",".join(rules),
        asked_by=checker.user,
        asked_at=checker.at,
        expires_at=checker.at + dt.timedelta(days=TypeRule.objects.get(record_type=row._meta.model_name).request_days),
    )
    made.full_clean(validate_unique=False, validate_constraints=False)
    role = ",".join(checker.who.roles)
    opening = act(
        by=checker.user, reason="", note=made.words, channel=channel, at=checker.at, role=role, remote_addr=remote_addr
    )
    with opening, key():
        made.save(force_insert=True)
    if proof is not None:
        _keep_proof(made, row, _file_name(proof[0]), proof[1], checker, channel, remote_addr)
    _tell_deciders(made, row, checker)
    return made


def _keep_proof(
    made: TimeRequest, row: Any, name: str, data: bytes, checker: Checker, channel: str, remote_addr: str | None
) -> None:
    """The file, and an event with its hashes, which the next seal holds."""
    file = ProofFile.objects.create(request=made, name=name, data=data, size=len(data))
    record_event(
        kind=ProofFile.EVENT,
        by=checker.user,
        at=checker.at,
        channel=channel,
        record=row,
        remote_addr=remote_addr,
        what={"request": made.pk, "size": file.size} | ProofFile.fingerprint(name, data),
    )


def _check(row: Any, wanted: dt.datetime, why_code: str, words: str, checker: Checker, channel: str) -> list[str]:
    """The rules that send it to somebody else. Raises Refused where nobody may approve it, or nobody needs to."""
    if row.archived_at is not None:
        raise refuse("archived")
    if row.entered_at == wanted:
        raise refuse("ask_same")
    move = Move(entered_at=wanted, reason=why_code, note=words)
    sources, verdict = weigh(record=row, move=move, checker=checker, channel=channel)
    hard = [finding for finding in verdict.errors if finding.code not in ASKABLE]
    if hard:
        raise Refused(*hard)
    if sources and not verdict.errors:
        raise refuse("ask_needless")
    if not verdict.may_ask:
        raise refuse("requests_off")
    return codes_of(verdict) if sources else ["right"]


def _make_room(mine: TimeRequest, row: Any, at: dt.datetime) -> None:
    """End one's own older request that has expired or been overtaken; raise Refused where it still waits."""
    ended = over(mine, row, at)
    if not ended:
        raise refuse("request_open")
    close(mine, row, ended, by=None, at=at, channel="command")


def _tell_deciders(made: TimeRequest, row: Any, checker: Checker) -> None:
    tell(
        kind=Notice.Kind.ASKED,
        record=row,
        at=checker.at,
        actor=checker.user,
        to=[person.pk for person in deciders(row, checker.at, but=checker.user)],
        before=made.before,
        after=made.wanted,
        reason=made.why_code,
        words=made.words,
        request=made,
    )


def _file_name(name: str) -> str:
    """The last part of a path, without what no file name holds."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in last if sign.isprintable() and sign not in '"<>|').strip()[-200:] or "file"


@service("withdraw_request", about="request")
def withdraw(
    *, request: TimeRequest, by: Any, channel: str, clock: Clock, remote_addr: str | None = None
) -> TimeRequest:
    """Take back one's own request while it waits. Raises Refused: withdraw_right, answered. Twice is once."""
    row = locked(TimeRequest, request.pk)
    checker = actor(by, clock())
    if row.asked_by_id != checker.user.pk:
        raise refuse("withdraw_right")
    if row.state == State.WITHDRAWN:
        return row
    if row.state != State.OPEN:
        raise refuse("answered", state=row.state, name=str(row.answered_by or ""))
    record = row.record_model._default_manager.get(pk=row.record_id)
    role = ",".join(checker.who.roles)
    close(
        row,
        record,
        State.WITHDRAWN,
        by=checker.user,
        at=checker.at,
        channel=channel,
        role=role,
        remote_addr=remote_addr,
    )
    return row


def expire_due(clock: Clock) -> int:
    """End all open requests that have expired, or whose record has changed since. Gives how many ended.

    For the worker: one transaction each, so that a crash loses none and keeps nobody waiting.
    """
    due = TimeRequest.objects.open().filter(expires_at__lte=clock()).order_by("expires_at")[:BATCH]
    found = {request.pk: request for request in (*due, *_moved_on())}
    return sum(settle(request=request, clock=clock).state != State.OPEN for request in found.values())


def _moved_on() -> list[TimeRequest]:
    """Open requests whose record has another version than the one they started from."""
    found: list[TimeRequest] = []
    for request in TimeRequest.objects.open().order_by("-id")[:BATCH]:
        versions: Any = request.record_model._default_manager.filter(pk=request.record_id)
        if versions.exclude(version=request.seen_version).exists():
            found.append(request)
    return found
