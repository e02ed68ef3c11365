"""The periodic review of entry times: each check finds its own, says who and when, and nothing of an ordinary day."""

from __future__ import annotations

import datetime as dt
import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit import jobs
from audit.models import Event, Finding, Verification
from records.entry_checks import check_times_if_due, run, thresholds, words
from records.entry_checks.running import CHECKS
from records.models import TypeRule
from records.services.records import archive_record
from tests import cast as make
from tests.audit import house
from tests.cast import NOW, clock, days
from tests.records.entering import found, move, reopen

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
MINUTE = dt.timedelta(minutes=1)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def customer(cast):
    return make.customer(cast.owner)


def said(finding: Finding) -> str:
    """The finding as people read it."""
    return f"{words.sentence(finding.code, finding.facts)} | {words.details(finding.code, finding.facts)}"


def test_an_ordinary_day_has_no_findings(cast, customer):
    call = make.follow_up(cast.owner, customer)
    move(customer, NOW - days(2), cast.owner)
    move(call, NOW - days(1), cast.owner)
    report = run(by=None, clock=clock)
    assert (report.total, report.rows, Finding.objects.count()) == (0, 2, 0)
    kept = Verification.objects.get()
    assert (kept.source, kept.result, kept.rows, kept.at, kept.by_id) == ("times", "ok", 2, NOW, None)
    assert Event.objects.get(kind="times_checked").what["findings"] == 0


# ---- as they stand ----


def test_a_time_in_the_future_is_found_unless_the_type_allows_it(cast, customer):
    move(customer, NOW + days(3), cast.owner)
    (finding,) = found("future")
    assert (finding.record_type, finding.record_id) == ("customer", customer.pk)
    assert said(finding) == "Entry time in the future | It counts as entered at 2026-03-21 06:32."
    make.set_rule(TypeRule.objects.get(record_type="customer"), allow_future=True)
    assert found("future") == []


def test_a_child_before_its_parent_is_found_for_every_pair(cast, customer):
    deal = make.opportunity(cast.owner, customer)
    call = make.follow_up(cast.owner, customer, opportunity=deal)
    paper = make.contract(cast.owner, customer, opportunity=deal)
    for number, record in enumerate((deal, call, paper), 1):
        move(record, NOW - days(number), cast.owner)
    heads = [said(finding).split(" | ")[0] for finding in found("before_parent")]
    assert sorted(heads) == [
        "Contract entered before its customer",
        "Contract entered before its opportunity",
        "Follow-up entered before its customer",
        "Follow-up entered before its opportunity",
        "Opportunity entered before its customer",
    ]


def test_a_parent_moved_past_its_child_is_found_and_gone_when_mended(cast, customer):
    call = make.follow_up(cast.owner, customer)
    long_after = NOW + days(200)
    move(customer, NOW + HOUR, cast.owner, at=long_after - days(1))
    (finding,) = found("before_parent", at=lambda: long_after)
    assert said(finding).endswith("It counts as entered at 2026-03-18 06:32, the other at 2026-03-18 07:32: 1 h later.")
    assert finding.record_id == call.pk
    much_later = long_after + days(200)  # nothing changed in its last 90 days: known ones are looked at all the same
    assert found("before_parent", at=lambda: much_later) == [finding]
    move(customer, NOW, cast.owner, at=much_later)
    assert found("before_parent", at=lambda: much_later + HOUR) == []
    finding.refresh_from_db()
    assert finding.gone_at == much_later + HOUR


def test_archived_children_are_left_alone(cast, customer):
    call = make.follow_up(cast.owner, customer)
    move(call, NOW - days(1), cast.owner)
    archive_record(record=call, seen_version=2, by=cast.owner, reason="", note="Double", channel="web", clock=clock)
    assert found("before_parent") == []


# ---- how often ----


