"""The pure judgement: a table of cases, and properties that hold whatever the case."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from audit.times import closed_edge, day_of, start_of_day
from records.rules import Case, Limits, WindowLimit, judge

SHANGHAI, NEW_YORK, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")
SAO_PAULO, APIA, KATHMANDU = ZoneInfo("America/Sao_Paulo"), ZoneInfo("Pacific/Apia"), ZoneInfo("Asia/Kathmandu")
NOW = dt.datetime(2026, 3, 18, 6, 32, tzinfo=dt.UTC)  # Wednesday 14:32 in Shanghai
SECOND, HOUR, DAY = dt.timedelta(seconds=1), dt.timedelta(hours=1), dt.timedelta(days=1)
WEEK, NO_LIMIT = WindowLimit(7), WindowLimit(None)


def utc(*numbers: int) -> dt.datetime:
    return dt.datetime(*numbers, tzinfo=dt.UTC)


def wall(zone: ZoneInfo, *numbers: int) -> dt.datetime:
    """A clock's reading in the zone, as a moment in UTC."""
    return dt.datetime(*numbers, tzinfo=zone).astimezone(dt.UTC)


def verdict(after, before=NOW, at=NOW, windows=(WEEK,), zone=SHANGHAI, **rest):
    """The codes of the errors; names of Case and Limits go where they belong."""
    of_case = {n: rest.pop(n) for n in list(rest) if n in Case.__dataclass_fields__}
    case = Case("followup", "ordinary", before, after, **{"reason": "other"} | of_case)
    limits = Limits(windows=tuple(windows), zone=zone, **{"reasons": frozenset({"other", "typing_error"})} | rest)
    return judge(case, limits, at).codes


