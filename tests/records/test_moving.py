"""What time a record gets: set, shifted on the wall or exactly, copied, restored."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from records.models import Customer
from records.moving import COPY, FIRST_FOLLOW_UP, RESTORE, SET, SHIFT, NoTime, Spec, after_of, read_shift, with_dates
from tests import cast as make
from tests.cast import NOW, days

BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")
DAY = 1440


def utc(*parts):
    return dt.datetime(*parts, tzinfo=dt.UTC)


def record(**values):
    return SimpleNamespace(**{"entered_at": NOW, "original_entered_at": NOW - days(3)} | values)


def test_all_get_one_time_or_their_first():
    assert after_of(Spec(SET, at=utc(2026, 3, 1)), record(), SHANGHAI) == utc(2026, 3, 1)
    assert after_of(Spec(RESTORE), record(), SHANGHAI) == NOW - days(3)


@pytest.mark.parametrize(
    ("wall", "after"),
    [(True, utc(2026, 3, 28, 8)), (False, utc(2026, 3, 28, 7))],
)
def test_a_day_across_a_change_of_clocks_is_the_same_hour_or_24_hours(wall, after):
    spec = Spec(SHIFT, minutes=-DAY, wall=wall)  # Berlin goes to summer time on 29 March 2026 at 01:00 UTC
    assert after_of(spec, record(entered_at=utc(2026, 3, 29, 7)), BERLIN) == after


@pytest.mark.parametrize(
    ("before", "code"),
    [(utc(2026, 3, 28, 1, 30), "void"), (utc(2026, 10, 24, 0, 30), "double")],
)
def test_an_hour_that_is_skipped_or_shown_twice_is_no_answer(before, code):
    with pytest.raises(NoTime) as no:
        after_of(Spec(SHIFT, minutes=DAY), record(entered_at=before), BERLIN)
    assert no.value.code == code
    assert "Berlin" in no.value.message
    assert after_of(Spec(SHIFT, minutes=DAY, wall=False), record(entered_at=before), BERLIN) == before + days(1)


@pytest.mark.parametrize("minutes", [-99_999_999, 99_999_999, -30_000_000])
def test_out_of_range_is_no_answer(minutes):
    for wall in (True, False):
        with pytest.raises(NoTime) as no:
            after_of(Spec(SHIFT, minutes=minutes, wall=wall), record(), SHANGHAI)
        assert no.value.code == "range"


def test_a_copied_day_is_its_first_moment_in_the_zone():
    spec = Spec(COPY, field="signed_on")
    assert after_of(spec, record(signed_on=dt.date(2026, 3, 16)), SHANGHAI) == utc(2026, 3, 15, 16)
    assert after_of(Spec(COPY, field="recorded_at"), record(recorded_at=NOW), SHANGHAI) == NOW


@pytest.mark.parametrize(("value", "code"), [(None, "none"), (dt.date(1, 1, 1), "range"), (dt.date.max, "range")])
def test_no_date_or_one_out_of_range_is_no_answer(value, code):
    with pytest.raises(NoTime) as no:
        after_of(Spec(COPY, field="signed_on"), record(signed_on=value), SHANGHAI)
    assert no.value.code == code


def test_the_first_follow_up_is_the_first_that_the_person_may_see(cast):
    customer = make.customer(cast.owner)
    make.follow_up(cast.owner, customer, clock=lambda: NOW - days(2))
    make.follow_up(cast.owner, customer)
    spec = Spec(COPY, field=FIRST_FOLLOW_UP)
    assert after_of(spec, with_dates(Customer.objects.all(), spec, cast.owner).get(), SHANGHAI) == NOW - days(2)
    with pytest.raises(NoTime):
        after_of(spec, with_dates(Customer.objects.all(), spec, cast.outsider).get(), SHANGHAI)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("-1d", -1440), ("+7h", 420), ("90m", 90), ("-1d 2h 30m", -1590), ("−1d2h", -1560)],
)
def test_a_shift_is_read(text, minutes):
    assert read_shift(text) == minutes


@pytest.mark.parametrize("text", ["", "1", "-", "d", "1w", "0d", "1d-2h", "١d", "99999999999d", "9999999d"])
def test_no_shift(text):
    with pytest.raises(ValueError):
        read_shift(text)


@pytest.mark.parametrize(
    "spec",
    [
        Spec(SET, at=NOW),
        Spec(SHIFT, minutes=-5),
        Spec(SHIFT, minutes=5, wall=False),
        Spec(COPY, field="x"),
        Spec(RESTORE),
    ],
)
def test_a_spec_is_kept_and_read_again(spec):
    assert Spec.read(spec.as_json()) == spec
