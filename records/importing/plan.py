"""Rows → what to store: values of fields, the entry time, texts by which parents and owner are found; and errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from audit.times import NotATime

from .cells import has_lost_digits, id_text
from .columns import CONTACT, SPECIAL, NotAValue, Use, check_cell, find_column, importable, match_columns, reader_of
from .dates import choose_format, is_blank, read_moment
from .errors import NotAFile, RowError
from .planned import Plan, Planned, Spec
from .table import ClockText, DurationText, Table

__all__ = ["Plan", "Planned", "Spec", "make_plan"]

IDS = ("external_id", "customer", "opportunity", "parent", "number")
TEXTS = (*IDS, "owner")


def make_plan(table: Table, spec: Spec) -> Plan:
    """Read every row of the table as `spec` says. Raises NotAFile for what is wrong with a whole column."""
    partly = spec.existing == "update"
    uses = match_columns(table, spec.record_type, spec.mapping, spec.constants, partly=partly)
    plan = Plan(spec, errors=list(table.errors), read=len(table.rows) + len(table.errors), notes=list(table.skipped))
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
    lines = set(spec.left_out)
    for line, cells in table.rows:
        if line in lines or any(cells[index].strip().casefold() == text for index, text in out):
            plan.left_out += 1
            plan.left_lines.append(line)
        else:
            yield line, cells


class _Rows:
    """Reads row by row, with one reader per field that was made for the whole column."""

    def __init__(self, table: Table, spec: Spec, uses: list[Use], plan: Plan) -> None:
        self.spec, self.plan = spec, plan
        self.columns = {use.field: use for use in uses}
        self.fields = importable(spec.record_type)
        self.lines: dict[tuple[str, str], int] = {}  # id or number → the line where it stood first
        self.sets: dict[frozenset[str], frozenset[str]] = {}
        self.readers = {name: self._reader(table, use) for name, use in self.columns.items() if name not in SPECIAL}
        self.constants = {name: self._constant(name, text) for name, text in spec.constants.items()}
        self.stands = spec.existing == "update" or "number" in self.columns
        if "entered_at" in self.columns:
            self._format(table, self.columns["entered_at"])

    def _reader(self, table: Table, use: Use) -> Callable[[str], Any]:
        known = self.fields[use.field]
        is_day = known.get_internal_type() == "DateField"
        date_format = self._format(table, use) if is_day else ""
        values = self.spec.values.get(use.field)
        return reader_of(known, values=values, date_format=date_format, decimal=self.spec.decimal)

    def _constant(self, name: str, text: str) -> Any:
        if name in SPECIAL:
            raise NotAFile("no_field", name=name, fields=", ".join(n for n in self.readers if n not in SPECIAL))
        try:
            values = self.spec.values.get(name)
            return reader_of(self.fields[name], values=values, decimal=self.spec.decimal)(text)
        except NotAValue as no:
            raise NotAFile("constant", name=name, said=RowError(0, no.code, params=no.params).message) from no

    def _format(self, table: Table, use: Use) -> str:
        formats = self.spec.date_formats
        place = f"#{use.column.index + 1}"
        chosen = formats.get(place) or formats.get(use.column.name) or formats.get("", "")
        cells = [(line, cells[use.column.index]) for line, cells in table.rows]
        found = choose_format(use.column.label, cells, chosen)
        self.plan.formats[use.field] = found
        return found

    def add(self, line: int, cells: list[str]) -> None:
        """Plan one row, or note what is wrong with it."""
        before = len(self.plan.errors)
        texts = {name: self._text(line, cells, name) for name in TEXTS}
        empty, values = set(), dict(self.constants)
        for name, read in self.readers.items():
            text = self.columns[name].text(cells)
            if name.startswith("contact_") and not text.strip():
                continue  # a customer may have no contact
            if self.stands and not text.strip():  # of a record that stands it may stay as it is
                empty.add(name)
                continue
            try:
                values[name] = read(text)
            except NotAValue as no:
                self._wrong(line, name, no.code, **no.params)
        entered_at = self._entered_at(line, cells)
        self._check_ids(line, texts)
        contact = self._contact(line, values)
        self._check_customer(line, texts)
        if len(self.plan.errors) == before:
            version = self._version(cells)
            self.plan.rows.append(Planned(line, values, entered_at, **texts, version=version, contact=contact,
                                          empty=self._same(empty)))  # fmt: skip

    def _same(self, empty: set[str]) -> frozenset[str]:
        """One object for all rows that leave the same fields empty."""
        return self.sets.setdefault(frozen := frozenset(empty), frozen)

    def _text(self, line: int, cells: list[str], name: str) -> str:
        use = self.columns.get(name)
        if use is None:
            return ""
        text = use.text(cells)
        try:
            check_cell(text)
        except NotAValue as no:
            self._wrong(line, name, no.code, **no.params)
            return ""
        if name not in IDS:
            return text.strip()
        if has_lost_digits(text):
            self._wrong(line, name, "digits", value=str(text))
        return id_text(text)

    def _wrong(self, line: int, name: str, code: str, **params: Any) -> None:
        use = self.columns.get(name)
        self.plan.errors.append(RowError(line, code, use.column.label if use else name, params))

    def _entered_at(self, line: int, cells: list[str]) -> Any:
        if "entered_at" not in self.columns:
            return None
        text = self.columns["entered_at"].text(cells)
        if is_blank(text):
            self.plan.blank += 1
            if self.spec.blank == "refuse":
                self._wrong(line, "entered_at", "needed")
            return None
        try:
            if not isinstance(text, DurationText | ClockText):
                check_cell(text)
                return read_moment(text, self.plan.formats["entered_at"], self.spec.zone, self.spec.double)
            code = "duration" if isinstance(text, DurationText) else "clock"
            self._wrong(line, "entered_at", code, value=str(text))
        except NotAValue as no:
            self._wrong(line, "entered_at", no.code, **no.params)
        except NotATime as no:
            self._wrong(line, "entered_at", "time", value=text[:80], said=no.message)
        except ValueError:
            self._wrong(line, "entered_at", "date", value=text[:80], format=self.plan.formats["entered_at"])
        return None

    def _check_ids(self, line: int, texts: dict[str, str]) -> None:
        for name, code in (("external_id", "same_id"), ("number", "same_number")):
            text = texts[name]
            if not text:
                continue
            first = self.lines.setdefault((name, text), line)
            if first != line:
                self._wrong(line, name, code, first=first)
            elif len(text) > 120:
                self._wrong(line, name, "long", most=120)

    def _version(self, cells: list[str]) -> int | None:
        use = self.columns.get("version")
        text = id_text(use.text(cells)) if use else ""
        return int(text) if text.isdecimal() else None

    def _contact(self, line: int, values: dict[str, Any]) -> dict[str, Any] | None:
        """The contact of a customer's row, taken out of its values; without a name it bears that of the customer."""
        found = {name: values.pop(f"contact_{name}", "") or "" for name in CONTACT if f"contact_{name}" in values}
        if not any(found.values()):
            return None
        return found | {"name": found.get("name") or str(values.get("name", ""))[:120]}

    def _check_customer(self, line: int, texts: dict[str, str]) -> None:
        """A record without a customer is an opportunity by choice, or hangs on an opportunity that has one."""
        if self.spec.record_type == "customer" or self.stands or texts["customer"] or texts["opportunity"]:
            return
        self.plan.no_customer += 1
        if self.spec.record_type != "opportunity" or self.spec.no_customer != "none":
            self._wrong(line, "customer", "needed")
