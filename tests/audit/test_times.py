"""The one parser, formatter and clock: cases from tests/data, then tables, then properties."""

import csv
import datetime as dt
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import example, given, settings
from hypothesis import strategies as st

from audit.times import (
    END,
    FIRST,
    FORMATS,
    NotATime,
    closed_edge,
    day_of,
    distance,
    format_time,
    iso,
    now,
    parse,
    shift,
    start_of_day,
    weekday,
    zone,
    zone_label,
    zone_names,
)

DATA = Path(__file__).parent.parent / "data"
SHANGHAI, NEW_YORK, LONDON = zone("Asia/Shanghai"), zone("America/New_York"), zone("Europe/London")
SAO_PAULO, APIA, HAVANA = zone("America/Sao_Paulo"), zone("Pacific/Apia"), zone("America/Havana")


def utc(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def rows(name):
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def outcome(text, there=SHANGHAI, **options):
    """The moment, or the refusal; any other error fails the test."""
    try:
        return parse(text, there, **options)
    except NotATime as refused:
        return refused


def refusal(text, there=SHANGHAI, **options):
    result = outcome(text, there, **options)
    assert isinstance(result, NotATime)
    return result


# ---- clocks that jump ----

DST = rows("dst_cases.csv")


def dst(kind):
    return [pytest.param(row, id=f"{row['zone']} {row['wall_time']}") for row in DST if row["kind"] == kind]


def test_all_dst_cases_are_here():
    assert [len(dst(kind)) for kind in ("normal", "nonexistent", "ambiguous")] == [62, 45, 48]


@pytest.mark.parametrize("row", dst("normal"))
def test_a_time_that_was_once(row):
    assert parse(row["wall_time"], zone(row["zone"])) == dt.datetime.fromisoformat(row["utc_earlier_or_only"])


@pytest.mark.parametrize("row", dst("nonexistent"))
def test_a_time_that_never_was(row):
    there = zone(row["zone"])
    error = refusal(row["wall_time"], there)
    assert error.code == "void"
    day = row["wall_time"][:10]
    last, first = (
        parse(text if " " in text else f"{day} {text}", there) for text in (error.params["last"], error.params["first"])
    )
    assert first - last == dt.timedelta(minutes=1)
    assert iso(last, there)[-6:] == row["offset_fold0"]
    assert iso(first, there)[-6:] == row["offset_fold1"]


@pytest.mark.parametrize("row", dst("ambiguous"))
def test_a_time_that_was_twice(row):
    there = zone(row["zone"])
    error = refusal(row["wall_time"], there)
    assert error.code == "double"
    assert [text for _, text in error.choices] == [
        row["wall_time"] + row["offset_fold0"],
        row["wall_time"] + row["offset_fold1"],
    ]
    assert [parse(text, there) for _, text in error.choices] == [
        dt.datetime.fromisoformat(row["utc_earlier_or_only"]),
        dt.datetime.fromisoformat(row["utc_later_if_ambiguous"]),
    ]


@pytest.mark.parametrize(
    ("text", "there", "message"),
    [
        (
            "2024-03-10 02:30",
            NEW_YORK,
            "02:30 did not exist on that day in New York time: the clock went from 01:59 to 03:00.",
        ),
        (
            "2024-10-06 02:15:20",
            zone("Australia/Lord_Howe"),
            "02:15:20 did not exist on that day in Lord Howe time: the clock went from 01:59 to 02:30.",
        ),
        (
            "2018-11-04 00:30",
            SAO_PAULO,
            "00:30 did not exist on that day in Sao Paulo time: the clock went from 2018-11-03 23:59 to 01:00.",
        ),
        (
            "2011-12-30 09:12",
            APIA,
            "09:12 did not exist on that day in Apia time: the clock went from 2011-12-29 23:59 to 2011-12-31 00:00.",
        ),
        (
            "2024-11-03 01:30",
            NEW_YORK,
            "01:30 happened twice on that day in New York time. "
            "Write 2024-11-03T01:30-04:00 or 2024-11-03T01:30-05:00.",
        ),
    ],
)
def test_a_jump_is_explained(text, there, message):
    assert refusal(text, there).message == message


def test_both_moments_are_offered():
    assert refusal("2024-11-03 01:30", NEW_YORK).choices == [
        ("2024-11-03 01:30, UTC−4", "2024-11-03T01:30-04:00"),
        ("2024-11-03 01:30, UTC−5", "2024-11-03T01:30-05:00"),
    ]


# ---- reading ----


@pytest.mark.parametrize("row", [pytest.param(row, id=repr(row["input"])) for row in rows("datetime_cases.csv")])
def test_what_django_reads(row):
    ours = outcome(row["input"], dt.UTC)
    assert row["ours"] == (ours.code if isinstance(ours, NotATime) else f"{ours:%Y-%m-%dT%H:%M:%SZ}")


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-16 09:12",
        "2026-03-16 09:12:00",
        "2026-3-16 9:12",
        "2026/3/16 9:12",
        "2026.3.16 9:12",
        "2026年3月16日 9:12",
        "2026年3月16日9:12",
        "2026 年 3 月 16 日 09:12",
        "２０２６－０３－１６　０９：１２",
        "２０２６／３／１６ ９：１２",
        "\u00a02026-03-16\t09:12\n",
        "2026-03-16T09:12",
        "2026-03-16t09:12",
        "2026-03-16T09:12:00.000",
        "2026-03-16T09:12:00,0",
        "2026-03-16T01:12Z",
        "2026-03-16t01:12:00.000z",
        "2026-03-16T09:12+08:00",
        "2026-03-16 09:12 +0800",
        "2026-03-16 09:12:00+08",
        "2026-03-15T21:12−04:00",
        "2026-03-16T06:42+05:30",
    ],
)
def test_one_moment_in_many_spellings(text):
    assert parse(text, SHANGHAI) == utc("2026-03-16T01:12:00")


