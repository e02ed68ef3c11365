"""THE DOOR for one record: lock, read again, who, stale, what, write."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.auth import get_user_model

from audit.acts import act
from records.access import Checker, Source
from records.models import TypeRule
from records.models._entry_time_key import key
from records.models.access import REDATE
from records.models.record import Record
from records.refusals import Refused, refuse
from records.rules import Limits, Verdict, judge
from records.services.four_eyes import not_granted_by
from records.services.judging import class_of, limits_for, locked_by, neighbours
from records.services.locks import locked, rules_lock
from records.services.notices import tell_of_change
from records.services.refusing import service
from records.services.seen import check_seen, rows_since

from .move import Move, Result, case_of, first_answer, last_moves, may_take_back


@service("change_entry_time")
def change_entry_time(
    *,
    record: Record,
    seen_version: int,
    entered_at: dt.datetime,
    reason: str,
    note: str,
    by: Any,
    channel: str,
    clock: Callable[[], dt.datetime],
    acknowledged: Iterable[str] = (),
    typed: str = "",
    typed_zone: str = "",
    remote_addr: str | None = None,
) -> Result:
    """Change the entry time of `record`, as `by` saw it at `seen_version`, to `entered_at` (aware, whole seconds).

    `reason` is the code of a Reason, `note` the person's words, `typed` and `typed_zone` what was given and in which
    zone, `acknowledged` the codes of ticked warnings. Raises Refused (codes in records/refusals.py), StaleRecord, or
    `DoesNotExist`. Opens its own durable transaction.
    """
    move = Move(
        entered_at=entered_at,
        reason=reason,
        note=note,
        acknowledged=frozenset(acknowledged),
        trail={"typed": typed, "typed_zone": typed_zone, "remote_addr": remote_addr},
    )
    return change(record=record, seen_version=seen_version, move=move, by=by, channel=channel, clock=clock)


def change(
    *, record: Record, seen_version: int, move: Move, by: Any, channel: str, clock: Callable[[], dt.datetime]
) -> Result:
    """The door inside an open transaction: lock, re-read, who, stale, what, write."""
    row = locked(type(record), record.pk)  # 1: rows, then rules
    rules_lock(exclusive=False)
    at = clock()  # 2
    by = get_user_model().objects.get(pk=by.pk)
    since = rows_since(row, seen_version)
    again = first_answer(since, by, move)  # 3: seen before?
    if again is not None:
        return again
    checker = Checker(by, at)
    sources = _sources(row, checker, move)  # 4: who, stale, archived
    check_seen(row, seen_version, since)
    if row.archived_at is not None:
        raise refuse("archived")
    if row.entered_at == move.entered_at:  # 5
        return Result(None, row.version, move.entered_at, move.entered_at)
    verdict, limits = _judge(row, move, checker, sources, channel)  # 6: what
    extra = {
        "exception_id": limits.excepted_by if verdict.excepted and limits else None,
        "acknowledged": ",".join(sorted(warning.code for warning in verdict.warnings)),  # all of them were ticked
    }
    return _write(row, move, checker, sources[0], channel, extra)  # 7: all or nothing


def foresee(*, record: Any, move: Move, by: Any, channel: str, at: dt.datetime) -> Verdict:
    """What the door would say of `move` at the moment `at`: raises Refused as it would; nothing is written or kept.

    Warnings that were not ticked come back in the verdict instead of refusing.
    """
    checker = Checker(by, at)
    sources = _sources(record, checker, move)
    if record.archived_at is not None:
        raise refuse("archived")
    verdict, _ = _verdict(record, move, checker, sources, channel)
    if verdict.errors:
        raise Refused(*verdict.errors, may_ask=verdict.may_ask)
    return verdict


def weigh(*, record: Any, move: Move, checker: Checker, channel: str) -> tuple[list[Source], Verdict]:
    """What lets the person change the time of `record` (nothing, perhaps), and what the rules say of `move`.

    Refuses nothing: for who may not do it, and asks for it.
    """
    sources = checker.why(record, REDATE.format(record._meta.model_name))
    return sources, _verdict(record, move, checker, sources, channel)[0]


def _sources(row: Any, checker: Checker, move: Move) -> list[Source]:
    if not checker.user.is_active:
        raise refuse("inactive")
    sources = checker.why(row, REDATE.format(row._meta.model_name))
    if move.asked_by is not None:
        sources = not_granted_by(move.asked_by, sources, row)
    if not sources:
        raise refuse("right")
    return sources


def _judge(
    row: Any, move: Move, checker: Checker, sources: list[Source], channel: str
) -> tuple[Verdict, Limits | None]:
    """The verdict, once nothing refuses any more: no error, and every warning ticked by its code."""
    verdict, limits = _verdict(row, move, checker, sources, channel)
    if verdict.errors:
        raise Refused(*verdict.errors, may_ask=verdict.may_ask)
    if {warning.code for warning in verdict.warnings} - move.acknowledged:
        raise Refused(*verdict.warnings)
    return verdict, limits


def _verdict(
    row: Any, move: Move, checker: Checker, sources: list[Source], channel: str
) -> tuple[Verdict, Limits | None]:
    name, customer_class = row._meta.model_name, class_of(row)
    rule = TypeRule.objects.select_related("company").filter(record_type=name).first()
    limits = limits_for(
        who=checker.who,
        record_type=name,
        customer_class=customer_class,
        sources=sources,
        channel=channel,
        rule=rule,
        at=checker.at,
    )
    case = case_of(
        row,
        move,
        taking_back=move.undoes is not None and may_take_back(_last_move(row), move.undoes, checker),
        locked_by=locked_by(row, rule),
        order=neighbours(row, rule, checker),
    )
    return judge(case, limits, checker.at), limits


def _write(row: Any, move: Move, checker: Checker, source: Source, channel: str, extra: dict[str, Any]) -> Result:
    before, row.entered_at = row.entered_at, move.entered_at
    opening = act(
        by=checker.user,
        reason=move.reason or "unstated",
        note=move.note,
        channel=channel,
        at=checker.at,
        role=",".join(checker.who.roles),
        undoes=move.undoes,
        allowed_by_kind=source.kind,
        allowed_by_id=source.id,
        **extra,
        **move.trail,
    )
    with opening as opened, key():
        opened.about(row, previous_entered_at=before)
        row.save(update_fields=["entered_at"])
    why: dict[str, Any] = {"reason": move.reason, "words": move.note, "trail": move.trail}
    tell_of_change(record=row, before=before, at=checker.at, actor=checker.user, **why)
    return Result(opened.made, row.version, before, move.entered_at)


def _last_move(row: Any) -> dict[str, Any] | None:
    return last_moves(type(row), [row.pk]).get(row.pk)