MIDNIGHT = wall(SHANGHAI, 2026, 3, 11)  # the first moment of the day seven days before today
CLOSED = {"closed_through": dt.date(2026, 3, 15)}
EDGE = wall(SHANGHAI, 2026, 3, 16)  # the first open moment
TABLE = [
    # what, expected codes, arguments
    # -- now and the future
    ("a second ago", (), {"after": NOW - SECOND}),
    ("this very moment", (), {"after": NOW, "before": NOW - DAY}),
    ("a second ahead", ("future",), {"after": NOW + SECOND}),
    ("a day ahead", ("future",), {"after": NOW + DAY}),
    ("a year ahead without any limit", ("future",), {"after": NOW + 365 * DAY, "windows": [NO_LIMIT]}),
    ("a second ahead where the future is allowed", (), {"after": NOW + SECOND, "allow_future": True}),
    ("the last second of today, future allowed", (), {"after": EDGE + 3 * DAY - SECOND, "allow_future": True}),
    ("tomorrow 00:00, future allowed", ("forward",), {"after": EDGE + 3 * DAY, "allow_future": True}),
    ("tomorrow, one day forward", (), {"after": EDGE + 3 * DAY, "allow_future": True, "windows": [WindowLimit(7, 1)]}),
    (
        "the last second of tomorrow, one day forward",
        (),
        {"after": EDGE + 4 * DAY - SECOND, "allow_future": True, "windows": [WindowLimit(7, 1)]},
    ),
    (
        "the day after tomorrow, one day forward",
        ("forward",),
        {"after": EDGE + 4 * DAY, "allow_future": True, "windows": [WindowLimit(7, 1)]},
    ),
    ("days forward do not allow the future", ("future",), {"after": NOW + DAY, "windows": [WindowLimit(7, 9)]}),
    (
        "no limit back is no limit forward",
        ("forward",),
        {"after": NOW + DAY, "allow_future": True, "windows": [NO_LIMIT]},
    ),
    # -- the window
    ("the window's first moment", (), {"after": MIDNIGHT}),
    ("a second before the window", ("window",), {"after": MIDNIGHT - SECOND}),
    ("a second after the window opens", (), {"after": MIDNIGHT + SECOND}),
    ("eight days back", ("window",), {"after": NOW - 8 * DAY}),
    ("exactly seven days back", (), {"after": NOW - 7 * DAY}),
    ("today 00:00, nothing back", (), {"after": EDGE + 2 * DAY, "windows": [WindowLimit(0)]}),
    (
        "yesterday's last second, nothing back",
        ("window",),
        {"after": EDGE + 2 * DAY - SECOND, "windows": [WindowLimit(0)]},
    ),
    ("no window at all", ("window",), {"after": NOW - HOUR, "windows": []}),
    ("no window, this very moment", ("window",), {"after": NOW, "before": NOW - DAY, "windows": []}),
    ("the wider of two windows", (), {"after": NOW - 20 * DAY, "windows": [WEEK, WindowLimit(30)]}),
    ("beyond both windows", ("window",), {"after": NOW - 40 * DAY, "windows": [WEEK, WindowLimit(30)]}),
    ("forty years back without limit", (), {"after": NOW - 40 * 365 * DAY, "windows": [NO_LIMIT]}),
    ("one of them without limit", (), {"after": NOW - 400 * DAY, "windows": [WEEK, NO_LIMIT]}),
    ("moving a very old time into the window", (), {"before": NOW - 900 * DAY, "after": NOW - DAY}),
    # -- the longest move
    ("just as far as allowed", (), {"after": NOW - 3 * DAY, "windows": [WindowLimit(7, 0, 3)]}),
    ("a second further", ("too_far",), {"after": NOW - 3 * DAY - SECOND, "windows": [WindowLimit(7, 0, 3)]}),
    ("too far towards now", ("too_far",), {"before": NOW - 6 * DAY, "after": NOW, "windows": [WindowLimit(7, 0, 3)]}),
    ("far, by another window", (), {"after": NOW - 5 * DAY, "windows": [WindowLimit(7, 0, 3), WEEK]}),
    ("outside the window is not too far", ("window",), {"after": NOW - 9 * DAY, "windows": [WindowLimit(7, 0, 3)]}),
    ("no move longer than nothing", ("too_far",), {"after": NOW - SECOND, "windows": [WindowLimit(7, 0, 0)]}),
    ("a creation moves nothing", (), {"before": None, "after": NOW - 5 * DAY, "windows": [WindowLimit(7, 0, 3)]}),
    ("no limit back, but no long moves", ("too_far",), {"after": NOW - 9 * DAY, "windows": [WindowLimit(None, 0, 3)]}),
    # -- the closed period
    ("the first open moment", (), {"after": EDGE, **CLOSED}),
    ("the last closed second", ("closed",), {"after": EDGE - SECOND, **CLOSED}),
    ("a second into the open", (), {"after": EDGE + SECOND, **CLOSED}),
    ("out of a closed period", ("closed",), {"before": EDGE - SECOND, "after": NOW - HOUR, **CLOSED}),
    ("from the first open moment", (), {"before": EDGE, "after": NOW - HOUR, **CLOSED}),
    ("within a closed period", ("closed",), {"before": EDGE - DAY, "after": EDGE - 2 * DAY, **CLOSED}),
    ("closed, whatever the window", ("closed",), {"after": EDGE - SECOND, "windows": [NO_LIMIT], **CLOSED}),
    ("closed through today", ("closed",), {"after": NOW - HOUR, "closed_through": dt.date(2026, 3, 18)}),
    ("closed and beyond the window", ("closed", "window"), {"after": NOW - 30 * DAY, **CLOSED}),
    (
        "closed through a day to come",
        ("future", "closed"),
        {"after": NOW + HOUR, "closed_through": dt.date(2026, 3, 19)},
    ),
    ("closed in the company's zone, not UTC's", (), {"after": utc(2026, 3, 15, 16), **CLOSED}),
    ("UTC's day has begun, the company's not", ("closed",), {"after": utc(2026, 3, 15, 15, 59, 59), **CLOSED}),
    # -- clock changes
    (
        "New York closed through the day before its clocks jump",
        (),
        {"after": utc(2026, 3, 8, 5), "zone": NEW_YORK, "closed_through": dt.date(2026, 3, 7), "windows": [NO_LIMIT]},
    ),
    (
        "New York, a second earlier",
        ("closed",),
        {
            "after": utc(2026, 3, 8, 4, 59, 59),
            "zone": NEW_YORK,
            "closed_through": dt.date(2026, 3, 7),
            "windows": [NO_LIMIT],
        },
    ),
    (
        "New York closed through the short day itself: 23 hours later",
        (),
        {"after": utc(2026, 3, 9, 4), "zone": NEW_YORK, "closed_through": dt.date(2026, 3, 8), "windows": [NO_LIMIT]},
    ),
    (
        "and a second earlier",
        ("closed",),
        {
            "after": utc(2026, 3, 9, 3, 59, 59),
            "zone": NEW_YORK,
            "closed_through": dt.date(2026, 3, 8),
            "windows": [NO_LIMIT],
        },
    ),
    (
        "Berlin, the long day of October: 25 hours",
        ("closed",),
        {
            "at": utc(2026, 10, 26, 12),
            "before": utc(2026, 10, 26, 12),
            "after": utc(2026, 10, 25, 22, 59, 59),
            "zone": BERLIN,
            "closed_through": dt.date(2026, 10, 25),
        },
    ),
    (
        "Berlin, the first second after it",
        (),
        {
            "at": utc(2026, 10, 26, 12),
            "before": utc(2026, 10, 26, 12),
            "after": utc(2026, 10, 25, 23),
            "zone": BERLIN,
            "closed_through": dt.date(2026, 10, 25),
        },
    ),
    (
        "São Paulo, where the day of the change had no midnight: the window opens at 01:00",
        (),
        {
            "at": utc(2018, 11, 11, 12),
            "before": utc(2018, 11, 11, 12),
            "after": wall(SAO_PAULO, 2018, 11, 4, 1),
            "zone": SAO_PAULO,
        },
    ),
    (
        "São Paulo, a second before",
        ("window",),
        {
            "at": utc(2018, 11, 11, 12),
            "before": utc(2018, 11, 11, 12),
            "after": wall(SAO_PAULO, 2018, 11, 4, 1) - SECOND,
            "zone": SAO_PAULO,
        },
    ),
    (
        "Apia skipped 30 December 2011: closed through it is closed through the 29th",
        (),
        {
            "at": utc(2012, 1, 2),
            "before": utc(2012, 1, 2),
            "after": utc(2011, 12, 30, 10),
            "zone": APIA,
            "closed_through": dt.date(2011, 12, 30),
        },
    ),
    ("Kathmandu's midnight is at 18:15 UTC", (), {"after": utc(2026, 3, 10, 18, 15), "zone": KATHMANDU}),
    ("and a second earlier", ("window",), {"after": utc(2026, 3, 10, 18, 14, 59), "zone": KATHMANDU}),
    (
        "today is the company's: 23:30 in New York is still the 17th",
        (),
        {
            "at": utc(2026, 3, 18, 3, 30),
            "before": utc(2026, 3, 18, 3, 30),
            "after": wall(NEW_YORK, 2026, 3, 10),
            "zone": NEW_YORK,
        },
    ),
    # -- reasons
    ("no reason", ("reason",), {"after": NOW - HOUR, "reason": ""}),
    ("no reason, none asked", (), {"after": NOW - HOUR, "reason": "", "reason_required": False}),
    ("a reason not offered", ("reason_unknown",), {"after": NOW - HOUR, "reason": "holiday"}),
    ("a reason not offered, none asked", ("reason_unknown",), {"after": NOW, "reason": "x", "reason_required": False}),
    ("no reasons offered at all", ("reason_unknown",), {"after": NOW - HOUR, "reasons": frozenset()}),
    ("too short a note", ("note",), {"after": NOW - HOUR, "note_length": 10, "note": "Forgotten"}),
    ("just long enough", (), {"after": NOW - HOUR, "note_length": 9, "note": "Forgotten"}),
    ("blanks are no words", ("note",), {"after": NOW - HOUR, "note_length": 3, "note": "  a   "}),
    ("Chinese counts by the character", (), {"after": NOW - HOUR, "note_length": 4, "note": "日期填错"}),
    ("neither reason nor note", ("reason", "note"), {"after": NOW - HOUR, "reason": "", "note_length": 1}),
    (
        "everything at once",
        ("future", "reason_unknown", "note"),
        {"after": NOW + DAY, "reason": "x", "note_length": 5},
    ),
    # -- taking back, back-filling, stamping
    ("taking back beyond the window", (), {"after": NOW - 90 * DAY, "taking_back": True}),
    ("taking back needs no window of its own", (), {"after": NOW - HOUR, "taking_back": True, "windows": []}),
    ("taking back asks no reason", (), {"after": NOW - HOUR, "taking_back": True, "reason": ""}),
    ("taking back into a closed period", ("closed",), {"after": EDGE - SECOND, "taking_back": True, **CLOSED}),
    ("taking back into the future", ("future",), {"after": NOW + HOUR, "taking_back": True}),
    ("back-filling beyond the window", (), {"before": None, "after": NOW - 900 * DAY, "backfill": True}),
    ("back-filling asks a reason", ("reason",), {"before": None, "after": NOW - DAY, "backfill": True, "reason": ""}),
    ("back-filling a closed period", ("closed",), {"before": None, "after": EDGE - DAY, "backfill": True, **CLOSED}),
    ("back-filling the future", ("future",), {"before": None, "after": NOW + SECOND, "backfill": True}),
    ("stamped now", (), {"before": None, "after": NOW, "stamped": True, "windows": [], "reason": ""}),
    (
        "stamped in a period closed through today",
        ("closed",),
        {"before": None, "after": NOW, "stamped": True, "closed_through": dt.date(2026, 3, 18)},
    ),
]