@pytest.mark.parametrize(
    "text",
    [
        "10/25/06",
        "03/04/2024",
        "16/03/2026 09:12",
        "16.03.2026 09:12",
        "26-03-16",
        "20140102",
        "20260316T0912",
        "tomorrow",
        "today 09:12",
        "2026-W12-1",
        "2026-075",
        "2026-03",
        "2026",
        "1773623520",
        "46097.38",
        "٢٠٢٦-٠٣-١٦ ٠٩:١٢",
        "२०२६-०३-१६ ०९:१२",
        "2026-3-1¹",
        "2026-3-①",
        "2026-03/16 09:12",
        "2026年3月16",
        "09:12",
        "2026-03-16 9",
        "2026-03-16 0912",
        "2026-03-16 9:2",
        "2026-03-16 9:12 am",
        "2026-03-16 24:00",
        "2026-03-16 09:60",
        "2026-03-16 09:12:60",
        "2026-02-29",
        "2026-02-31 09:12",
        "2026-13-01",
        "2026-00-10",
        "0000-01-01",
        "2026-03-16Z",
        "2026-03-16+08:00",
        "2026-03-16 09:12+15:00",
        "2026-03-16 09:12+08:60",
        "2026-03-16 09:12 UTC",
        "2026-03-16 09:12 Asia/Shanghai",
        "2026-03-16 09:12, 2026-03-17",
        "2026-03-16 09:12\x00",
        "\ud800",
        "-2026-03-16",
        "2026-03-16T09:12:00." + "0" * 5_000_000 + "x",
        "9" * 5_000_000,
    ],
    ids=lambda text: ascii(text[:40]),
)
@pytest.mark.parametrize("fractions", ["refuse", "drop"])
def test_nothing_is_guessed(text, fractions):
    error = refusal(text, fractions=fractions)
    assert (error.code, error.message) == ("form", "Not a time. Write it like 2026-03-16 09:12.")


def test_a_fraction_is_refused_or_dropped():
    text = "2024-08-13T18:04:34.666+00:00"
    assert refusal(text).code == "form"
    assert parse(text, SHANGHAI, fractions="drop") == utc("2024-08-13T18:04:34")


