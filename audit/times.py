"""Times: the one clock, the one parser and the one formatter of every channel.

Moments are aware datetimes in UTC; a zone is only how people write and read them. `parse` never guesses: a text that
could mean two days or two moments is refused with a NotATime that says what to write instead.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Literal

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .zones import closed_edge, day_of, jump_over, moments_of, place, start_of_day, utc_offset, zone, zone_names

__all__ = [
    "END",
    "FIRST",
    "FORMATS",
    "NotATime",
    "closed_edge",
    "day_of",
    "distance",
    "format_time",
    "iso",
    "now",
    "parse",
    "shift",
    "start_of_day",
    "weekday",
    "zone",
    "zone_label",
    "zone_names",
]

FIRST = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
END = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)  # the first moment that is too late

# The formats a person or the company may choose. Text in the first one is read whatever was chosen.
FORMATS = {"iso": "%Y-%m-%d %H:%M", "dmy": "%d/%m/%Y %H:%M", "mdy": "%m/%d/%Y %H:%M", "dmy_dots": "%d.%m.%Y %H:%M"}

_EXAMPLE = dt.datetime(2026, 3, 16, 9, 12, tzinfo=dt.UTC)
_MINUTE = dt.timedelta(minutes=1)


def now() -> dt.datetime:
    """The present moment. It has a fraction of a second; an entry time has none."""
    return dt.datetime.now(dt.UTC)


# ---- what was refused, and why ----


class NotATime(ValueError):
    """A text is no entry time. `code` says why, `message` says it in the active language and what to write instead.

    `code` is "empty", "form" (unreadable, or no such day), "range", "void" (the clock jumped over it) or "double" (the
    clock showed it twice). For "double", `choices` holds (label, text) for both moments; `parse` accepts either text.
    """

    MESSAGES = {
        "empty": gettext_lazy("Write a date and a time, like %(example)s."),
        "form": gettext_lazy("Not a time. Write it like %(example)s."),
        "range": gettext_lazy("Write a time from 1970-01-01 to 2099-12-31 (UTC)."),
        "void": gettext_lazy(
            "%(time)s did not exist on that day in %(place)s time: the clock went from %(last)s to %(first)s."
        ),
        "double": gettext_lazy(
            "%(time)s happened twice on that day in %(place)s time. Write %(earlier)s or %(later)s."
        ),
    }

    def __init__(self, code: str, *, choices: tuple[tuple[str, str], ...] = (), **params: str) -> None:
        super().__init__(code)
        self.code, self.params, self.choices = code, params, list(choices)

    @property
    def message(self) -> str:
        """The sentence to show, in the language active now."""
        return str(self.MESSAGES[self.code]) % self.params

    def __str__(self) -> str:
        return self.message


# ---- reading ----

# Only what a Chinese keyboard gives, and the minus of `zone_label`. NFKC would do more: read the footnote of 1¹ as 11.
_WIDE = str.maketrans("０１２３４５６７８９：－／．＋−", "0123456789:-/.+-")
_OFFSET = r"Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d){0,2}"  # seconds: Monrovia kept -00:44:30 until 1972
_CLOCK = (
    r"(?:(?:T| |(?<=日))(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?"
    rf"(?: ?(?P<offset>{_OFFSET}))?)?"
)


def _shape(day: str) -> re.Pattern[str]:
    """A pattern for a day and what may follow it; y, m, d stand for the numbers, s and = for twice the same sign."""
    parts = {"y": r"(?P<year>\d{4})", "m": r"(?P<month>\d{1,2})", "d": r"(?P<day>\d{1,2})"}
    parts |= {"s": r"(?P<sign>[-/.])", "=": r"(?P=sign)"}
    return re.compile("".join(parts.get(letter, letter) for letter in day) + _CLOCK, re.ASCII | re.IGNORECASE)


_YEAR_FIRST = (_shape("ysm=d"), _shape("y ?年 ?m ?月 ?d ?日"))
_SHAPES = {
    "iso": _YEAR_FIRST,
    "dmy": (*_YEAR_FIRST, _shape("d/m/y")),
    "mdy": (*_YEAR_FIRST, _shape("m/d/y")),
    "dmy_dots": (*_YEAR_FIRST, _shape(r"d\.m\.y")),
}


def parse(
    text: str, zone: dt.tzinfo, *, display_format: str = "", fractions: Literal["refuse", "drop"] = "refuse"
) -> dt.datetime:
    """The moment, in whole seconds of UTC, that `text` means on the clocks of `zone`.

    Read are `2026-03-16 09:12[:30]` with - / or . between the numbers, `2026年3月16日 9:12`, the ISO form with T, and
    `display_format`, a key of FORMATS; digits and signs may be full-width. A written offset or Z outweighs `zone`. A
    day alone is its first moment. A fraction of a second must be zero, unless `fractions` is "drop" (imports).

    Raises NotATime, and nothing else, whatever the text.
    """
    text = " ".join(text.translate(_WIDE).split())
    example = _EXAMPLE.strftime(FORMATS[display_format or "iso"])
    if not text:
        raise NotATime("empty", example=example)
    part = _parts(text, display_format or "iso")
    wall = _wall(part) if part else None
    if part is None or wall is None or (fractions == "refuse" and part["fraction"].strip("0")):
        raise NotATime("form", example=example)
    if not FIRST.year - 1 <= wall.year <= END.year:  # so far out that an offset could overflow
        raise NotATime("range")
    moment = _moment(wall, zone, part)
    if not FIRST <= moment < END:
        raise NotATime("range")
    return moment


def _parts(text: str, display_format: str) -> dict[str, str] | None:
    """The numbers of the text by name, "" for those not written; None for a text of another form."""
    for shape in _SHAPES[display_format]:
        if found := shape.fullmatch(text):
            return found.groupdict(default="")
    return None


def _wall(part: dict[str, str]) -> dt.datetime | None:
    """What the clock on the wall shows; None where no calendar or clock does, as on 31 February or at 28:23."""
    try:
        day = dt.date(int(part["year"]), int(part["month"]), int(part["day"]))
        clock = dt.time(int(part["hour"] or 0), int(part["minute"] or 0), int(part["second"] or 0))
    except ValueError:
        return None
    return dt.datetime.combine(day, clock)


def _moment(wall: dt.datetime, zone: dt.tzinfo, part: dict[str, str]) -> dt.datetime:
    """The moment at which a clock shows `wall`: the clock of the written offset, or else of `zone`."""
    if part["offset"]:
        return (wall - _offset(part["offset"])).replace(tzinfo=dt.UTC)
    if not part["hour"]:
        first = start_of_day(wall.date(), zone)
        if day_of(first, zone) == wall.date():
            return first
    moments = moments_of(wall, zone)
    if len(moments) == 2:
        raise _double(wall, zone, moments)
    if not moments:
        raise _void(wall, zone)
    return moments[0]


def _offset(text: str) -> dt.timedelta:
    hours, minutes, seconds = ([int(two) for two in re.findall(r"\d\d", text)] + [0, 0, 0])[:3]
    offset = dt.timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return -offset if text.startswith("-") else offset


def _void(wall: dt.datetime, zone: dt.tzinfo) -> NotATime:
    jump, today = jump_over(wall, zone), f"{wall:%Y-%m-%d} "
    last, first = (format_time(m, zone).removeprefix(today) for m in (jump - _MINUTE, jump))
    return NotATime("void", time=_write(wall).removeprefix(today), place=place(zone), last=last, first=first)


def _double(wall: dt.datetime, zone: dt.tzinfo, moments: list[dt.datetime]) -> NotATime:
    earlier, later = ((f"{_write(wall)}, {utc_offset(m, zone)}", iso(m, zone)) for m in moments)
    time = _write(wall).removeprefix(f"{wall:%Y-%m-%d} ")
    words = {"time": time, "place": place(zone), "earlier": earlier[1], "later": later[1]}
    return NotATime("double", choices=(earlier, later), **words)


# ---- writing ----


def format_time(moment: dt.datetime, zone: dt.tzinfo, style: str = "iso") -> str:
    """`2026-03-16 09:12` on the clocks of `zone`, in a `style` of FORMATS; the seconds only when they are not 00."""
    return _write(moment.astimezone(zone), style)


def _write(wall: dt.datetime, style: str = "iso") -> str:
    return wall.strftime(FORMATS[style] + (":%S" if wall.second else ""))


def iso(moment: dt.datetime, zone: dt.tzinfo) -> str:
    """`2026-03-16T09:12+08:00`, for `<time datetime>` and for machines."""
    local = moment.astimezone(zone)
    return local.isoformat(timespec="seconds" if local.second else "minutes")


def zone_label(zone: dt.tzinfo, at: dt.datetime) -> str:
    """The zone by name, with its distance from UTC at that moment: `Asia/Shanghai (UTC+8)`."""
    name, offset = getattr(zone, "key", None), utc_offset(at, zone)
    if zone is dt.UTC or name == "UTC":
        return "UTC"
    return f"{name} ({offset})" if name else offset


def weekday(moment: dt.datetime, zone: dt.tzinfo) -> Any:
    """The name of the day of the week, in the language active when it is shown."""
    return WEEKDAYS[moment.astimezone(zone).weekday()]


def distance(delta: dt.timedelta) -> str:
    """How far, without direction, in the two largest units that are not zero: `2 days`, `1 day 6 h`, `20 min`."""
    minutes = abs(delta) // _MINUTE
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    words = [
        ngettext("%(n)d day", "%(n)d days", days) % {"n": days} if days else "",
        _("%(n)d h") % {"n": hours} if hours else "",
        _("%(n)d min") % {"n": minutes} if minutes else "",
    ]
    return " ".join([word for word in words if word][:2]) or _("< 1 min")


def shift(before: dt.datetime, after: dt.datetime) -> str:
    """How far a time moved and which way: `2 days earlier`. Empty when it did not move."""
    if after == before:
        return ""
    sentence = _("%(distance)s earlier") if after < before else _("%(distance)s later")
    return sentence % {"distance": distance(after - before)}