def test_many_changes_of_one_record(cast, customer):
    for number in range(thresholds.MANY_ON_ONE - 1):
        move(customer, NOW - HOUR * (number + 1), cast.owner, at=NOW - days(9) + MINUTE * number)
    move(customer, NOW, cast.owner, at=NOW - days(1), channel="undo")
    assert found("many_on_one") == []
    move(customer, NOW - days(1), cast.colleague, at=NOW - days(1))
    (finding,) = found("many_on_one")
    assert said(finding) == "Entry time changed 4 times | 2026-03-09 06:32 to 2026-03-17 06:32"
    assert (finding.record_type, finding.record_id) == ("customer", customer.pk)
    move(customer, NOW - days(2), cast.owner)  # once more is to be looked at anew
    (again,) = found("many_on_one")
    assert again.key != finding.key


def test_what_left_the_span_is_not_said_to_be_gone(cast, customer):
    for number in range(thresholds.MANY_ON_ONE):
        move(customer, NOW - HOUR * (number + 1), cast.owner)
    (finding,) = found("many_on_one")
    assert found("many_on_one", at=lambda: NOW + days(200)) == [finding]


def test_one_person_at_once_over_all_types(cast, customer):
    records = [customer] + [make.follow_up(cast.owner, customer) for _ in range(thresholds.MANY_AT_ONCE - 1)]
    for number, record in enumerate(records[:-1]):
        move(record, NOW - HOUR, cast.manager, at=NOW - HOUR + number * dt.timedelta(seconds=20))
    assert found("burst") == []
    move(records[-1], NOW - HOUR, cast.manager, at=NOW - HOUR + 7 * MINUTE)
    (finding,) = found("burst")
    assert said(finding) == (
        "One person changed 20 entry times in 7 min | Manager, 2026-03-18 05:32 to 2026-03-18 05:39"
    )
    assert finding.facts["people"] == [cast.manager.pk]


def test_twenty_in_a_day_are_nobody_s_burst_and_a_batch_is_one_act(cast, customer):
    calls = [make.follow_up(cast.owner, customer) for _ in range(thresholds.MANY_AT_ONCE + 5)]
    for number, call in enumerate(calls):
        move(call, NOW - MINUTE, cast.manager, at=NOW - HOUR * 5 + 10 * MINUTE * number)
    for call in calls:
        move(call, NOW - HOUR, cast.senior, at=NOW, batch=7)
    assert found("burst") == []


def test_two_bursts_are_two_findings(cast, customer):
    calls = [make.follow_up(cast.owner, customer) for _ in range(thresholds.MANY_AT_ONCE)]
    for begins in (NOW - 3 * HOUR, NOW - HOUR):
        for number, call in enumerate(calls):
            move(call, NOW - begins.hour * MINUTE, cast.manager, at=begins + number * dt.timedelta(seconds=1))
    assert len(found("burst")) == 2


# ---- when ----


def test_nights_and_weekends_by_the_company_s_clock(cast, customer):
    call = make.follow_up(cast.owner, customer)
    shanghai = dt.timezone(dt.timedelta(hours=8))
    for at in (
        dt.datetime(2026, 3, 17, 8, 0, tzinfo=shanghai),  # Tuesday, work begins
        dt.datetime(2026, 3, 17, 18, 59, tzinfo=shanghai),
        dt.datetime(2026, 3, 17, 19, 0, tzinfo=shanghai),  # it ended
        dt.datetime(2026, 3, 18, 7, 59, tzinfo=shanghai),  # the same night
        dt.datetime(2026, 3, 14, 12, 0, tzinfo=shanghai),  # Saturday
    ):
        move(call, NOW - MINUTE * (at.hour + at.minute), cast.colleague, at=at)
    weekend, night = found("outside_hours")
    assert said(weekend) == "1 entry time changed outside working hours | Colleague, 2026-03-14 04:00"
    assert said(night) == (
        "2 entry times changed outside working hours | Colleague, 2026-03-17 11:00 to 2026-03-17 23:59"
    )
    assert (weekend.record_id, night.record_id) == (call.pk, None)