@pytest.mark.parametrize(
    ("style", "text"),
    [
        ("dmy", "03/04/2026 09:12"),
        ("dmy", "3/4/2026 9:12"),
        ("mdy", "04/03/2026 09:12"),
        ("dmy_dots", "03.04.2026 09:12"),
        ("dmy_dots", "3.4.2026 09:12:00"),
        *((style, "2026-04-03 09:12") for style in FORMATS),
    ],
)
def test_the_chosen_format_is_read(style, text):
    assert parse(text, SHANGHAI, display_format=style) == utc("2026-04-03T01:12:00")


@pytest.mark.parametrize(
    ("style", "text", "message"),
    [
        ("dmy", "03.04.2026", "Not a time. Write it like 16/03/2026 09:12."),
        ("dmy", "10/25/2026", "Not a time. Write it like 16/03/2026 09:12."),
        ("dmy", "03/04/26", "Not a time. Write it like 16/03/2026 09:12."),
        ("mdy", "25/10/2026", "Not a time. Write it like 03/16/2026 09:12."),
        ("dmy_dots", "03/04/2026", "Not a time. Write it like 16.03.2026 09:12."),
        ("dmy_dots", "3x4x2026", "Not a time. Write it like 16.03.2026 09:12."),
        ("dmy", "", "Write a date and a time, like 16/03/2026 09:12."),
        ("", " \u3000 ", "Write a date and a time, like 2026-03-16 09:12."),
    ],
)
def test_the_example_is_in_the_chosen_format(style, text, message):
    assert str(refusal(text, display_format=style)) == message


@pytest.mark.parametrize(
    ("text", "there", "expected"),
    [
        ("2011-03-27 10:16", LONDON, "2011-03-27T09:16:00"),
        ("2010-12-01 08:26", LONDON, "2010-12-01T08:26:00"),
        ("1988-07-01 12:00", SHANGHAI, "1988-07-01T03:00:00"),
        ("1988-12-01 12:00", SHANGHAI, "1988-12-01T04:00:00"),
    ],
)
def test_the_zone_counts_with_its_history(text, there, expected):
    assert parse(text, there) == utc(expected)


@pytest.mark.parametrize(
    ("text", "there", "inside"),
    [
        ("1970-01-01 00:00:00", dt.UTC, True),
        ("1969-12-31 23:59:59", dt.UTC, False),
        ("1970-01-01 08:00:00", SHANGHAI, True),
        ("1970-01-01 07:59:59", SHANGHAI, False),
        ("1969-12-31 19:00:00", NEW_YORK, True),
        ("2099-12-31 23:59:59", dt.UTC, True),
        ("2100-01-01", dt.UTC, False),
        ("2100-01-01 07:59:59", SHANGHAI, True),
        ("2100-01-01 08:00", SHANGHAI, False),
        ("0001-01-01T00:00:00+01:00", dt.UTC, False),
        ("0001-01-01", SHANGHAI, False),
        ("9999-12-31 23:59:59", NEW_YORK, False),
        ("9999-12-31T23:59:59-14:00", dt.UTC, False),
    ],
)
def test_the_range(text, there, inside):
    if inside:
        assert FIRST <= parse(text, there) < END
    else:
        error = refusal(text, there)
        assert (error.code, error.message) == ("range", "Write a time from 1970-01-01 to 2099-12-31 (UTC).")


# ---- days ----


@pytest.mark.parametrize(
    ("text", "there", "expected"),
    [
        ("2026-03-16", SHANGHAI, "2026-03-15T16:00:00"),
        ("2026/3/16", SHANGHAI, "2026-03-15T16:00:00"),
        ("2026年3月16日", SHANGHAI, "2026-03-15T16:00:00"),
        ("2018-11-04", SAO_PAULO, "2018-11-04T03:00:00"),  # 00:00 was skipped: 01:00
        ("2018-02-18", SAO_PAULO, "2018-02-18T03:00:00"),  # the day before had 25 hours
        ("2024-11-03", HAVANA, "2024-11-03T04:00:00"),  # 00:00 was twice: the first
    ],
)
def test_a_day_alone_is_its_first_moment(text, there, expected):
    assert parse(text, there) == utc(expected)
    assert start_of_day(day_of(utc(expected), there), there) == utc(expected)


