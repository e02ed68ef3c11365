"""How far a person may set a time, as the pages tell it beforehand."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from records.access import person
from records.models import Customer, FollowUp, TypeRule
from records.reach import about_to_create, reach
from tests import cast as make
from tests.cast import NOW, set_rule

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")


def test_windows_of_roles_in_whole_days_of_the_company(cast):
    found = reach(cast.owner, FollowUp, NOW)
    assert (found.may, found.days, found.zone) == (True, 7, SHANGHAI)
    assert found.opens == found.earliest == dt.datetime(2026, 3, 10, 16, tzinfo=dt.UTC)
    assert (found.closes, found.closed_through) == (None, None)
    assert found.readings(SHANGHAI) == {"now": "2026-03-18 14:32", "min": "2026-03-11 00:00"}


def test_a_closed_period_cuts_the_window_and_reads_right_in_another_zone(cast):
    make.close_through(dt.date(2026, 3, 14), "followup")
    found = reach(cast.owner, FollowUp, NOW)
    assert found.earliest == dt.datetime(2026, 3, 14, 16, tzinfo=dt.UTC)
    assert found.readings(SHANGHAI)["closed"] == "2026-03-14 00:00"
    # entry-time.js opens a day after the reading: 2026-03-14 12:00 in New York is the edge
    assert found.readings(NEW_YORK) == {
        "now": "2026-03-18 02:32",
        "min": "2026-03-10 12:00",
        "closed": "2026-03-13 12:00",
    }


def test_times_ahead_where_the_type_allows_them(cast):
    set_rule(TypeRule.objects.get(record_type="followup"), allow_future=True)
    found = reach(cast.owner, FollowUp, NOW)
    assert found.closes == dt.datetime(2026, 3, 18, 16, tzinfo=dt.UTC)
    assert found.readings(SHANGHAI)["max"] == "2026-03-18 23:59"


def test_no_source_no_reach(cast):
    key = make.customer(cast.owner, importance="key")
    assert not reach(cast.owner, about_to_create(FollowUp, cast.owner, key), NOW).may
    assert not reach(cast.owner, key, NOW).may
    assert not reach(cast.auditor, Customer, NOW).may


def test_back_filling_knows_no_window_and_a_missing_rule_allows_nothing(cast):
    found = reach(cast.administrator, Customer, NOW)
    assert (found.may, found.days, found.opens, found.earliest) == (True, None, None, None)
    assert found.readings(SHANGHAI)["min"] == "1970-01-01 08:00"


@pytest.mark.parametrize("who", ["owner", "senior", "outsider"])
def test_four_queries_at_most(cast, who, django_assert_max_num_queries):
    call, user = make.follow_up(cast.owner, make.customer(cast.owner)), getattr(cast, who)
    person(user)
    call = FollowUp.objects.select_related("owner", "customer").get(pk=call.pk)
    with django_assert_max_num_queries(4):
        reach(user, call, NOW)
