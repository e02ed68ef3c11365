"""Dates of a column, all in one format. What can be read in two ways is asked about, never guessed row by row."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from audit.times import NotATime, parse

from .errors import NotAFile
from .table import ClockText, DateText, DurationText, ErrorText

_BLANKS = """
- -- — – . .. ... … ? ？ ?? na n/a n.a. null none nil (blank) (null) (none) 无 空 暂无 未知 不详
"""
BLANKS = frozenset(["", *_BLANKS.split()])  # no date, no number, nothing of a list; a text keeps such words

_DAY = {"Y": r"(?P<Y>\d{4})", "m": r"(?P<m>\d{1,2})", "d": r"(?P<d>\d{1,2})", "M": r"(?P<m>\d\d)", "D": r"(?P<d>\d\d)"}
_CLOCK = re.compile(
    r"(?P<before>上午|下午)?\s*(?P<hour>\d{1,2})(?P<rest>:\d\d(?::\d\d(?:[.,]\d+)?)?)"
    r"\s*(?P<half>[AP]\.?M\.?)?\s*(?P<offset>Z|UTC|[+-]\d\d:?(?:\d\d)?)?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True)
class DateFormat:
    """One way to write a day; a time may follow it. `found` says whether it may be found without being chosen."""

    key: str
    pattern: re.Pattern[str]
    found: bool = True
    counts_from: dt.datetime | None = None  # a number of `unit` since then
    unit: dt.timedelta = dt.timedelta(days=1)


def _format(key: str, shape: str = "", found: bool = True) -> DateFormat:
    """`shape` is a pattern in which Y, m, d stand for numbers, M and D for two digits; by default it is the key."""
    pattern = "".join(_DAY.get(letter, letter) for letter in shape or re.escape(key))
    return DateFormat(key, re.compile(rf"{pattern}(?:[T ]\s*(?P<clock>.*)|(?<=日)(?P<clock2>.+))?", re.ASCII), found)


def _count(key: str, pattern: str, since: dt.datetime, unit: dt.timedelta = dt.timedelta(days=1)) -> DateFormat:
    """A number that counts from a moment: never found, because it may be any number."""
    return DateFormat(key, re.compile(pattern, re.ASCII), False, since, unit)


def _day(*numbers: int) -> dt.datetime:
    """The first moment of a day on clocks of no zone."""
    return dt.datetime.combine(dt.date(*numbers), dt.time())


_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
FORMATS: dict[str, DateFormat] = {
    each.key: each
    for each in (
        _format("iso", "Y-m-d"),
        _format("Y/m/d"),
        _format("Y.m.d"),
        _format("Y年m月d日", "Y ?年 ?m ?月 ?d ?日"),
        _format("d-m-Y"),
        _format("m-d-Y"),
        _format("d/m/Y"),
        _format("m/d/Y"),
        _format("d.m.Y"),
        _format("m.d.Y"),
        _format("Ymd", "YMD", found=False),  # 20140102 may be a number
        _count("epoch-s", r"-?\d{1,11}(?:\.\d+)?", _EPOCH, dt.timedelta(seconds=1)),
        _count("epoch-ms", r"-?\d{1,14}", _EPOCH, dt.timedelta(milliseconds=1)),
        _count("excel-1900", r"\d{1,6}(?:\.\d+)?", _day(1899, 12, 30)),
        _count("excel-1904", r"\d{1,6}(?:\.\d+)?", _day(1904, 1, 1)),
    )
}
_FOUND = tuple(key for key, each in FORMATS.items() if each.found)
SHORT = 40  # letters of texts whose meaning is remembered: rows share many
LOOKED_AT = 1_000  # cells by which the format of most is told
_WIDE = str.maketrans("０１２３４５６７８９：－／．", "0123456789:-/.")


def example(key: str) -> str:
    """How the start of 16 March 2026 is written in the format; of a count in UTC, in UTC."""
    form, day = FORMATS[key], _day(2026, 3, 16)
    if form.counts_from is not None:
        return str(round((day.replace(tzinfo=form.counts_from.tzinfo) - form.counts_from) / form.unit))
    if key in ("iso", "Ymd"):
        return f"{day:%Y-%m-%d}" if key == "iso" else f"{day:%Y%m%d}"
    return key.replace("Y", "2026").replace("m", "3").replace("d", "16")


def is_blank(text: str) -> bool:
    """Whether a cell says that there is no date or number."""
    return text.strip().casefold() in BLANKS


def read_day(text: str, key: str) -> dt.date:
    """The day a text names in the format; a time after it is left out, so that no zone can move the day.

    Raises ValueError.
    """
    return _split(text, key)[0]


def read_moment(text: str, key: str, zone: dt.tzinfo, double: str = "") -> dt.datetime:
    """The moment, whole seconds of UTC. A day alone is its first moment in `zone`; a written offset outweighs it.

    `double` says which of two moments is meant where the clock shows a time twice: "earlier", "later" or "" for
    neither. Raises ValueError for another form, audit.times.NotATime where that time cannot be.
    """
    return (_known_moment if len(text) <= SHORT else _moment)(text, key, zone, double)


def _moment(text: str, key: str, zone: dt.tzinfo, double: str) -> dt.datetime:
    day, clock = _split(text, key)
    written = f"{day.isoformat()} {_clock(clock)}".strip()
    try:
        return parse(written, zone, fractions="drop")
    except NotATime as no:
        if no.code != "double" or double not in ("earlier", "later"):
            raise
        return parse(no.choices[double == "later"][1], zone)


_known_moment = lru_cache(5_000, typed=True)(_moment)  # one text as DateText and as str are two questions


def choose_format(column: str, cells: list[tuple[int, str]], chosen: str = "") -> str:
    """The one format of a column, given (line, text) of its cells; "iso" where all are blank.

    Raises NotAFile: no_format, ambiguous, unreadable; wrong_format where the chosen one fits not all cells and another
    does, because then those that it fits by accident would be days and months swapped.
    """
    if chosen and chosen not in FORMATS:
        raise NotAFile("no_format", name=chosen, formats=", ".join(FORMATS))
    exact = (DateText, ErrorText, DurationText, ClockText)  # need no format, or have none
    filled = [(line, text) for line, text in cells if not (isinstance(text, exact) or is_blank(text))]
    if not filled:
        return chosen or "iso"
    misfits = [(line, text) for line, text in filled if chosen and not fits(text, chosen)]
    if chosen and not misfits:
        return chosen
    able = _that_fit([text for _, text in filled])
    if chosen and able:
        line, text = misfits[0]
        words = {"column": column, "chosen": chosen, "value": text, "line": line, "fits": able[0]}
        raise NotAFile("wrong_format", count=len(misfits), **words)
    if chosen:
        return chosen  # some cells are no dates at all: errors of their rows
    return _the_one(column, filled, able)


def fits(text: str, key: str) -> bool:
    """Whether the text is written in the format."""
    try:
        _clock(_split(text, key)[1])
    except ValueError:
        return False
    return True


def _that_fit(texts: Iterable[str]) -> list[str]:
    able = list(_FOUND)
    for text in texts:
        able = [key for key in able if fits(text, key)]
        if not able:
            break
    return able


def _the_one(column: str, filled: list[tuple[int, str]], able: list[str]) -> str:
    if len(able) == 1:
        return able[0]
    if not able:
        line, text = _odd_one(filled)
        raise NotAFile("unreadable", column=column, value=text, line=line)
    days = {tuple(read_day(each, key) for _, each in filled) for key in able}
    if len(days) == 1:
        return able[0]
    line, text = next((n, t) for n, t in filled if len({read_day(t, key) for key in able}) > 1)
    readings = ", ".join(f"{read_day(text, key).isoformat()} ({key})" for key in able)
    raise NotAFile("ambiguous", column=column, first=text, readings=readings)


def _odd_one(filled: list[tuple[int, str]]) -> tuple[int, str]:
    """The first cell that the format of most cells does not fit, where none fits all."""
    begin = filled[:LOOKED_AT]
    most = max(_FOUND, key=lambda key: sum(fits(text, key) for _line, text in begin))
    return next((line, text) for line, text in filled if not fits(text, most))


def _split(text: str, key: str) -> tuple[dt.date, str]:
    """The day and what follows it. Raises ValueError."""
    return (_known_parts if len(text) <= SHORT else _parted)(text, key)


def _parted(text: str, key: str) -> tuple[dt.date, str]:
    form = FORMATS["iso" if isinstance(text, DateText) else key]
    found = form.pattern.fullmatch(text.translate(_WIDE).strip())
    if not found:
        raise ValueError(text)
    if form.counts_from is not None:
        return _counted(float(found[0]), form.counts_from, form.unit)
    day = dt.date(int(found["Y"]), int(found["m"]), int(found["d"]))
    return day, (found["clock"] or found["clock2"] or "").strip()


_known_parts = lru_cache(5_000, typed=True)(_parted)


def _counted(number: float, since: dt.datetime, unit: dt.timedelta) -> tuple[dt.date, str]:
    """The moment that many units after `since`, to the second; of a count from a moment in UTC, in UTC."""
    try:
        moment = since + dt.timedelta(seconds=round(number * unit.total_seconds()))
    except OverflowError as error:
        raise ValueError(number) from error
    return (
        moment.date(),
        "" if moment.time() == dt.time() and not moment.tzinfo else f"{moment:%H:%M:%S}{'Z' * bool(moment.tzinfo)}",
    )


def _clock(text: str) -> str:
    """The clock of 24 hours, with the offset if one is written. Raises ValueError."""
    if not text:
        return ""
    found = _CLOCK.fullmatch(text)
    if not found:
        raise ValueError(text)
    hour, half = int(found["hour"]), (found["half"] or "").upper().replace(".", "")
    if half and not 1 <= hour <= 12:
        raise ValueError(text)
    if half:
        hour = hour % 12 + 12 * (half == "PM")
    elif found["before"] == "下午" and hour < 12:
        hour += 12
    if hour > 23:
        raise ValueError(text)
    return f"{hour:02}{found['rest']}{_offset(found['offset'])}"


def _offset(text: str | None) -> str:
    if not text:
        return ""
    return "Z" if text.upper() in ("Z", "UTC") else text if len(text) > 3 else f"{text}:00"