def test_what_was_closed_when_it_was_made(cast, customer):
    call = make.follow_up(cast.owner, customer)
    february = dt.datetime(2026, 2, 10, tzinfo=dt.UTC)
    before = move(call, february, cast.manager, at=NOW - days(1))  # February was open then
    make.close_through(dt.date(2026, 2, 28), "followup")  # at NOW
    move(call, NOW - days(3), cast.senior, at=NOW + HOUR, exception_id=5)
    move(call, NOW - days(2), cast.senior, at=NOW + 2 * HOUR)  # inside March
    reopen("followup", NOW + 3 * HOUR)
    move(call, february, cast.senior, at=NOW + 4 * HOUR)  # opened again
    (finding,) = found("across_closed", at=lambda: NOW + 5 * HOUR)
    assert finding.row_id != before
    assert said(finding) == (
        "Moved across a closed month | Senior: 2026-02-10 00:00 to 2026-03-15 06:32. "
        "Closed through 2026-02-28; exception 5 let it in."
    )
    assert (finding.kind, finding.facts["people"]) == ("audit.historicalfollowup", [cast.senior.pk])


def test_months_that_closed_by_their_grace(cast, customer):
    rule = TypeRule.objects.get(record_type="customer")
    make.set_rule(rule, grace_days=5)  # at NOW; March closes at the beginning of 6 April in Shanghai
    fifth = dt.datetime(2026, 4, 5, 15, 59, tzinfo=dt.UTC)
    move(customer, NOW - days(1), cast.owner, at=fifth)
    last = move(customer, NOW - days(2), cast.owner, at=fifth + MINUTE)
    (finding,) = found("across_closed", at=lambda: fifth + days(1))
    assert (finding.row_id, finding.facts["closed"]) == (last, "2026-03-31")
    assert said(finding).endswith("Closed through 2026-03-31; no exception let it in.")


def test_a_batch_into_a_closed_month_is_one_finding(cast, customer):
    make.close_through(dt.date(2026, 2, 28), "followup")
    for _ in range(3):
        move(make.follow_up(cast.owner, customer), NOW - days(40), cast.senior, at=NOW + HOUR, batch=11)
    assert found("across_closed", at=lambda: NOW + 2 * HOUR) == []
    finding = Finding.objects.get(code="across_closed_batch")
    assert "3 records in batch 11" in said(finding)


# ---- how far ----


def test_drift_of_one_person_in_one_month(cast, customer):
    calls = [make.follow_up(cast.owner, customer) for _ in range(thresholds.DRIFT_MOVES)]
    for number, call in enumerate(calls[:-1]):
        move(call, NOW - days(4), cast.colleague, at=NOW - HOUR * number)
    assert found("drift") == []
    move(calls[-1], NOW + HOUR, cast.colleague, at=NOW - HOUR)
    (finding,) = found("drift")
    assert said(finding) == (
        "One person’s changes lean earlier | Colleague, 2026-03: 19 of 20 changes earlier, 75 days in sum."
    )
    move(calls[0], NOW, cast.colleague)  # it stays the same finding until it is twice as much
    assert found("drift") == [finding]
    assert Finding.objects.get(pk=finding.pk).facts["count"] == 21


@pytest.mark.parametrize(("back", "aside"), [(1, 20), (30, 10)])
def test_little_or_balanced_moves_are_no_drift(cast, customer, back, aside):
    for number in range(thresholds.DRIFT_MOVES):
        to = NOW - days(back) if number < aside else NOW + days(back)
        move(make.follow_up(cast.owner, customer), to, cast.colleague, at=NOW - HOUR)
    assert found("drift") == []


def test_a_batch_drifts_as_one_move(cast, customer):
    for _ in range(thresholds.DRIFT_MOVES * 2):
        move(make.follow_up(cast.owner, customer), NOW - days(30), cast.colleague, batch=3)
    assert found("drift") == []


# ---- past Redate ----


def test_raw_sql_is_named_with_the_database_user(cast, customer):
    other = make.customer(cast.owner)
    ids = f"{customer.pk}, {other.pk}"
    house.run(f"UPDATE records_customer SET entered_at = '2026-03-16 06:32:00' WHERE id IN ({ids})")
    at = lambda: dt.datetime.now(dt.UTC) + days(400)  # noqa: E731 the database's own clock stamped the rows
    rows = run(by=None, clock=at, since=dt.date(2026, 1, 1))
    sql = [each for each in rows.findings if each.code == "raw_sql"]
    assert sum(each.facts["count"] for each in sql) == 2
    assert "by the database user" in words.details("raw_sql", sql[0].told)


