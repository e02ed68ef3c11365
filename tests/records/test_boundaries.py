"""To the second, through the door: closed periods in three zones, windows, grace days, an exception's last moment."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from audit.times import closed_edge, start_of_day
from records.models import CompanyRules, FollowUp, TypeRule, Window
from records.refusals import Refused
from records.services.entry_time import change_entry_time
from records.services.exceptions import add_exception, revoke_exception
from tests import cast as make
from tests.cast import NOW, days

pytestmark = pytest.mark.django_db
SECOND = dt.timedelta(seconds=1)
FEBRUARY = dt.date(2026, 2, 28)
SHANGHAI = ZoneInfo("Asia/Shanghai")
ZONES = ["Asia/Shanghai", "UTC", "America/New_York", "Pacific/Kiritimati", "Asia/Kathmandu"]


@pytest.fixture
def call(cast):
    return make.follow_up(cast.owner, make.customer(cast.owner))


def move(record, by, to, at=NOW):
    return change_entry_time(
        record=record,
        seen_version=FollowUp.objects.get(pk=record.pk).version,
        entered_at=to,
        reason="back_fill",
        note="",
        by=by,
        channel="web",
        clock=lambda: at,
    )


def refuses(code, record, by, to, at=NOW):
    before = FollowUp.objects.get(pk=record.pk).entered_at, FollowUp.history.count()
    with pytest.raises(Refused) as no:
        move(record, by, to, at)
    assert no.value.codes == (code,)
    assert (FollowUp.objects.get(pk=record.pk).entered_at, FollowUp.history.count()) == before


def rule():
    return TypeRule.objects.get(record_type="followup")


# ---- closed through: the company's midnight, whoever asks ----


@pytest.mark.parametrize("company", ZONES)
@pytest.mark.parametrize("person", ["", "UTC", "America/New_York"])
def test_the_closed_period_ends_at_the_companys_midnight_to_the_second(cast, call, company, person):
    make.set_rule(CompanyRules.objects.get(), zone=company)
    make.set_rule(rule(), closed_through=FEBRUARY)
    cast.administrator.zone = person
    cast.administrator.save(update_fields=["zone"])
    edge = closed_edge(FEBRUARY, ZoneInfo(company))
    assert edge == dt.datetime(2026, 3, 1, tzinfo=ZoneInfo(company)).astimezone(dt.UTC)
    refuses("closed", call, cast.administrator, edge - SECOND)
    move(call, cast.administrator, edge)
    move(call, cast.administrator, edge + SECOND)
    make.set_rule(rule(), closed_through=FEBRUARY + days(1))
    refuses("closed", call, cast.administrator, NOW - days(1))  # it lies inside now, and stays


def test_the_midnights_of_the_person_and_of_utc_are_none(cast, call):
    make.set_rule(rule(), closed_through=FEBRUARY)
    utc = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    new_york = dt.datetime(2026, 3, 1, tzinfo=ZoneInfo("America/New_York")).astimezone(dt.UTC)
    for moment in (utc, new_york):
        for step in (-SECOND, dt.timedelta(), SECOND):
            move(call, cast.administrator, moment + step)


def test_one_second_inside_may_not_leave(cast, call):
    edge = closed_edge(FEBRUARY, SHANGHAI)
    move(call, cast.administrator, edge)
    make.set_rule(rule(), closed_through=FEBRUARY)
    move(call, cast.administrator, edge + SECOND)
    make.set_rule(rule(), closed_through=None)
    move(call, cast.administrator, edge - SECOND)
    make.set_rule(rule(), closed_through=FEBRUARY)
    refuses("closed", call, cast.administrator, edge)


# ---- grace days ----


def test_grace_days_close_a_month_at_the_companys_midnight(cast, call):
    make.set_rule(rule(), grace_days=3)
    inside = dt.datetime(2026, 2, 28, 12, tzinfo=SHANGHAI).astimezone(dt.UTC)
    closes = start_of_day(dt.date(2026, 3, 4), SHANGHAI)  # 1, 2 and 3 March are grace
    made = make.follow_up(cast.owner, call.customer, clock=lambda: closes - days(1))
    move(made, cast.administrator, inside, closes - SECOND)
    refuses("closed", made, cast.administrator, inside + SECOND, closes)
    other = make.follow_up(cast.owner, call.customer, clock=lambda: closes)
    refuses("closed", other, cast.administrator, inside, closes)
    move(other, cast.administrator, closed_edge(FEBRUARY, SHANGHAI), closes)


def test_without_grace_a_month_closes_as_it_ends(cast, call):
    make.set_rule(rule(), grace_days=0)
    edge = closed_edge(FEBRUARY, SHANGHAI)
    made = make.follow_up(cast.owner, call.customer, clock=lambda: edge - days(1))
    move(made, cast.administrator, edge - days(2), edge - SECOND)
    refuses("closed", made, cast.administrator, edge - days(1), edge)


# ---- windows ----


def test_seven_days_back_begin_at_midnight_of_that_day(cast, call):
    opens = start_of_day(dt.date(2026, 3, 11), SHANGHAI)
    refuses("window", call, cast.owner, opens - SECOND)
    move(call, cast.owner, opens)
    move(call, cast.owner, opens + SECOND)


@pytest.mark.parametrize("at", ["2026-03-17T15:59:59", "2026-03-17T16:00:00"])
def test_the_window_moves_on_at_the_companys_midnight(cast, call, at):
    moment = dt.datetime.fromisoformat(at).replace(tzinfo=dt.UTC)
    today = moment.astimezone(SHANGHAI).date()
    opens = start_of_day(today - days(7), SHANGHAI)
    made = make.follow_up(cast.owner, call.customer, clock=lambda: moment)
    refuses("window", made, cast.owner, opens - SECOND, moment)
    move(made, cast.owner, opens, moment)


def test_days_forward_end_before_the_next_midnight(cast, call):
    make.set_rule(rule(), allow_future=True)
    window = Window.objects.get(role__key="sales", record_type="followup", customer_class="ordinary")
    make.set_rule(window, days_forward=2)
    closes = start_of_day(dt.date(2026, 3, 21), SHANGHAI)
    move(call, cast.owner, closes - SECOND)
    refuses("forward", call, cast.owner, closes)


def test_now_itself_is_not_the_future(cast, call):
    refuses("future", call, cast.owner, NOW + SECOND)
    move(call, cast.owner, NOW - SECOND)
    move(call, cast.owner, NOW)


def test_the_longest_move_counts_24_hour_days(cast, call):
    window = Window.objects.get(role__key="sales", record_type="followup", customer_class="ordinary")
    make.set_rule(window, longest_move=2)
    refuses("too_far", call, cast.owner, NOW - days(2) - SECOND)
    move(call, cast.owner, NOW - days(2))


def test_more_than_so_many_days_need_a_second_person(cast, call):
    make.set_rule(rule(), approval_days=2)
    refuses("approval", call, cast.owner, NOW - days(2) - SECOND)
    move(call, cast.owner, NOW - days(2))


# ---- an exception ----


def test_the_last_second_of_an_exception(cast, call):
    make.set_rule(rule(), closed_through=FEBRUARY)
    until = NOW + dt.timedelta(hours=1)
    row = add_exception(
        to=cast.senior,
        record_type="followup",
        until=until,
        why="Fair",
        by=cast.administrator,
        channel="web",
        clock=lambda: NOW,
    )
    inside = closed_edge(FEBRUARY, SHANGHAI) - days(1)
    move(call, cast.senior, inside, until - SECOND)
    refuses("closed", call, cast.senior, inside + SECOND, until)
    refuses("closed", call, cast.senior, inside + SECOND, until + SECOND)
    revoke_exception(exception=row, why="Done", by=cast.administrator, channel="web", clock=lambda: until - SECOND)
    refuses("closed", call, cast.senior, inside + SECOND, until - SECOND)


def test_an_exception_does_not_open_what_is_closed_for_good(cast, call):
    make.set_rule(rule(), closed_through=FEBRUARY, closed_hard_through=dt.date(2026, 1, 31))
    add_exception(
        to=cast.administrator,
        record_type="followup",
        until=NOW + days(1),
        why="Fair",
        by=cast.root,
        channel="web",
        clock=lambda: NOW,
    )
    edge = closed_edge(dt.date(2026, 1, 31), SHANGHAI)
    refuses("closed", call, cast.administrator, edge - SECOND)
    move(call, cast.administrator, edge)
