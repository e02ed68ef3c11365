"""Cells of a workbook as texts that know what they were: dates, numbers, failed formulas, durations."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from .table import ClockText, DateText, DurationText, ErrorText, NumberText

_CODED = re.compile(r"_x00([01][0-9A-Fa-f])_")  # how Excel writes letters that XML cannot hold
_HALF = dt.timedelta(milliseconds=500)
_LAST_YEAR = 9999
_EXACT = 10**15  # from here on Excel does not keep every digit


def text_of(cell: Any) -> str:
    """The text of an openpyxl cell.

    Whole numbers have no decimals and no exponent, whatever the cell shows ("17850.0" is 17850); percentages are the
    number before the sign; dates are rounded to the second, because Excel keeps fractions of days.
    """
    value = cell.value
    if value is None:
        return ""
    if type(value) is str:
        return ErrorText(value) if cell.data_type == "e" else plain(value)
    return _KINDS.get(type(value), _other)(value, cell)


def plain(text: str) -> str:
    """A text with real line breaks instead of Excel's _x000D_."""
    if "_x00" in text:
        text = _CODED.sub(lambda found: _letter(int(found[1], 16)), text).replace("\r\n", "\n").replace("\r", "\n")
    return text


def _letter(code: int) -> str:
    return chr(code) if code in (9, 10, 13) else ""


def _moment(value: dt.datetime, cell: Any) -> str:
    if value.microsecond and value.year < _LAST_YEAR:
        value += _HALF
    value = value.replace(microsecond=0, tzinfo=None)
    return DateText(value.date().isoformat() if value.time() == dt.time() else value.isoformat(" "))


def _day(value: dt.date, cell: Any) -> str:
    return DateText(value.isoformat())


def _clock(value: dt.time, cell: Any) -> str:
    return ClockText(value.replace(microsecond=0).isoformat())


def _duration(value: dt.timedelta, cell: Any) -> str:
    seconds = round(value.total_seconds())
    return DurationText(f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}")


def _yes_no(value: bool, cell: Any) -> str:
    return "yes" if value else "no"


def _number(value: float, cell: Any) -> str:
    if not math.isfinite(value):
        return ErrorText("#NUM!")
    if "%" in (cell.number_format or ""):
        return NumberText(number_text(value * 100, digits=10))
    return NumberText(number_text(value))


def number_text(value: float, digits: int = 15) -> str:
    """A number without exponent: as many digits as Excel keeps, no zeros behind the point."""
    if value == int(value):
        return str(int(value))
    return format(Decimal(f"{value:.{digits}g}"), "f")


def _other(value: Any, cell: Any) -> str:
    return str(value)


_KINDS: dict[type, Callable[[Any, Any], str]] = {
    dt.datetime: _moment,
    dt.date: _day,
    dt.time: _clock,
    dt.timedelta: _duration,
    bool: _yes_no,
    int: _number,
    float: _number,
}


def id_text(text: str) -> str:
    """An id as the rule for ids has it: "17850.0" is 17850, because a spreadsheet made a number of it on the way."""
    text = text.strip()
    whole, point, rest = text.partition(".")
    return whole if point and whole.isdecimal() and rest and not rest.strip("0") else text


def has_lost_digits(text: str) -> bool:
    """Whether an id was a number so long that Excel has cut its last digits."""
    return type(text) is NumberText and text.lstrip("-").isdecimal() and int(text) >= _EXACT
