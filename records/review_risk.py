"""How risky a change of an entry time looks, and by which flags. Pure: no database, no clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from audit.times import closed_edge, day_of

LARGE_DAYS = 7  # a shift of more than this many days of 24 hours is large
MANY, MANY_WITHIN = 3, dt.timedelta(days=7)  # so many changes of one record within so long
EXPORT_WITHIN = dt.timedelta(hours=24)  # between somebody's export and their change
WORK_STARTS, WORK_ENDS = dt.time(8), dt.time(19)  # on the clocks of the company
WORK_DAYS = range(5)  # Monday to Friday

WEIGHTS = {
    "sql": 6,
    "across": 4,
    "shift": 2,
    "own": 2,
    "many": 2,
    "export": 2,
    "exception": 2,
    "batch": 2,
    "closed": 1,
    "hours": 1,
}  # in the order in which they are shown; no code is a part of another, so that a filter finds whole ones
BANDS = (("high", 6), ("raised", 3), ("some", 1), ("low", 0))  # from which weight on


@dataclass(frozen=True)
class Move:
    """One change, with what was found around it."""

    before: dt.datetime
    after: dt.datetime
    at: dt.datetime
    own: bool = False
    changes: int = 1  # of the record's entry time within MANY_WITHIN, this one included
    exported: bool = False
    excepted: bool = False
    sql: bool = False

    @property
    def shift(self) -> dt.timedelta:
        """How far the time moved."""
        return abs(self.after - self.before)


def flags_of(move: Move, zone: dt.tzinfo, closed_through: dt.date | None) -> dict[str, int]:
    """Flag → its number, 0 where it has none. `closed_through` is the last closed day in the company's `zone`."""
    found = {
        "sql": move.sql,
        "across": _reaches(move, zone, closed_through) and _crosses(move, zone),
        "closed": _reaches(move, zone, closed_through) and not _crosses(move, zone),
        "shift": move.shift > dt.timedelta(days=LARGE_DAYS),
        "own": move.own,
        "export": move.exported,
        "exception": move.excepted,
        "hours": is_outside_hours(move.at, zone),
    }
    flags = {code: 0 for code, stands in found.items() if stands}
    return flags | ({"many": move.changes} if move.changes >= MANY else {})


def _reaches(move: Move, zone: dt.tzinfo, closed_through: dt.date | None) -> bool:
    return closed_through is not None and min(move.before, move.after) < closed_edge(closed_through, zone)


def _crosses(move: Move, zone: dt.tzinfo) -> bool:
    """Whether it counts in another month."""
    before, after = (day_of(moment, zone).replace(day=1) for moment in (move.before, move.after))
    return before != after


def is_outside_hours(at: dt.datetime, zone: dt.tzinfo) -> bool:
    """Whether nobody works at that moment."""
    local = at.astimezone(zone)
    return local.weekday() not in WORK_DAYS or not WORK_STARTS <= local.time() < WORK_ENDS


def merged(each: Iterable[dict[str, int]]) -> dict[str, int]:
    """The flags of several changes as those of one."""
    found: dict[str, int] = {}
    for flags in each:
        for code, number in flags.items():
            found[code] = max(found.get(code, 0), number)
    return found


def risk_of(flags: Iterable[str]) -> int:
    """The weight of all flags together."""
    return sum(WEIGHTS[code] for code in flags)


def band_of(risk: int) -> str:
    """The band that a weight lies in."""
    return next(name for name, least in BANDS if risk >= least)


def write(flags: dict[str, int]) -> str:
    """As the queue keeps them: "across,own,many:4", the heaviest first."""
    return ",".join(f"{code}:{flags[code]}" if flags[code] else code for code in WEIGHTS if code in flags)


def read(text: str) -> dict[str, int]:
    """What `write` wrote; codes that are known no longer are left out."""
    parts = (part.partition(":") for part in text.split(",") if part)
    return {code: int(number or 0) for code, _colon, number in parts if code in WEIGHTS}