def test_a_skipped_day_is_refused_and_empty():
    assert refusal("2011-12-30", APIA).code == "void"
    assert start_of_day(dt.date(2011, 12, 30), APIA) == start_of_day(dt.date(2011, 12, 31), APIA)


def test_closed_through_a_day_ends_with_it():
    assert closed_edge(dt.date(2026, 2, 28), SHANGHAI) == utc("2026-02-28T16:00:00")
    assert day_of(utc("2026-02-28T15:59:59"), SHANGHAI) == dt.date(2026, 2, 28)
    assert day_of(utc("2026-02-28T16:00:00"), SHANGHAI) == dt.date(2026, 3, 1)


# ---- writing ----


def test_now_is_utc():
    assert now().tzinfo is dt.UTC
    assert abs(now() - dt.datetime.now().astimezone()) < dt.timedelta(seconds=5)


def test_seconds_show_only_when_there_are_any():
    moment = utc("2026-03-16T01:12:00")
    assert format_time(moment, SHANGHAI) == "2026-03-16 09:12"
    assert format_time(moment.replace(second=5), SHANGHAI) == "2026-03-16 09:12:05"
    assert iso(moment, SHANGHAI) == "2026-03-16T09:12+08:00"
    assert iso(moment.replace(second=5, microsecond=7), NEW_YORK) == "2026-03-15T21:12:05-04:00"


@pytest.mark.parametrize(
    ("style", "shown"),
    [
        ("iso", "2026-03-16 09:12"),
        ("dmy", "16/03/2026 09:12"),
        ("mdy", "03/16/2026 09:12"),
        ("dmy_dots", "16.03.2026 09:12"),
    ],
)
def test_the_chosen_format_is_written(style, shown):
    assert format_time(utc("2026-03-16T01:12:00"), SHANGHAI, style) == shown


@pytest.mark.parametrize(
    ("there", "at", "label"),
    [
        (SHANGHAI, "2026-03-16", "Asia/Shanghai (UTC+8)"),
        (SHANGHAI, "1988-07-01", "Asia/Shanghai (UTC+9)"),
        (NEW_YORK, "2026-07-01", "America/New_York (UTC−4)"),
        (NEW_YORK, "2026-01-01", "America/New_York (UTC−5)"),
        (zone("Asia/Kolkata"), "2026-01-01", "Asia/Kolkata (UTC+5:30)"),
        (zone("America/St_Johns"), "2026-01-01", "America/St_Johns (UTC−3:30)"),
        (zone("Africa/Monrovia"), "1971-01-01", "Africa/Monrovia (UTC−0:44:30)"),
        (LONDON, "2026-01-01", "Europe/London (UTC+0)"),
        (zone("UTC"), "2026-01-01", "UTC"),
        (dt.UTC, "2026-01-01", "UTC"),
        (dt.timezone(dt.timedelta(hours=-4)), "2026-01-01", "UTC−4"),
    ],
)
def test_the_zone_is_named_with_its_offset(there, at, label):
    assert zone_label(there, utc(at)) == label


def test_the_weekday_follows_the_zone_and_the_language():
    sunday_evening = utc("2026-03-15T20:00:00")
    name = weekday(sunday_evening, SHANGHAI)
    assert name == "Monday"
    assert weekday(sunday_evening, NEW_YORK) == "Sunday"
    with translation.override("zh-hans"):
        assert str(name) == "星期一"


