"""Exceptions: who may make them, for whom, how they end, and that every change under one is found again."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from audit.models import Event
from crm.models import Role
from records import excepted
from records.models import CompanyRules, FollowUp, PeriodException
from records.refusals import Refused
from records.services.entry_time import change_entry_time
from records.services.exceptions import add_exception, revoke_exception
from records.services.records import create_record
from tests import cast as make
from tests.cast import NOW, clock, days

pytestmark = pytest.mark.usefixtures("at_now")
FEBRUARY = dt.date(2026, 2, 28)
CLOSED, TOMORROW = NOW - days(20), NOW + days(1)  # 26 February


def add(to, by, record_type="followup", until=TOMORROW, why="Back-fill of the fair", at=NOW):
    values = {"to": to, "record_type": record_type, "until": until, "why": why}
    return add_exception(**values, by=by, channel="web", clock=lambda: at)


def revoke(row, by, why="Done", at=NOW):
    revoke_exception(exception=row, why=why, by=by, channel="web", clock=lambda: at)


def refused(code):
    return pytest.raises(Refused, match=f"^{code}$")


def move(record, by, to=CLOSED, at=NOW):
    return change_entry_time(
        record=record,
        seen_version=FollowUp.objects.get(pk=record.pk).version,
        entered_at=to,
        reason="back_fill",
        note="Found the card",
        by=by,
        channel="web",
        clock=lambda: at,
    )


@pytest.fixture
def call(cast):
    customer = make.customer(cast.owner)
    made = make.follow_up(cast.owner, customer)
    make.close_through(FEBRUARY)
    return made


@pytest.fixture
def client(cast, sign_in):
    return sign_in(cast.administrator)


# ---- the services ----


def test_an_exception_opens_the_closed_period_for_one_person_and_is_named_in_the_row(cast, call):
    with refused("closed"):
        move(call, cast.senior)
    row = add(cast.senior, cast.administrator)
    with refused("closed"):
        move(call, cast.root)
    move(call, cast.senior)
    last = FollowUp.history.filter(id=call.pk).first()
    assert (last.exception_id, last.entered_at) == (row.pk, CLOSED)
    assert (row.history.get().history_change_reason, row.history.get().history_user_id) == (
        "Back-fill of the fair",
        cast.administrator.pk,
    )


def test_an_exception_of_a_role_and_of_another_type(cast, call):
    add(cast.senior, cast.administrator, record_type="contract")
    with refused("closed"):
        move(call, cast.senior)
    add(Role.objects.get(key="senior_sales_manager").group, cast.administrator)
    move(call, cast.senior)


def test_what_lies_open_is_no_change_under_an_exception(cast, call):
    add(cast.senior, cast.administrator)
    move(call, cast.senior, to=NOW - days(2))
    assert FollowUp.history.filter(id=call.pk).first().exception_id is None


def test_a_record_entered_into_a_closed_period_names_the_exception(cast, call):
    row = add(cast.senior, cast.administrator)
    values = {"summary": "Fair", "customer": call.customer, "owner": cast.senior}
    made = create_record(
        model=FollowUp,
        values=values,
        by=cast.senior,
        entered_at=CLOSED,
        reason="back_fill",
        channel="web",
        clock=clock,
    )
    assert made.history.get().exception_id == row.pk


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("administrator", "exception_self"),
        ("role", "exception_self"),
        ("gone", "grant_holder"),
    ],
)
def test_nobody_excepts_themselves_nor_who_may_not_sign_in(cast, to, code):
    who = Role.objects.get(key="administrator").group if to == "role" else getattr(cast, to)
    with refused(code):
        add(who, cast.administrator)
    assert not PeriodException.objects.exists()
    assert Event.objects.get(kind="refused").what["codes"] == [code]


def test_joining_a_group_one_excepted_does_not_help(cast, call):
    make.set_rule(CompanyRules.objects.get(), sales_see_all=True)
    add(cast.east.group, cast.administrator)
    cast.administrator.groups.add(cast.east.group)
    with refused("closed"):
        move(call, cast.administrator)
    add(cast.administrator, cast.root)
    move(call, cast.administrator)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"until": None}, "grant_end"),
        ({"until": NOW}, "grant_end"),
        ({"why": "  "}, "why"),
        ({"record_type": "task"}, "value"),
    ],
)
def test_an_exception_needs_an_end_ahead_a_reason_and_a_type(cast, values, code):
    with refused(code):
        add(cast.senior, cast.administrator, **values)


def test_only_who_may_reopen_periods_lets_others_in(cast):
    with refused("rules_right"):
        add(cast.colleague, cast.senior)
    group = Role.objects.get(key="administrator").group
    group.permissions.remove(group.permissions.get(codename="reopen_periods"))
    with refused("exception_right"):
        add(cast.colleague, cast.administrator)


def test_revoking_leaves_a_row_and_closes_again(cast, call):
    row = add(cast.senior, cast.administrator)
    with refused("rules_right"):
        revoke(row, cast.senior)
    with refused("why"):
        revoke(row, cast.administrator, why="")
    revoke(row, cast.administrator)
    gone = PeriodException.history.filter(id=row.pk).first()
    assert (gone.history_type, gone.history_change_reason) == ("-", "Done")
    with refused("exception_ended"):
        revoke(row, cast.administrator)
    with refused("closed"):
        move(call, cast.senior)


def test_one_that_has_ended_by_itself_is_not_revoked(cast):
    row = add(cast.senior, cast.administrator)
    with refused("exception_ended"):
        revoke(row, cast.administrator, at=NOW + days(1))


# ---- the pages ----


def text(response):
    return " ".join(response.content.decode().split())


def test_a_date_alone_means_through_that_day_of_the_company(cast, client):
    values = {"to": f"user:{cast.senior.pk}", "record_type": "followup", "until": "2026-03-31", "why": "Fair"}
    response = client.post(reverse("records:exception_new"), values)
    assert response.status_code == 302
    row = PeriodException.objects.get()
    assert row.until == dt.datetime(2026, 3, 31, 16, tzinfo=dt.UTC)  # midnight in Shanghai
    shown = text(client.get(reverse("records:exceptions")))
    for words in ("Senior", "Follow-ups", "Fair", "by Administrator", "2026-04-01 00:00", "Asia/Shanghai (UTC+8)"):
        assert words in shown, words


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"why": ""}, "Write why."),
        ({"until": "yesterday"}, "Not a time."),
        ({"until": "2026-03-17"}, "Choose an end that lies ahead."),
        ({"to": "user:999"}, "Choose a person, a role or a team."),
        ({"to": "me"}, "Nobody makes an exception for themselves"),
    ],
)
def test_what_is_refused_keeps_what_was_typed(cast, client, changed, words):
    values = {"to": f"user:{cast.senior.pk}", "record_type": "followup", "until": "2026-03-31", "why": "The fair"}
    values |= {"to": f"user:{cast.administrator.pk}"} if changed == {"to": "me"} else changed
    response = client.post(reverse("records:exception_new"), values)
    assert response.status_code == 422
    assert words in text(response)
    assert values["until"] in text(response)
    assert not PeriodException.objects.exists()


def test_revoked_and_ended_ones_are_listed(cast, client, at_now):
    row = add(cast.senior, cast.administrator, why="One")
    add(cast.west.group, cast.administrator, why="Two", until=NOW + days(1))
    url = reverse("records:exception_revoke", args=[row.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"why": ""}).status_code == 422
    assert client.post(url, {"why": "Books are done"}).status_code == 302
    assert client.get(url).status_code == 302
    at_now.move_to(NOW + days(2))
    shown = text(client.get(reverse("records:exceptions")))
    assert "No exception is in force." in shown
    assert "Revoked by Administrator: Books are done" in shown
    assert "West" in shown
    assert "Two" in shown


@pytest.mark.parametrize("who", ["owner", "manager", "senior", "auditor", "outsider"])
def test_the_pages_are_for_administrators(cast, sign_in, who):
    person = getattr(cast, who)
    client = sign_in(person)
    row = add(cast.stranger, cast.administrator)
    for name, args in (("exceptions", []), ("exception_new", []), ("exception_changes", [])):
        response = client.get(reverse(f"records:{name}", args=args))
        assert response.status_code == 403
        assert "Administrator" in text(response)
    assert client.post(reverse("records:exception_revoke", args=[row.pk]), {"why": "x"}).status_code == 403
    assert PeriodException.objects.count() == 1
    assert Event.objects.filter(kind="refused", actor_id=person.pk).count() == 1


def test_changes_under_exceptions_of_all_types_newest_first(cast, call, client, monkeypatch):
    for record_type in ("customer", "opportunity", "followup", "contract"):
        add(cast.root, cast.administrator, record_type=record_type, why=f"For {record_type}", until=NOW + days(9))
    records = [call.customer, make.opportunity(cast.owner, call.customer), call]
    make.close_through(dt.date(2026, 3, 1))
    records.append(make.contract(cast.owner, call.customer))
    for minute, record in enumerate(records):
        at = NOW + dt.timedelta(minutes=minute)
        change_entry_time(
            record=record,
            seen_version=1,
            entered_at=CLOSED,
            reason="back_fill",
            note=f"Note {minute}",
            by=cast.root,
            channel="web",
            clock=lambda at=at: at,
        )
    monkeypatch.setattr(excepted, "SIZE", 3)
    first = excepted.changes(cast.administrator)
    assert [row.words for row in first.rows] == ["Note 3", "Note 2", "Note 1"]
    assert first.rows[0].why == "For contract"
    second = excepted.changes(cast.administrator, first.older)
    assert ([row.words for row in second.rows], second.older) == (["Note 0"], "")
    shown = text(client.get(reverse("records:exception_changes")))
    assert "Note 3" in shown
    assert "?after=" in shown
    assert client.get(reverse("records:exception_changes"), {"after": first.older}).status_code == 200
    assert client.get(reverse("records:exception_changes"), {"after": "rubbish~1"}).status_code == 200
    make.set_rule(CompanyRules.objects.get(), sales_see_all=False)
    assert excepted.changes(cast.stranger).rows == []


def test_the_same_moment_is_split_over_pages_without_loss(cast, call, monkeypatch):
    add(cast.root, cast.administrator, until=NOW + days(9))
    add(cast.root, cast.administrator, record_type="customer", until=NOW + days(9))
    move(call, cast.root)
    move(call, cast.root, to=CLOSED - days(1))
    change_entry_time(
        record=call.customer,
        seen_version=1,
        entered_at=CLOSED,
        reason="other",
        note="",
        by=cast.root,
        channel="web",
        clock=clock,
    )
    monkeypatch.setattr(excepted, "SIZE", 1)
    found, after = [], ""
    for _page in range(3):
        page = excepted.changes(cast.administrator, after)
        found += [(row.record._meta.model_name, row.after) for row in page.rows]
        after = page.older
    assert found == [("customer", CLOSED), ("followup", CLOSED - days(1)), ("followup", CLOSED)]
    assert after == ""
