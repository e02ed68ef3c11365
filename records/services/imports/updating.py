"""Rows whose record stands already: what they would change, whether they may, and the writing of it.

The same rules as update_record, and the door for a changed entry time; only the fields that differ are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from audit.set_rows import SetRow
from records.access import Checker
from records.importing.errors import RowError
from records.importing.plan import Plan, Planned
from records.models.access import CHANGE, VIEW
from records.services.entry_time.many import ManyMove, plan_moves, write_moves
from records.services.many_assign import may_assign, set_with_part_of
from records.services.many_rows import DONE, RowResult, chunks
from records.services.notices_of_many import tell_of_changes
from records.services.parents import Above, part_of_refusal
from records.services.searching import derived

from .comparing import Compared, compare
from .outcome import UNCHANGED, UPDATED, Outcome

REASON = "back_fill"


@dataclass
class Updates:
    """What the rows would change. `writes` and `moves` are for the records that may be changed."""

    writes: list[SetRow] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    moves: list[SetRow] = field(default_factory=list)
    moved: list[RowResult] = field(default_factory=list)
    outcome: list[Outcome] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)


class Updating:
    """Compares rows with their records, chunk by chunk, and judges what differs."""

    def __init__(
        self, plan: Plan, checker: Checker, model: Any, file: str, channel: str, ticked: frozenset[str]
    ) -> None:
        self.plan, self.checker, self.model, self.file = plan, checker, model, file
        self.channel, self.ticked = channel, ticked
        self.name = model._meta.model_name
        self.found = Updates()
        self._above: Above = {}

    def judge(self, pairs: Sequence[tuple[int, Planned]], people: Any, parents: Any) -> Updates:
        """What comes of (id, row) pairs, whose records are locked; nothing is written yet."""
        changes: list[tuple[Any, Compared]] = []
        for some in chunks(pairs):
            changes += self._judge_some(dict(some), people, parents)
            self.checker.forget()
        self._judge_moves([(row, compared) for row, compared in changes if compared.entered_at is not None])
        bad = {error.line for error in self.found.errors}
        good = [(row, compared) for row, compared in changes if compared.line not in bad]
        self._collect(good)
        self.found.outcome = [each for each in self.found.outcome if each.line not in bad]
        self.found.moves = [write for write in self.found.moves if write.pk in {row.pk for row, _ in good}]
        return self.found

    def _judge_some(self, rows: dict[int, Planned], people: Any, parents: Any) -> Iterator[tuple[Any, Compared]]:
        records = list(self.model._default_manager.filter(pk__in=list(rows)).order_by("pk"))
        self.checker.prefetch_perms(records)
        for record in records:
            row = rows[record.pk]
            if not self.checker.has_perm(VIEW.format(self.name), record):
                self._wrong(row.line, "no_record", "number", value=row.number or row.external_id)
                continue
            compared = compare(record, row, self.plan.spec, people, parents)
            if not (compared.values or compared.entered_at or compared.errors):
                self.found.outcome.append(Outcome(row.line, UNCHANGED, record.number, record.pk))
            elif self._allowed(record, row, compared):
                self.found.outcome.append(Outcome(row.line, UPDATED, record.number, record.pk))
                yield record, compared

    def _allowed(self, record: Any, row: Planned, compared: Compared) -> bool:
        """Whether the record may be changed so. What speaks against it stands in the errors."""
        before = len(self.found.errors)
        if row.version is not None and row.version != record.version:
            self._wrong(row.line, "stale", "number", number=record.number, seen=row.version, current=record.version)
            return False
        self.found.errors += compared.errors
        if record.archived_at is not None:
            self._wrong(row.line, "archived", "number")
        elif "parent_id" in compared.values and (code := self._part_of(record, row, compared)):
            self._wrong(row.line, code, "parent", value=row.parent[:80])
        elif set(compared.values) - {"parent_id"} and not self.checker.has_perm(CHANGE.format(self.name), record):
            self._wrong(row.line, "change_right", "number")
        if compared.values and len(self.found.errors) == before:
            self._clean(record, row.line, compared.values)
        return len(self.found.errors) == before

    def _part_of(self, record: Any, row: Planned, compared: Compared) -> str:
        """Why the customer may not be made part of the one in the file: a right of its own, and no circles."""
        wanted = compared.part_of
        code = may_assign(self.checker, record) or part_of_refusal(self.checker, record.pk, wanted, self._above)
        if not code:
            self._above[record.pk] = wanted.pk if wanted else None
        return {"part_circle": "circle", "value": "no_parent"}.get(code, code)

    def _clean(self, record: Any, line: int, values: dict[str, Any]) -> None:
        """What one field's reader cannot see: fields that do not fit together."""
        kept = {name: getattr(record, name) for name in values}
        try:
            for name, value in values.items():
                setattr(record, name, value)
            record.clean()
        except ValidationError as error:
            self._wrong(line, "said", ", ".join(error.message_dict), said=" ".join(error.messages))
        finally:
            for name, value in kept.items():
                setattr(record, name, value)

    def _judge_moves(self, changes: list[tuple[Any, Compared]]) -> None:
        """Changed entry times walk through the door, each with the words "FILE row N"."""
        lines = {record.pk: compared.line for record, compared in changes}
        moves = [self._move(record, compared) for record, compared in changes]
        how: dict[str, Any] = {"reason": REASON, "note": self.file, "channel": self.channel}
        self.found.moved, self.found.moves = plan_moves(moves, self.model, self.checker, **how)
        for result in self.found.moved:
            line = lines[result.record_id]
            self.found.errors += [RowError(line, f.code, "entered_at", f.params) for f in result.findings]
            if result.outcome != DONE and not result.findings:
                self._wrong(line, "right", "entered_at")

    def _move(self, record: Any, compared: Compared) -> ManyMove:
        return ManyMove(
            record.pk,
            record.version,
            compared.entered_at or record.entered_at,
            self.ticked,
            note=row_words(self.file, compared.line),
        )

    def _collect(self, changes: list[tuple[Any, Compared]]) -> None:
        """All records get the same columns: those that do not differ keep what they hold."""
        written = [(record, compared) for record, compared in changes if compared.values]
        names = list(dict.fromkeys(name for _record, compared in written for name in compared.values))
        self.found.columns = [*names, "search_text", "name_key"] if names else []
        for record, compared in written:
            for name, value in compared.values.items():
                setattr(record, name, value)
            values = [*(getattr(record, name) for name in names), *derived(record).values()]
            trail = (row_words(self.file, compared.line),)
            self.found.writes.append(SetRow(record.pk, record.version, tuple(values), trail))

    def _wrong(self, line: int, code: str, column: str, **params: Any) -> None:
        self.found.errors.append(RowError(line, code, column, params))


def row_words(file: str, line: int) -> str:
    """The words of a row's change."""
    return _("%(file)s row %(line)s") % {"file": file, "line": line}


def write_updates(found: Updates, model: Any, checker: Checker) -> None:
    """Write what was judged, inside the open act: fields first, then times, each with its history row."""
    if found.writes:
        set_with_part_of(model, found.writes, columns=found.columns, trail=("history_change_reason",))
    written = {row.pk for row in found.writes}
    write_moves([SetRow(m.pk, m.version + (m.pk in written), m.values, m.trail) for m in found.moves], model)
    made = {move.pk for move in found.moves}
    told = [row for row in found.moved if row.record_id in made]
    if told:
        how = {"at": checker.at, "actor": checker.user, "reason": REASON, "words": ""}
        tell_of_changes(model=model, rows=told, **how)
