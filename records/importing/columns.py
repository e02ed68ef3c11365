"""What each column is: names of columns → fields of a record type, and texts of cells → values of a field."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import override

from audit.words import in_a_row
from records.models import RECORDS, Contact

from .dates import is_blank, read_day
from .errors import NotAFile
from .table import CELL_ERRORS, ClockText, Column, DateText, DurationText, ErrorText, NumberText, Table

OWN_SERVICES = ("recorded_at", "original_entered_at", "archived_at", "search_text", "name_key")
PARENTS = ("customer", "opportunity", "parent")
SPECIAL = ("entered_at", "external_id", "owner", "number", "version", *PARENTS)  # resolved or judged by the service
CONTACT = ("name", "title", "phone", "phone2", "email", "wechat")  # of a customer's row: contact_name, …
YES, NO = ("true", "yes", "y", "1", "是", "t"), ("false", "no", "n", "0", "否", "f", "")
TYPES = ("customer", "opportunity", "followup", "contract", "contact")
_WRONG = {ErrorText: "cell_error", DurationText: "duration", ClockText: "clock"}


class NotAValue(ValueError):
    """A cell is no value of its field: `code` is a RowError's, with what its sentence needs."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code, self.params = code, params


@dataclass(frozen=True)
class Use:
    """A column and the field it is read into; the texts of `also` are put behind its text."""

    column: Column
    field: str
    also: tuple[Column, ...] = ()

    def text(self, cells: list[str]) -> str:
        """What a row says."""
        text = cells[self.column.index]
        for column in self.also:
            text = _joined(text.strip(), cells[column.index].strip())
        return text


def _joined(first: str, second: str) -> str:
    """Two texts as one: Chinese ones without a blank between."""
    if not first or not second:
        return first or second
    return f"{first}{second}" if not first[-1].isascii() and not second[0].isascii() else f"{first} {second}"


def model_of(record_type: str) -> Any:
    """The model of a type that can be imported; contacts are one, too."""
    return Contact if record_type == "contact" else RECORDS[record_type]


def importable(record_type: str) -> dict[str, models.Field]:
    """The fields a file may fill, by name; those of a customer's contact begin with contact_."""
    left_out = {"id", "external_source", *OWN_SERVICES, *(("version",) if record_type == "contact" else ())}
    fields = {f.name: f for f in model_of(record_type)._meta.concrete_fields if f.name not in left_out}
    if record_type == "customer":
        fields |= {f"contact_{name}": Contact._meta.get_field(name) for name in CONTACT}
    return fields


def match_columns(
    table: Table, record_type: str, mapping: list[tuple[str, str]], constants: dict[str, str], *, partly: bool = False
) -> list[Use]:
    """The uses that `mapping` says: (heading or #position, field). A column may fill several fields, a field once;
    "field+" puts a further column behind it. `partly`: rows may be of records that stand, so no field is needed.

    Raises NotAFile: no_column, two_columns, no_field, twice, missing, no_number.
    """
    fields, found = importable(record_type), {}
    for heading, name in mapping:
        column, more = find_column(table, heading), name.endswith("+")
        name = name.removesuffix("+")
        _known(name, fields)
        if name in constants or (name in found and not more):
            raise NotAFile("twice", name=name)
        use = found.get(name)
        found[name] = Use(use.column, name, (*use.also, column)) if use else Use(column, name)
    for name in constants:
        _known(name, fields)
    if "version" in found and "number" not in found:
        raise NotAFile("no_number")
    if not (partly or "number" in found):
        _check_needed(fields, {*found, *constants})
    return list(found.values())


def _check_needed(fields: dict[str, models.Field], given: set[str]) -> None:
    for name, field in fields.items():
        optional = field.blank or field.null or field.has_default()
        if not optional and name not in given and name not in SPECIAL and not name.startswith("contact_"):
            raise NotAFile("missing", name=name)


def _known(name: str, fields: dict[str, models.Field]) -> None:
    if name not in fields:
        near = difflib.get_close_matches(name, fields, n=3) or sorted(fields)
        raise NotAFile("no_field", name=name, fields=", ".join(near))


def find_column(table: Table, heading: str) -> Column:
    """The column of that heading (letter case does not count), or at `#position` counted from 1. Raises NotAFile."""
    if heading.startswith("#") and heading[1:].isdecimal() and 0 < int(heading[1:]) <= len(table.columns):
        return table.columns[int(heading[1:]) - 1]
    wanted = heading.strip().casefold()
    found = [c for c in table.columns if c.name.casefold() == wanted and wanted]
    if not found:
        raise NotAFile("no_column", name=heading, columns=", ".join(c.label for c in table.columns))
    if len(found) > 1:
        raise NotAFile("two_columns", name=heading, at=found[0].index + 1)
    return found[0]