def test_what_was_brought_in_was_made_elsewhere(cast, customer):
    call = make.follow_up(cast.owner, customer)
    night = dt.datetime(2026, 3, 14, 4, 0, tzinfo=dt.UTC)
    move(call, NOW - MINUTE, cast.colleague, at=night, channel="import", brought_in_at=NOW)
    assert found("outside_hours") == []


# ---- runs ----


def test_explained_findings_stay_explained(cast, customer):
    move(customer, NOW + days(3), cast.owner)
    (finding,) = found("future")
    Finding.objects.filter(pk=finding.pk).update(explained_at=NOW, explanation="It is a booking")
    report = run(by=None, clock=lambda: NOW + HOUR)
    assert (report.total, report.open) == (1, 0)
    finding.refresh_from_db()
    assert (finding.explained_at, finding.seen_at, finding.gone_at) == (NOW, NOW + HOUR, None)


def test_more_than_a_thousand_are_counted(cast, monkeypatch, customer):
    monkeypatch.setattr("records.entry_checks.running.MOST", 1)
    for _ in range(2):
        move(make.follow_up(cast.owner, customer), NOW + days(1), cast.owner)
    report = run(by=None, clock=clock)
    assert (report.total, len(report.findings), report.open) == (2, 1, 2)
    assert Finding.objects.count() == 1


def test_a_failed_run_says_so(cast, monkeypatch):
    def broken(look: Any) -> Any:
        raise ValueError("no")

    monkeypatch.setitem(CHECKS, "drift", broken)
    with pytest.raises(ValueError, match="no"):
        run(by=None, clock=clock)
    assert Verification.objects.get().result == "failed"


def test_nightly_once_in_24_hours(cast, customer):
    job = check_times_if_due(clock)
    assert check_times_if_due(clock) is None
    done = jobs.run_next(clock)
    assert (done.pk, done.state, done.result["findings"]) == (job.pk, "done", 0)
    assert check_times_if_due(lambda: NOW + dt.timedelta(hours=23)) is None
    assert check_times_if_due(lambda: NOW + dt.timedelta(hours=25)) is not None


def test_no_more_queries_for_more_records(cast, customer):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as told:
            run(by=None, clock=clock, keep=False)
        return len(told)

    move(make.follow_up(cast.owner, customer), NOW - days(1), cast.colleague)
    few = queries()
    for _ in range(30):
        move(make.follow_up(cast.owner, customer), NOW - days(1), cast.colleague)
    assert queries() == few


# ---- the command ----


def command(*args: str) -> tuple[int, str]:
    """Exit code and standard output."""
    out = StringIO()
    try:
        call_command("check_entry_times", *args, stdout=out)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_the_command_tells_in_the_company_s_zone_and_by_its_exit_code(cast, customer):
    assert command()[0] == 0
    move(customer, NOW + days(3), cast.owner)
    code, text = command()
    assert code == 1
    assert f"customer {customer.pk}: Entry time in the future" in text
    assert "It counts as entered at 2026-03-21 14:32." in text
    assert "1 changes since 2025-12-18 looked at: 1 findings, 1 open." in text
    Finding.objects.update(explained_at=NOW)
    code, text = command()
    assert (code, "(explained)" in text) == (0, True)


def test_the_command_as_json_from_a_day_on(cast, customer):
    move(customer, NOW + days(3), cast.owner, at=NOW - days(300))
    code, text = command("--json", "--since", "2025-01-01", "--no-store")
    told = json.loads(text)
    assert (code, told["ok"], told["rows"], told["open"]) == (1, False, 1, 1)
    assert told["findings"][0]["record_id"] == customer.pk
    assert not Finding.objects.exists()
    assert not Verification.objects.exists()


@pytest.mark.parametrize("since", ["yesterday", "0001-01-01", "2026-13-01"])
def test_the_command_refuses_what_is_no_day(cast, since):
    with pytest.raises(CommandError, match="--since is a day"):
        command("--since", since)
