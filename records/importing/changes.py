"""An old system's history: a row per change (field, old, new, who, when), or a row per version of a record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

from audit.times import NotATime

from .cells import id_text
from .columns import NotAValue, check_cell, find_column
from .dates import choose_format, is_blank, read_moment
from .errors import NotAFile, RowError
from .table import Column, Table

NEEDED = {"changes": ("record", "field", "when"), "versions": ("record", "when")}


@dataclass(frozen=True)
class ChangeSpec:
    """What the columns of a history are. `columns` maps record, field, old, new, who, when, id to headings.

    Without a "field" the rows are versions: what differs between two rows of a record, in the order of "when", are its
    changes; `compared` are the headings looked at (all others, where none is named). `source` names the system whose
    ids "record" holds.
    """

    record_type: str
    columns: dict[str, str]
    zone: dt.tzinfo
    source: str = "import"
    compared: tuple[str, ...] = ()
    date_format: str = ""
    double: str = ""

    @property
    def kind(self) -> str:
        """changes or versions."""
        return "changes" if "field" in self.columns else "versions"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the old system: `words` are (field, old, new); of a first version, what it held."""

    line: int
    record: str
    at: dt.datetime
    who: str
    words: tuple[tuple[str, str, str], ...]
    id: str


@dataclass
class ChangePlan:
    """The changes, and what is wrong by line."""

    spec: ChangeSpec
    rows: list[Change] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    read: int = 0


def plan_changes(table: Table, spec: ChangeSpec) -> ChangePlan:
    """Read every row as a change. Raises NotAFile for what is wrong with a whole column."""
    for name in NEEDED[spec.kind]:
        if name not in spec.columns:
            raise NotAFile("missing", name=name)
    plan = ChangePlan(spec, errors=list(table.errors), read=len(table.rows) + len(table.errors))
    reading = _Reading(table, spec, plan)
    plan.rows = list(reading.changes() if spec.kind == "changes" else reading.versions())
    return plan


class _Reading:
    def __init__(self, table: Table, spec: ChangeSpec, plan: ChangePlan) -> None:
        self.table, self.spec, self.plan = table, spec, plan
        self.columns = {name: find_column(table, heading) for name, heading in spec.columns.items()}
        when = self.columns["when"]
        cells = [(line, cells[when.index]) for line, cells in table.rows]
        self.format = choose_format(when.label, cells, spec.date_format)

    def changes(self) -> Iterator[Change]:
        """A row, a change."""
        for line, cells in self.table.rows:
            at, record = self._when(line, cells), id_text(self._text(cells, "record"))
            words = tuple(self._text(cells, name) for name in ("field", "old", "new"))
            if not (record and words[0]):
                self._wrong(line, "needed", "field" if record else "record")
            elif at is not None:
                given = self._text(cells, "id") or f"{record} {words[0]} {at.isoformat()}"
                yield Change(line, record, at, self._text(cells, "who"), (words,), given)  # type: ignore[arg-type]

    def versions(self) -> Iterator[Change]:
        """What differs from the version before."""
        last: dict[str, tuple[str, ...]] = {}
        compared = self._compared()
        for at, line, cells in sorted(self._timed(), key=lambda row: row[:2]):
            record = id_text(self._text(cells, "record"))
            held = tuple(cells[column.index].strip() for column in compared)
            before = last.get(record)
            pairs = zip(compared, before or [""] * len(held), held, strict=True)
            words = tuple((column.label, old, new) for column, old, new in pairs if old != new)
            last[record] = held
            if words:
                given = self._text(cells, "id") or f"{record} {at.isoformat()}"
                yield Change(line, record, at, self._text(cells, "who"), words, given)

    def _timed(self) -> Iterator[tuple[dt.datetime, int, list[str]]]:
        for line, cells in self.table.rows:
            at = self._when(line, cells)
            if at is not None and self._text(cells, "record"):
                yield at, line, cells
            elif at is not None:
                self._wrong(line, "needed", "record")

    def _compared(self) -> list[Column]:
        if self.spec.compared:
            return [find_column(self.table, heading) for heading in self.spec.compared]
        known = {column.index for column in self.columns.values()}
        return [column for column in self.table.columns if column.index not in known]

    def _text(self, cells: list[str], name: str) -> str:
        column = self.columns.get(name)
        return cells[column.index].strip() if column else ""

    def _when(self, line: int, cells: list[str]) -> dt.datetime | None:
        text = cells[self.columns["when"].index]
        if is_blank(text):
            self._wrong(line, "no_moment", "when")
            return None
        try:
            check_cell(text)
            return read_moment(text, self.format, self.spec.zone, self.spec.double)
        except NotAValue as no:
            self._wrong(line, no.code, "when", **no.params)
        except NotATime as no:
            self._wrong(line, "time", "when", value=text[:80], said=no.message)
        except ValueError:
            self._wrong(line, "date", "when", value=text[:80], format=self.format)
        return None

    def _wrong(self, line: int, code: str, name: str, **params: object) -> None:
        column = self.columns.get(name)
        self.plan.errors.append(RowError(line, code, column.label if column else name, params))
