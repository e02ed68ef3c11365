"""The states of a time request, and the one place that writes them: each with its history row and its notice."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction

from audit.acts import act
from records.models import TimeRequest
from records.models._entry_time_key import key
from records.refusals import StaleRecord, refuse

from .locks import locked
from .notices import tell
from .records import Clock
from .seen import check_seen, rows_since

State = TimeRequest.State


@dataclass(frozen=True)
class Seen:
    """What a person looked at when they answered: both versions and both times."""

    version: int
    record_version: int
    before: dt.datetime
    wanted: dt.datetime

    @classmethod
    def of(cls, request: TimeRequest, record: Any) -> Seen:
        """What stands now."""
        return cls(request.version, record.version, request.before, request.wanted)

    def __str__(self) -> str:
        """As a form carries it."""
        times = (int(moment.timestamp()) for moment in (self.before, self.wanted))
        return ".".join(str(number) for number in (self.version, self.record_version, *times))

    @classmethod
    def read(cls, text: str) -> Seen | None:
        """From a form; None for anything else."""
        parts = text.split(".") if text.isascii() and len(text) < 80 else []
        if len(parts) != 4 or not all(part.isdigit() and len(part) < 11 for part in parts):
            return None
        version, record_version, *times = (int(part) for part in parts)
        before, wanted = (dt.datetime.fromtimestamp(seconds, dt.UTC) for seconds in times)
        return cls(version, record_version, before, wanted)

    def check(self, request: TimeRequest, record: Any) -> None:
        """Raise StaleRecord with both values where something else stands now."""
        now = Seen.of(request, record)
        if self != now:
            differ = [name for name, value in vars(now).items() if value != getattr(self, name)]
            seen, current = ({name: getattr(each, name) for name in differ} for each in (self, now))
            raise StaleRecord(request, seen, current)


def is_overtaken(request: TimeRequest, record: Any) -> bool:
    """Whether the record's entry time, owner, parents or importance changed since the request was made."""
    try:
        check_seen(record, request.seen_version, rows_since(record, request.seen_version))
    except StaleRecord:
        return True
    return record.entered_at != request.before


def over(request: TimeRequest, record: Any, at: dt.datetime) -> str:
    """The state that an open request has come to by itself at `at`: expired, overtaken, or "" if it still waits."""
    if request.expires_at <= at:
        return State.EXPIRED
    return State.OVERTAKEN if is_overtaken(request, record) else ""


def check_waits(request: TimeRequest, record: Any, at: dt.datetime) -> None:
    """Raise Refused (answered, request_expired, overtaken) where nobody can answer the request any more."""
    if request.state != State.OPEN:
        name = str(request.answered_by) if request.answered_by_id else ""
        raise refuse("answered", state=request.state, name=name)
    ended = over(request, record, at)
    if ended:
        raise refuse("request_expired" if ended == State.EXPIRED else "overtaken")


def close(
    request: TimeRequest,
    record: Any,
    state: str,
    *,
    by: Any,
    at: dt.datetime,
    channel: str,
    role: str = "",
    answer: str = "",
    change_id: int | None = None,
    remote_addr: str | None = None,
) -> None:
    """Write the state an open request ends in, with its history row, and tell who asked. In an open transaction."""
    request.state, request.answered_at, request.answer = state, at, answer
    request.answered_by, request.change_id = by, change_id
    opening = act(by=by, reason="", note=answer, channel=channel, at=at, role=role, remote_addr=remote_addr)
    with opening, key():
        request.save(update_fields=["state", "answered_at", "answer", "answered_by", "change_id"])
    if state != State.WITHDRAWN:
        tell(
            kind=state,
            record=record,
            at=at,
            actor=by,
            to=[request.asked_by_id],
            before=request.before,
            after=request.wanted,
            reason=request.why_code,
            words=answer,
            request=request,
        )


def settle(*, request: TimeRequest, clock: Clock) -> TimeRequest:
    """End an open request that has expired or been overtaken, in its own transaction; gives it as it stands then."""
    with transaction.atomic(durable=True):
        row = locked(TimeRequest, request.pk)
        if row.state != State.OPEN:
            return row
        record = locked(row.record_model, row.record_id)
        at = clock()
        ended = over(row, record, at)
        if ended:
            close(row, record, ended, by=None, at=at, channel="command")
        return row


def record_of(request: TimeRequest) -> Any:
    """The record that a request is about, with its customer; None where there is none any more."""
    model = request.record_model
    related = [name for name in ("owner", "customer", "opportunity") if hasattr(model, name)]
    try:
        return model._default_manager.select_related(*related).get(pk=request.record_id)
    except ObjectDoesNotExist:
        return None
