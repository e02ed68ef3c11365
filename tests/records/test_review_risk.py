"""Flags, weights and bands of a change, at their edges."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from records.review_risk import (
    LARGE_DAYS,
    MANY,
    WEIGHTS,
    WORK_ENDS,
    WORK_STARTS,
    Move,
    band_of,
    flags_of,
    is_outside_hours,
    merged,
    read,
    risk_of,
    write,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = dt.datetime(2026, 3, 18, 12, tzinfo=SHANGHAI)  # a Wednesday
SECOND = dt.timedelta(seconds=1)


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def flags(before="2026-03-17T09:00", after="2026-03-16T09:00", closed=None, **more):
    move = Move(**{"before": moment(before), "after": moment(after), "at": NOON} | more)
    return set(flags_of(move, SHANGHAI, closed))


def test_a_small_move_by_somebody_else_in_the_day_has_none():
    assert flags() == set()


@pytest.mark.parametrize(("more", "large"), [(dt.timedelta(0), False), (SECOND, True)])
def test_a_shift_is_large_beyond_so_many_days(more, large):
    before = moment("2026-03-17T09:00")
    move = Move(before, before - dt.timedelta(days=LARGE_DAYS) - more, NOON)
    assert ("shift" in flags_of(move, SHANGHAI, None)) is large


def test_closed_months_count_in_the_companys_zone():
    closed = dt.date(2026, 2, 28)
    assert flags(after="2026-02-28T23:59", closed=closed) >= {"across"}
    assert flags(after="2026-03-01T00:00", closed=closed).isdisjoint({"across", "closed"})
    assert flags(before="2026-02-20T09:00", after="2026-02-25T09:00", closed=closed) == {"closed"}
    assert flags(before="2026-02-20T09:00", after="2026-03-02T09:00", closed=closed) >= {"across", "shift"}
    utc = Move(moment("2026-03-17T09:00"), moment("2026-03-01T03:00"), NOON)  # still February in UTC
    assert "across" in flags_of(utc, ZoneInfo("UTC"), closed)


@pytest.mark.parametrize(
    ("at", "outside"),
    [
        (f"2026-03-18T{WORK_STARTS:%H:%M}", False),
        ("2026-03-18T07:59:59", True),
        (f"2026-03-18T{WORK_ENDS:%H:%M}", True),
        ("2026-03-18T18:59:59", False),
        ("2026-03-21T12:00", True),  # Saturday
        ("2026-03-20T12:00", False),
    ],
)
def test_hours(at, outside):
    assert is_outside_hours(moment(at), SHANGHAI) is outside
    assert is_outside_hours(moment(at).astimezone(dt.UTC), SHANGHAI) is outside


def test_what_was_found_around_it():
    assert flags(own=True, exported=True, excepted=True, sql=True) == {"own", "export", "exception", "sql"}
    assert flags(changes=MANY - 1) == set()
    assert flags_of(Move(NOON, NOON, NOON, changes=4), SHANGHAI, None) == {"many": 4}


@pytest.mark.parametrize(
    ("codes", "band"),
    [
        (["sql"], "high"),
        (["across", "own"], "high"),
        (["across"], "raised"),
        (["exception", "many"], "raised"),
        (["batch", "hours"], "raised"),
        (["many"], "some"),
        (["hours"], "some"),
        ([], "low"),
    ],
)
def test_bands(codes, band):
    assert band_of(risk_of(codes)) == band


def test_flags_are_kept_and_read_again():
    flags = {"many": 4, "own": 0, "across": 0}
    assert write(flags) == "across,own,many:4"
    assert read(write(flags)) == flags
    assert read("own,what_was_once") == {"own": 0}
    assert read("") == {}
    assert merged([{"many": 3, "own": 0}, {"many": 5}]) == {"many": 5, "own": 0}
    assert not [(a, b) for a in WEIGHTS for b in WEIGHTS if a != b and a in b]  # a filter finds whole codes
