"""The door's judgement of many moves: the same steps as for one, with what holds for all of them read once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models.base import ModelState

from audit.set_rows import SetRow
from records.access import Checker, Source
from records.models import Reason, TypeRule
from records.models.access import REDATE, VIEW
from records.refusals import StaleRecord
from records.rules import Finding, Limits, Neighbour, Verdict, judge
from records.services.around import locks_on, neighbours_of
from records.services.judging import limits_for, zone_of
from records.services.many_rows import ASK, MOVED, NO, SAME, RowResult, among, chunks
from records.services.seen import check_seen, many_since

from .move import Move, case_of, codes_of, first_answer, last_moves, may_take_back

TRAIL = (
    "reason",
    "history_change_reason",
    "typed",
    "typed_zone",
    "undoes",
    "allowed_by_kind",
    "allowed_by_id",
    "exception_id",
    "acknowledged",
)
READ = ("number", "owner_id", "entered_at", "archived_at", "version")
ALSO_READ = {
    "customer": ("importance",),
    "opportunity": ("customer_id", "name", "stage", "expected_close_on"),
    "followup": ("customer_id", "opportunity_id"),
    "contract": ("customer_id", "opportunity_id", "status"),
}


@dataclass(frozen=True, slots=True)
class ManyMove:
    """One of many moves: the record as it was seen, and the time it gets (aware, whole seconds).

    `reason` and `note` where they differ from those of all, `acknowledged` the codes of ticked warnings, `undoes` the
    history row that is taken back.
    """

    record_id: int
    seen_version: int
    after: dt.datetime
    acknowledged: frozenset[str] = frozenset()
    reason: str | None = None
    note: str | None = None
    typed: str = ""
    typed_zone: str = ""
    undoes: int | None = None


Judged = tuple[RowResult, SetRow | None]
Around = tuple[bool, str, tuple[Neighbour, ...]]  # taking back, what locks it, what it should not pass


class ManyJudge:
    """Says of each move what the door would; `passed` and `warned` are the words for those that may be made."""

    def __init__(
        self, model: Any, checker: Checker, *, reason: str, note: str, channel: str, passed: str, warned: str
    ) -> None:
        self.model, self.checker, self.channel = model, checker, channel
        self.passed, self.warned = passed, warned
        self.name = model._meta.model_name
        self.reason, self.note = reason, note
        self.rule = TypeRule.objects.select_related("company").filter(record_type=self.name).first()
        self.zone = zone_of(self.rule, self.name)
        self.reasons = list(Reason.objects.filter(active=True).values_list("code", flat=True))
        self._limits: dict[Any, Limits | None] = {}

    def judge(self, moves: Sequence[ManyMove]) -> Iterator[Judged]:
        """What comes of each move, in the order of the records' ids, and what is to be written."""
        for some in chunks(sorted(moves, key=lambda move: move.record_id)):
            yield from self._judge_some({move.record_id: move for move in some})
            self.checker.forget()

    def _judge_some(self, moves: dict[int, ManyMove]) -> Iterator[Judged]:
        rows = {row.id: row for row in self._read(list(moves)) if row.id in moves}
        records = list(rows.values())
        self.checker.prefetch_perms(records)
        seen = {pk: moves[pk].seen_version for pk, row in rows.items() if row.version != moves[pk].seen_version}
        since = many_since(self.model, seen)
        locks = locks_on(records, self.rule) if records else {}
        near = neighbours_of(records, self.rule, self.zone, self.checker) if records else {}
        last = last_moves(self.model, [pk for pk, move in moves.items() if move.undoes is not None])
        for pk, move in moves.items():
            if pk not in rows:
                yield RowResult(pk, MOVED), None
                continue
            row, asked = rows[pk], self._move(move)
            back = asked.undoes is not None and may_take_back(last.get(pk), asked.undoes, self.checker)
            yield self._judge_one(row, move, asked, since.get(pk, []), (back, locks[pk], near[pk]))

    def _read(self, ids: list[int]) -> Iterator[Any]:
        """The records with the columns that are looked at: as `only` gives them, in a third of its time."""
        names = ("id", *READ, *ALSO_READ[self.name])
        for values in self.model._default_manager.filter(among(ids)).order_by("pk").values_list(*names):
            row = self.model.__new__(self.model)
            row.__dict__.update(zip(names, values, strict=True))
            row._state = ModelState()
            row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
            yield row

    def _move(self, move: ManyMove) -> Move:
        return Move(
            entered_at=move.after,
            reason=self.reason if move.reason is None else move.reason,
            note=self.note if move.note is None else move.note,
            acknowledged=move.acknowledged,
            undoes=move.undoes,
        )

    def _judge_one(
        self,
        row: Any,
        move: ManyMove,
        asked: Move,
        since: list[dict[str, Any]],
        around: Around,
    ) -> Judged:
        """The door's steps: seen before, who, stale, archived, unchanged, what."""
        if since and first_answer(since, self.checker.user, asked) is not None:
            return self._settled(row, asked, SAME if row.entered_at == asked.entered_at else MOVED, since), None
        sources = self.checker.why(row, REDATE.format(self.name))
        outcome = self._standing(row, move.seen_version, asked, since)
        if not sources:
            may_ask = not outcome and self._may_ask(row, asked, around)
            return self._row(row, asked, ASK if may_ask else NO, (Finding("right"),)), None
        if outcome:
            return self._settled(row, asked, outcome, since), None
        return self._judge_time(row, move, asked, sources, around)

    def _standing(self, row: Any, seen_version: int, asked: Move, since: list[dict[str, Any]]) -> str:
        """What settles it before the time is looked at: changed since, archived, nothing to change; "" for none."""
        try:
            check_seen(row, seen_version, since)
        except StaleRecord:
            return MOVED
        if row.archived_at is not None:
            return NO
        return SAME if row.entered_at == asked.entered_at else ""

    def _settled(self, row: Any, asked: Move, outcome: str, since: list[dict[str, Any]]) -> RowResult:
        findings = (Finding("archived"),) if outcome == NO else ()
        if outcome != MOVED or not since:
            return self._row(row, asked, outcome, findings)
        return self._row(row, asked, outcome, who=(since[-1]["actor_name"], since[-1]["history_date"]))

    def _may_ask(self, row: Any, asked: Move, around: Around) -> bool:
        """Whether somebody who sees the record, and may not change it, may ask another for it."""
        if not self.checker.why(row, VIEW.format(self.name)):
            return False
        return self._verdict(row, asked, [], (False, *around[1:]))[0].may_ask

    def _verdict(self, row: Any, asked: Move, sources: list[Source], around: Around) -> tuple[Verdict, Limits | None]:
        taking_back, lock, order = around
        case = case_of(row, asked, taking_back=taking_back, locked_by=lock, order=order)
        limits = self._limits_of(case.customer_class, sources)
        return judge(case, limits, self.checker.at), limits

    def _judge_time(self, row: Any, move: ManyMove, asked: Move, sources: list[Source], around: Around) -> Judged:
        verdict, limits = self._verdict(row, asked, sources, around)
        if verdict.errors:
            outcome = ASK if verdict.may_ask else NO
            return self._row(row, asked, outcome, verdict.errors, codes=tuple(codes_of(verdict))), None
        warnings = tuple(sorted(warning.code for warning in verdict.warnings))
        if warnings and set(warnings) - asked.acknowledged:
            return self._row(row, asked, self.warned, verdict.warnings, warnings=warnings), None
        exception = limits.excepted_by if verdict.excepted and limits else None
        words = (asked.reason or "unstated", asked.note, move.typed, move.typed_zone, move.undoes)
        trail = (*words, sources[0].kind, sources[0].id, exception, ",".join(warnings))
        made = SetRow(row.id, row.version, (asked.entered_at,), trail)
        return self._row(row, asked, self.passed, warnings=warnings), made

    def _row(
        self,
        row: Any,
        asked: Move,
        outcome: str,
        findings: tuple[Finding, ...] = (),
        codes: tuple[str, ...] | None = None,
        warnings: tuple[str, ...] = (),
        who: tuple[str, dt.datetime | None] = ("", None),
    ) -> RowResult:
        codes = tuple([finding.code for finding in findings]) if codes is None else codes
        told = (row.number, row.entered_at, asked.entered_at, row.owner_id, findings, codes, warnings)
        return RowResult(row.id, outcome, *told, *who, row.version)

    def _limits_of(self, customer_class: str, sources: list[Source]) -> Limits | None:
        """The limits of all moves of one class through the same windows."""
        known = (customer_class, bool(sources), frozenset(source.window for source in sources))
        if known not in self._limits:
            self._limits[known] = limits_for(
                who=self.checker.who,
                record_type=self.name,
                customer_class=customer_class,
                sources=sources,
                channel=self.channel,
                reasons=self.reasons,
                rule=self.rule,
                at=self.checker.at,
            )
        return self._limits[known]
