"""Rows → what to store: values of fields, the entry time, texts by which parents and owner are found; and errors."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from audit.times import NotATime

from .columns import SPECIAL, NotAValue, Use, find_column, importable, match_columns, reader_of
from .dates import choose_format, is_blank, read_moment
from .errors import NotAFile, RowError
from .reader import Table


@dataclass(frozen=True)
class Spec:
    """What the person says about a file.

    `mapping` holds (heading, field), `constants` texts that every row gets, `values` field → text → value. `zone` is
    the zone of the file's clocks. `blank` says what a row without an entry time gets: "moment" (of the import),
    "refuse", or "" (not said). `no_customer` is "none" or "refuse". Rows where a column of `leave_out` holds that text
    are left out. `source` names the system whose ids the file holds.
    """

    record_type: str
    mapping: list[tuple[str, str]]
    zone: dt.tzinfo
    date_formats: dict[str, str] = field(default_factory=dict)  # heading, or "" for all → format
    blank: str = ""
    no_customer: str = "refuse"
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    leave_out: dict[str, str] = field(default_factory=dict)
    decimal: str = "."
    double: str = ""
    source: str = "import"


@dataclass(frozen=True, slots=True)
class Planned:
    """A row that can be stored; `entered_at` None counts as the moment of the import."""

    line: int
    values: dict[str, Any]
    entered_at: dt.datetime | None
    external_id: str
    owner: str
    customer: str
    opportunity: str


@dataclass
class Plan:
    """All of a file: rows to store, errors by line, the format per date column, and how many were left out or blank."""

    spec: Spec
    rows: list[Planned] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    formats: dict[str, str] = field(default_factory=dict)
    read: int = 0
    left_out: int = 0
    blank: int = 0
    no_customer: int = 0


def make_plan(table: Table, spec: Spec) -> Plan:
    """Read every row of the table as `spec` says. Raises NotAFile for what is wrong with a whole column."""
    uses = match_columns(table, spec.record_type, spec.mapping, spec.constants)
    plan = Plan(spec, errors=list(table.errors), read=len(table.rows) + len(table.errors))
    rows = _Rows(table, spec, uses, plan)
    for line, cells in _kept(table, spec, plan):
        rows.add(line, cells)
    if plan.blank and not spec.blank and "entered_at" in rows.columns:
        raise NotAFile("blank_choice", count=plan.blank, column=rows.columns["entered_at"].column.label)
    plan.errors.sort(key=lambda error: error.line)
    return plan


def _kept(table: Table, spec: Spec, plan: Plan) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not left out."""
    out = [(find_column(table, name).index, text.casefold()) for name, text in spec.leave_out.items()]
    for line, cells in table.rows:
        if any(cells[index].strip().casefold() == text for index, text in out):
            plan.left_out += 1
        else:
            yield line, cells


class _Rows:
    """Reads row by row, with one reader per field that was made for the whole column."""

    def __init__(self, table: Table, spec: Spec, uses: list[Use], plan: Plan) -> None:
        self.spec, self.plan = spec, plan
        self.columns = {use.field: use for use in uses}
        self.lines: dict[str, int] = {}  # external id → the line where it stood first
        self.readers = {name: self._reader(table, use) for name, use in self.columns.items() if name not in SPECIAL}
        self.constants = {name: self._constant(name, text) for name, text in spec.constants.items()}
        if "entered_at" in self.columns:
            self._format(table, self.columns["entered_at"])

    def _reader(self, table: Table, use: Use) -> Callable[[str], Any]:
        known = importable(self.spec.record_type)[use.field]
        is_day = known.get_internal_type() == "DateField"
        date_format = self._format(table, use) if is_day else ""
        values = self.spec.values.get(use.field)
        return reader_of(known, values=values, date_format=date_format, decimal=self.spec.decimal)

    def _constant(self, name: str, text: str) -> Any:
        if name in SPECIAL:
            raise NotAFile("no_field", name=name, fields=", ".join(n for n in self.readers if n not in SPECIAL))
        known = importable(self.spec.record_type)[name]
        try:
            return reader_of(known, values=self.spec.values.get(name), decimal=self.spec.decimal)(text)
        except NotAValue as no:
            raise NotAFile("constant", name=name, said=RowError(0, no.code, params=no.params).message) from no

    def _format(self, table: Table, use: Use) -> str:
        formats = self.spec.date_formats
        chosen = formats.get(use.column.name) or formats.get("", "")
        cells = [(line, cells[use.column.index]) for line, cells in table.rows]
        found = choose_format(use.column.label, cells, chosen)
        self.plan.formats[use.field] = found
        return found

    def add(self, line: int, cells: list[str]) -> None:
        """Plan one row, or note what is wrong with it."""
        before = len(self.plan.errors)
        values = dict(self.constants)
        for name, read in self.readers.items():
            text = cells[self.columns[name].column.index]
            try:
                values[name] = read(text)
            except NotAValue as no:
                self._wrong(line, name, no.code, **no.params)
        entered_at = self._entered_at(line, cells)
        texts = {name: self._text(cells, name) for name in ("external_id", "owner", "customer", "opportunity")}
        self._check_id(line, texts["external_id"])
        self._check_customer(line, texts)
        if len(self.plan.errors) == before:
            self.plan.rows.append(Planned(line, values, entered_at, **texts))

    def _text(self, cells: list[str], name: str) -> str:
        use = self.columns.get(name)
        return cells[use.column.index].strip() if use else ""

    def _wrong(self, line: int, name: str, code: str, **params: Any) -> None:
        use = self.columns.get(name)
        self.plan.errors.append(RowError(line, code, use.column.label if use else "", params))

    def _entered_at(self, line: int, cells: list[str]) -> dt.datetime | None:
        if "entered_at" not in self.columns:
            return None
        text = self._text(cells, "entered_at")
        if is_blank(text):
            self.plan.blank += 1
            if self.spec.blank == "refuse":
                self._wrong(line, "entered_at", "needed")
            return None
        try:
            return read_moment(text, self.plan.formats["entered_at"], self.spec.zone, self.spec.double)
        except NotATime as no:
            self._wrong(line, "entered_at", "time", value=text[:80], said=no.message)
        except ValueError:
            self._wrong(line, "entered_at", "date", value=text[:80], format=self.plan.formats["entered_at"])
        return None

    def _check_id(self, line: int, external_id: str) -> None:
        if not external_id:
            return
        if external_id in self.lines:
            self._wrong(line, "external_id", "same_id", first=self.lines[external_id])
        elif len(external_id) > 120:
            self._wrong(line, "external_id", "long", most=120)
        self.lines.setdefault(external_id, line)

    def _check_customer(self, line: int, texts: dict[str, str]) -> None:
        """A record without a customer is an opportunity by choice, or hangs on an opportunity that has one."""
        if self.spec.record_type == "customer" or texts["customer"] or texts["opportunity"]:
            return
        self.plan.no_customer += 1
        if self.spec.record_type != "opportunity" or self.spec.no_customer != "none":
            self._wrong(line, "customer", "needed")