@pytest.mark.parametrize(("codes", "case"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_the_table_of_cases(codes, case):
    assert verdict(**case) == codes


def test_without_a_rule_nothing_is_allowed():
    case = Case("followup", "ordinary", NOW, NOW - HOUR, reason="other", taking_back=True, backfill=True, stamped=True)
    assert judge(case, None, NOW).codes == ("no_rule",)


def test_a_finding_says_what_its_sentence_needs():
    limits = Limits((WEEK, WindowLimit(3)), SHANGHAI, closed_through=dt.date(2026, 3, 1), reasons=frozenset({"other"}))
    closed, window = judge(Case("followup", "ordinary", NOW, NOW - 30 * DAY, reason="other"), limits, NOW).errors
    assert closed.params == {"through": dt.date(2026, 3, 1), "leaves": False, "for_good": False}
    assert window.params == {"days": 7}


# ---- properties ----

ZONES = some.sampled_from([SHANGHAI, NEW_YORK, BERLIN, SAO_PAULO, APIA, KATHMANDU, ZoneInfo("Pacific/Kiritimati")])
MOMENTS = some.datetimes(
    dt.datetime(2005, 1, 1), dt.datetime(2035, 1, 1), timezones=some.just(dt.UTC), allow_imaginary=False
).map(lambda moment: moment.replace(microsecond=0))
WINDOWS = some.lists(
    some.builds(
        WindowLimit,
        some.none() | some.integers(0, 400),
        some.integers(0, 5),
        some.none() | some.integers(0, 60),
    ),
    max_size=3,
)


@some.composite
def cases(draw):
    """A moment, a case about it, and limits: near one another, so that edges are met."""
    zone, at = draw(ZONES), draw(MOMENTS)
    near = some.integers(-500 * 86_400, 3 * 86_400).map(lambda seconds: at + dt.timedelta(seconds=seconds))
    edges = some.integers(-10, 4).map(lambda days: start_of_day(day_of(at, zone) + dt.timedelta(days=days), zone))
    around = some.builds(lambda edge, off: edge + dt.timedelta(seconds=off), edges, some.integers(-1, 1))
    moment = near | around
    case = Case("followup", "ordinary", draw(some.none() | moment), draw(moment), reason="other")
    limits = Limits(
        windows=tuple(draw(WINDOWS)),
        zone=zone,
        closed_through=draw(some.none() | some.integers(-10, 3).map(lambda n: day_of(at, zone) + dt.timedelta(days=n))),
        allow_future=draw(some.booleans()),
        reasons=frozenset({"other"}),
    )
    return case, limits, at


@given(cases())
def test_what_is_admitted_is_inside_a_window_open_and_past(drawn):
    """Told again in other words than the code's: by calendar days of the company's zone."""
    case, limits, at = drawn
    if judge(case, limits, at).errors:
        return
    today, day = day_of(at, limits.zone), day_of(case.after, limits.zone)
    assert case.after <= at or limits.allow_future
    assert any(
        (w.days_back is None or (today - day).days <= w.days_back)
        and (day - today).days <= w.days_forward
        and (w.longest_move is None or case.before is None or abs(case.after - case.before) <= w.longest_move * DAY)
        for w in limits.windows
    )
    if limits.closed_through:
        assert day > limits.closed_through
        assert case.before is None or day_of(case.before, limits.zone) > limits.closed_through


@given(cases())
def test_more_is_never_less(drawn):
    """Opening a period, adding a window, or allowing the future never refuses what was allowed."""
    case, limits, at = drawn
    if judge(case, limits, at).errors:
        return
    wider = Limits(windows=(*limits.windows, NO_LIMIT), zone=limits.zone, allow_future=True, reasons=limits.reasons)
    assert not judge(case, wider, at).errors


@given(cases(), some.booleans(), some.booleans())
def test_neither_taking_back_nor_back_filling_opens_the_future_or_a_closed_period(drawn, taking_back, backfill):
    case, limits, at = drawn
    lifted = Case("followup", "ordinary", case.before, case.after, "other", "", taking_back, backfill)
    codes = judge(lifted, limits, at).codes
    assert ("future" in codes) == (case.after > at and not limits.allow_future)
    if limits.closed_through:
        edge = closed_edge(limits.closed_through, limits.zone)
        assert ("closed" in codes) == (case.after < edge or (case.before is not None and case.before < edge))


@given(cases())
def test_judging_is_pure(drawn):
    case, limits, at = drawn
    assert judge(case, limits, at) == judge(case, limits, at)