@pytest.mark.parametrize(
    ("delta", "words"),
    [
        ({"days": 2}, "2 days"),
        ({"days": -2}, "2 days"),
        ({"days": 1}, "1 day"),
        ({"days": 1, "hours": 6}, "1 day 6 h"),
        ({"days": 1, "hours": 6, "minutes": 20}, "1 day 6 h"),
        ({"days": 1, "minutes": 20}, "1 day 20 min"),
        ({"hours": 30, "seconds": 59}, "1 day 6 h"),
        ({"hours": 1, "minutes": 1}, "1 h 1 min"),
        ({"minutes": 20}, "20 min"),
        ({"seconds": 60}, "1 min"),
        ({"seconds": 59}, "< 1 min"),
        ({"seconds": -59}, "< 1 min"),
        ({"days": 400}, "400 days"),
    ],
)
def test_distance_in_the_two_largest_units(delta, words):
    assert distance(dt.timedelta(**delta)) == words


def test_shift_says_which_way():
    before = utc("2026-03-16T01:12:00")
    assert shift(before, before - dt.timedelta(days=2)) == "2 days earlier"
    assert shift(before, before + dt.timedelta(days=1, hours=6)) == "1 day 6 h later"
    assert shift(before, before) == ""


# ---- zones ----


@pytest.mark.parametrize("name", ["", "Mars/Base", "asia/shanghai", "America", "../etc/passwd", "/etc/passwd", "x\x00"])
def test_an_unknown_zone_is_refused(name):
    with pytest.raises(ValueError, match="Write it like Asia/Shanghai"):
        zone(name)


def test_the_offered_zones():
    names = zone_names()
    assert names == sorted(names)
    assert {"Asia/Shanghai", "America/Argentina/Ushuaia", "Pacific/Apia", "UTC"} <= set(names)
    assert not {"US/Pacific", "Etc/GMT+5", "EST", "GMT", "localtime"} & set(names)
    assert all(zone(name).key == name for name in names)


# ---- properties ----

zones = st.sampled_from(zone_names()).map(zone)
moments = st.integers(int(FIRST.timestamp()), int(END.timestamp()) - 1).map(
    lambda seconds: FIRST + dt.timedelta(seconds=seconds)
)


@given(moments, zones)
@example(utc("2024-11-03T05:30:00"), NEW_YORK)
@example(utc("1971-01-01T00:00:00"), zone("Africa/Monrovia"))
def test_iso_comes_back(moment, there):
    assert parse(iso(moment, there), SHANGHAI) == moment


@given(moments, zones, st.sampled_from(sorted(FORMATS)))
@example(utc("2024-11-03T05:30:00"), NEW_YORK, "iso")
@example(utc("2024-11-03T06:30:59"), NEW_YORK, "dmy")
@example(FIRST, APIA, "mdy")
def test_what_is_shown_can_be_typed(moment, there, style):
    shown = format_time(moment, there, style)
    read = outcome(shown, there, display_format=style)
    if isinstance(read, NotATime):
        assert moment in [parse(text, there) for _, text in read.choices]
    else:
        assert read == moment


@given(moments, zones)
def test_a_moment_lies_in_its_day(moment, there):
    day = day_of(moment, there)
    start = start_of_day(day, there)
    assert start <= moment
    assert day_of(start, there) == day
    assert day_of(start - dt.timedelta(seconds=1), there) < day


typed = st.text("0123456789-/.:TtZz +年月日：０９−,", max_size=30)
nearly = st.tuples(st.dates().map(str), st.sampled_from(["", " ", "T"]), typed).map("".join)
offset = st.tuples(st.datetimes().map(str), st.sampled_from("+-"), st.times().map(str)).map("".join)


@given(st.one_of(st.text(), typed, nearly, offset), zones, st.sampled_from(["", *FORMATS]), st.booleans())
@settings(max_examples=300)
def test_any_text_is_a_moment_or_not_a_time(text, there, style, drop):
    read = outcome(text, there, display_format=style, fractions="drop" if drop else "refuse")
    if isinstance(read, NotATime):
        assert read.code in NotATime.MESSAGES
        assert read.message
    else:
        assert FIRST <= read < END
        assert (read.tzinfo, read.microsecond) == (dt.UTC, 0)
