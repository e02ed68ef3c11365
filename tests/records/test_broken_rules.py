"""A rule that is missing or broken refuses and leaves a line in the log; pages stand, and nothing gets through."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection

from records.importing.plan import Planned
from records.models import CompanyRules, Customer, FollowUp, TypeRule, Window
from records.refusals import Refused
from records.services.entry_time import change_entry_time
from records.services.imports.judging import Judge
from records.services.records import actor, create_record
from records.services.rules import change_rule
from tests import cast as make
from tests.cast import NOW, clock, days


@pytest.fixture
def call(cast):
    return make.follow_up(cast.owner, make.customer(cast.owner))


def missing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM records_typerule WHERE record_type = 'followup'")


def no_zone() -> None:
    make.set_rule(CompanyRules.objects.get(), zone="Atlantis/Poseidonis")


def empty_zone() -> None:
    make.set_rule(CompanyRules.objects.get(), zone="")


def folder() -> None:
    make.set_rule(CompanyRules.objects.get(), zone="Asia")


BREAK = pytest.mark.parametrize("broken", [missing, no_zone, empty_zone, folder], ids=lambda f: f.__name__)


def planned(entered_at=None):
    texts = {"external_id": "", "owner": "", "customer": "", "opportunity": ""}
    return Planned(line=2, values={"summary": "x"}, entered_at=entered_at, **texts)


def change(call, by, **extra):
    values = {"reason": "other", "note": "", "channel": "web", "clock": clock, "entered_at": NOW - days(1)} | extra
    return change_entry_time(record=call, seen_version=1, by=by, **values)


@BREAK
@pytest.mark.parametrize("who", ["manager", "administrator"])
def test_the_door_refuses_and_logs_one_line(cast, call, caplog, broken, who):
    broken()
    with caplog.at_level("ERROR", "redate.rules"), pytest.raises(Refused) as no:
        change(call, getattr(cast, who))
    assert no.value.codes == ("no_rule",)
    assert len([record for record in caplog.records if record.name == "redate.rules"]) == 1
    assert FollowUp.objects.get().entered_at == NOW


@BREAK
@pytest.mark.parametrize("entered_at", [None, NOW - days(1)])
def test_creating_is_refused_as_well(cast, call, caplog, broken, entered_at):
    broken()
    values = {"customer": call.customer, "summary": "x"}
    with caplog.at_level("ERROR", "redate.rules"), pytest.raises(Refused) as no:
        create_record(
            model=FollowUp,
            values=values,
            by=cast.administrator,
            entered_at=entered_at,
            reason="other" if entered_at else "",
            channel="web",
            clock=clock,
        )
    assert no.value.codes == ("no_rule",)
    assert "redate.rules" in {record.name for record in caplog.records}


@BREAK
@pytest.mark.parametrize("entered_at", [None, NOW - days(1)])
def test_rows_of_a_file_are_refused_as_well(cast, call, broken, entered_at):
    broken()
    judge = Judge("followup", actor(cast.administrator, NOW), "import", "file.csv")
    row = planned(entered_at)
    assert not judge.allows(row, cast.administrator, call.customer, None)
    assert "no_rule" in {error.code for error in judge.errors}


@BREAK
def test_pages_stand(cast, call, sign_in, at_now, broken):
    broken()
    client = sign_in(cast.administrator)
    for url in ("/", "/follow-ups/", f"/follow-ups/{call.pk}/", "/follow-ups/new/", f"/follow-ups/{call.pk}/access/"):
        assert client.get(url).status_code == 200, url
    data = {"version": "1", "entered_at": "2026-03-17 09:12", "why": "other", "confirmed": "y"}
    response = client.post(f"/follow-ups/{call.pk}/entry-time/", data)
    assert response.status_code in (403, 422)
    assert FollowUp.objects.get().version == 1


def test_an_administrator_can_mend_the_zone(cast, call):
    make.close_through(dt.date(2026, 2, 28))
    no_zone()
    row, why = CompanyRules.objects.get(), {"note": "Mended", "channel": "web", "clock": clock}
    change_rule(rule=row, seen_version=row.version, values={"zone": "Asia/Shanghai"}, by=cast.administrator, **why)
    assert change(call, cast.owner).version == 2


FAR = [
    {"closed_through": dt.date.max},
    {"closed_hard_through": dt.date.max},
    {"reported_through": dt.date.max, "approval_days": 2_000_000_000},
]


@pytest.mark.parametrize("values", FAR, ids=lambda values: next(iter(values)))
def test_dates_and_numbers_without_measure_refuse_and_do_not_break(cast, call, values):
    make.set_rule(TypeRule.objects.get(record_type="followup"), **values)
    with pytest.raises(Refused) as no:
        change(call, cast.administrator)
    assert no.value.codes == (("approval",) if "approval_days" in values else ("closed",))
    assert no.value.messages()


def test_dates_before_all_times_close_nothing(cast, call):
    rule = TypeRule.objects.get(record_type="followup")
    make.set_rule(rule, closed_through=dt.date.min, closed_hard_through=dt.date.min, reported_through=dt.date.min)
    assert change(call, cast.administrator).version == 2


def test_days_without_measure_are_no_limit(cast, call):
    for window in Window.objects.filter(record_type="followup", role__key="sales"):
        make.set_rule(window, days_back=2_000_000_000, longest_move=2_000_000_000, days_forward=2_000_000_000)
    assert change(call, cast.owner, entered_at=dt.datetime(1970, 1, 1, tzinfo=dt.UTC)).version == 2


# ---- rows of an import that count as now ----


def test_a_row_of_a_file_without_a_time_needs_an_open_today(cast):
    customer = make.customer(cast.owner)
    row = planned()
    make.close_through(dt.date(2026, 3, 18), "followup")
    judge = Judge("followup", actor(cast.administrator, NOW), "import", "file.csv")
    assert not judge.allows(row, cast.administrator, customer, None)
    assert [error.code for error in judge.errors] == ["closed"]


def test_a_customer_that_only_the_file_knows_needs_an_open_today(cast):
    row = planned()
    make.close_through(dt.date(2026, 3, 18), "customer")
    judge = Judge("followup", actor(cast.administrator, NOW), "import", "file.csv")
    times = {"entered_at": NOW, "original_entered_at": NOW, "recorded_at": NOW}
    assert not judge.allows(row, cast.administrator, Customer(name="New", owner=cast.administrator, **times), None)
    assert [error.code for error in judge.errors] == ["closed"]