def reader_of(
    field: models.Field, *, values: dict[str, str] | None = None, date_format: str = "iso", decimal: str = "."
) -> Callable[[str], Any]:
    """A function from the text of a cell to the field's value; it raises NotAValue. Answers are remembered.

    `values` says what texts mean (any letter case), before the field's own values and labels are tried.
    """
    convert = _converter(field, values or {}, date_format, decimal)
    exact = _converter(field, values or {}, "iso", ".")  # of cells that a workbook knows to be numbers and dates
    remembered: dict[str, Any] = {}

    def read(text: str) -> Any:
        if type(text) is not str or text[:1] == "#":
            check_cell(text, field)
        if isinstance(text, NumberText | DateText):
            own = convert if isinstance(text, NumberText) and isinstance(field, models.DateField) else exact
            return _cleaned(field, own(text), text)
        text = text.strip()
        if text in remembered:
            return remembered[text]
        value = _cleaned(field, convert(text), text)
        if len(remembered) < 5_000:
            remembered[text] = value
        return value

    return read


def check_cell(text: str, field: models.Field | None = None) -> None:
    """Raise NotAValue for a failed formula, and where a date is needed for a duration or a time of day."""
    code = _WRONG.get(type(text), "cell_error" if text[:1] == "#" and text.strip() in CELL_ERRORS else "")
    if code and (code == "cell_error" or isinstance(field, models.DateField)):
        raise NotAValue(code, value=str(text))


def _converter(field: models.Field, values: dict[str, str], date_format: str, decimal: str) -> Callable[[str], Any]:
    if field.choices:
        return _choices(field, values)
    if isinstance(field, models.DateField):
        return lambda text: _date(text, date_format)
    if isinstance(field, models.BooleanField):
        return _yes_no
    if isinstance(field, (models.DecimalField, models.IntegerField)):
        return lambda text: _number(text, decimal, whole=isinstance(field, models.IntegerField))
    if isinstance(field, models.EmailField):
        return lambda text: "" if is_blank(text) else text
    meanings = {text.casefold(): value for text, value in values.items()}
    return lambda text: meanings.get(text.casefold(), text)


def _cleaned(field: models.Field, value: Any, text: str) -> Any:
    if value in (None, ""):
        if field.has_default():
            return field.get_default()
        if field.null or field.blank:
            return None if field.null else ""
        raise NotAValue("needed")
    try:
        return field.clean(value, None)
    except ValidationError as error:
        raise NotAValue("value", value=text[:80], said=" ".join(error.messages)) from error


def _choices(field: models.Field, values: dict[str, str]) -> Callable[[str], Any]:
    """By the meanings given, then by value, then by label in either language."""
    known: dict[str, str] = {}
    listed: dict[str, str] = {}
    for language in ("zh-hans", "en"):
        with override(language):
            known |= {str(label).casefold(): value for value, label in field.flatchoices}
            listed[language] = in_a_row(label for _value, label in field.flatchoices)
    known |= {str(value).casefold(): value for value, _ in field.flatchoices}
    known |= {text.casefold(): known.get(value.casefold(), value) for text, value in values.items()}

    def read(text: str) -> Any:
        if text.casefold() in known:
            return known[text.casefold()]
        if is_blank(text):
            return None
        raise NotAValue("choice", value=text[:80], choices=listed)

    return read


def _date(text: str, date_format: str) -> Any:
    if is_blank(text):
        return None
    try:
        return read_day(text, date_format)
    except ValueError as error:
        raise NotAValue("date", value=text[:80], format=date_format) from error


def _yes_no(text: str) -> bool:
    if text.casefold() in YES:
        return True
    if text.casefold() in NO:
        return False
    raise NotAValue("yes_no", value=text[:80])


_GROUPED = {  # thousands, also as India groups them
    mark: re.compile(rf"[+-]?\d{{1,3}}(?:{other}\d{{2,3}})*{other}\d{{3}}(?:{re.escape(mark)}\d*)?")
    for mark, other in ((".", ","), (",", r"\."))
}

_BESIDE_NUMBERS = dict.fromkeys(map(ord, " \u00a0\u202f'’%¥￥€$£"))


def _number(text: str, decimal: str, *, whole: bool) -> Any:
    """A number with `decimal` as its decimal mark; spaces, apostrophes and the other mark group thousands.

    Where the other mark groups no thousands ("12,50" with a point) it is not passed over: the number would become
    another one.
    """
    if is_blank(text):
        return None
    other = "," if decimal == "." else "."
    bare = text.translate(_BESIDE_NUMBERS)
    if other in bare and not _GROUPED[decimal].fullmatch(bare):
        raise NotAValue("decimal", value=text[:80], mark=decimal)
    plain = bare.replace(other, "").replace(decimal, ".")
    try:
        number = Decimal(plain)
    except InvalidOperation as error:
        raise NotAValue("number", value=text[:80]) from error
    if not number.is_finite():
        raise NotAValue("number", value=text[:80])
    return int(number) if whole and number == int(number) else number
