"""The demo company: the same every time, whole in its history, and refused where it does not belong."""

from __future__ import annotations

import datetime as dt
import re
from io import StringIO
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.test import TestCase

from audit.models import Event
from audit.times import day_of
from crm.demo.companies import make_companies
from crm.demo.make import SIZES, make_demo
from crm.demo.story import World
from crm.demo_people import PASSWORD, USERNAMES
from crm.models import Team, User
from records.deciders import waiting_for
from records.models import (
    GRANTS,
    RECORDS,
    CompanyRules,
    Contract,
    Customer,
    Follow,
    FollowUp,
    Notice,
    NoticeRule,
    Opportunity,
    PeriodException,
    TimeRequest,
    TypeRule,
)

NOW = dt.datetime(2026, 3, 18, 6, 32, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
CHANNELS = ("web", "undo", "request", "behalf", "bulk")
REASONS = {"typing_error", "back_fill", "business_change", "time_zone", "other"}


def histories(model: Any) -> dict[int, list[Any]]:
    """The history rows of each record, oldest first."""
    found: dict[int, list[Any]] = {}
    for row in model.history.model.objects.order_by("history_id"):
        found.setdefault(row.id, []).append(row)
    return found


class TestSmallDemo(TestCase):
    """A class, so that the demo is written once for all of its tests."""

    @classmethod
    def setUpTestData(cls):
        cls.closed = make_demo(NOW, SIZES["small"])

    def test_it_holds_what_it_says(self):
        size = SIZES["small"]
        counts = [model.objects.count() for model in (Customer, Opportunity, FollowUp, Contract)]
        assert counts == [size.customers, size.opportunities + 8, size.follow_ups + 10, size.contracts], "with imports"
        assert set(User.objects.values_list("username", flat=True)) == set(USERNAMES)
        assert set(Team.objects.values_list("name", flat=True)) == {"East", "South", "Europe", "Office", "Audit"}
        company = CompanyRules.objects.get()
        assert (company.name, company.zone) == ("云桥商贸 Yunqiao Trading", "Asia/Shanghai")
        owners_may = dict(TypeRule.objects.values_list("record_type", "owners_may"))
        assert owners_may == {"customer": True, "opportunity": True, "followup": True, "contract": False}

    def test_all_months_but_the_last_two_are_closed(self):
        assert self.closed == dt.date(2026, 1, 31)
        assert set(TypeRule.objects.values_list("closed_through", flat=True)) == {self.closed}

    def test_every_record_has_an_unbroken_history(self):
        for model in RECORDS.values():
            told = histories(model)
            assert set(told) == set(model.objects.values_list("id", flat=True))
            for record in model.objects.all():
                rows = told[record.pk]
                assert [row.version for row in rows] == list(range(1, record.version + 1))
                assert rows[0].entered_at == record.original_entered_at
                assert rows[-1].entered_at == record.entered_at
                for before, after in pairwise(rows):
                    moved = after.entered_at != before.entered_at
                    assert after.previous_entered_at == (before.entered_at if moved else None)

    def test_numbers_and_history_follow_the_calendar(self):
        for model in RECORDS.values():
            dates = list(model.history.model.objects.order_by("history_id").values_list("history_date", flat=True))
            assert dates == sorted(dates)
            assert dates[-1] <= NOW
            numbers = list(model.objects.order_by("id").values_list("number", "recorded_at"))
            assert [recorded for _, recorded in numbers] == sorted(recorded for _, recorded in numbers)
            assert all(day_of(recorded, SHANGHAI).year == int(number[2:6]) for number, recorded in numbers)

    def test_times_were_corrected_with_reasons_in_words(self):
        moved = [row for m in RECORDS.values() for row in m.history.filter(previous_entered_at__isnull=False)]
        assert len(moved) >= 8
        assert {row.reason for row in moved} <= REASONS | {"undo"}
        assert all(row.history_change_reason for row in moved if row.reason != "undo")
        assert all(row.actor_name and row.allowed_by_kind and row.channel in CHANNELS for row in moved)

    def test_lins_pages_have_something_to_show(self):
        lin, today = User.objects.get(username="lin"), day_of(NOW, SHANGHAI)
        mine = FollowUp.objects.filter(owner=lin, entered_at__gt=NOW - 7 * DAY)
        assert mine.filter(customer__importance="ordinary").redatable_by(lin, NOW).exists()
        assert mine.time_changed().exists()
        key = FollowUp.objects.filter(owner=lin, customer__importance="key")
        assert key.exclude(pk__in=FollowUp.objects.redatable_by(lin, NOW)).exists()
        due = set(FollowUp.objects.filter(owner=lin, done=False).values_list("next_step_on", flat=True))
        assert {today - DAY, today, today + DAY} <= due

    def test_grants_of_every_kind_stand(self):
        grants = [grant for pair in GRANTS.values() for model in pair for grant in model.objects.all()]
        assert any(grant.covers for grant in grants)
        assert any(grant.until < NOW for grant in grants)
        assert any(NOW < grant.until < NOW + 3 * DAY for grant in grants)
        assert any(hasattr(grant, "group") for grant in grants)
        lin = User.objects.get(username="lin")
        assert Customer.objects.redatable_by(lin, NOW).filter(name="苏州明德精密机械有限公司").exists()
        assert not Customer.objects.redatable_by(lin, NOW).filter(name="杭州云帆科技有限公司").exists()

    def test_requests_stand_in_every_state(self):
        states = list(TimeRequest.objects.values_list("state", flat=True))
        assert set(states) >= {"open", "approved", "rejected", "withdrawn"}
        assert states.count("open") >= 2
        assert set(states) & {"expired", "overtaken"}
        wang = User.objects.get(username="wang")
        assert waiting_for(wang, NOW).count() == states.count("open")
        assert FollowUp.history.filter(channel="request", time_request_id__isnull=False).exists()
        assert FollowUp.history.filter(channel="behalf", requester_id__isnull=False).exists()

    def test_contracts_are_guarded_and_exceptions_stand_and_have_ended(self):
        rule = TypeRule.objects.get(record_type="contract")
        assert (rule.lock_signed, rule.approval_days) == (True, 30)
        in_force = PeriodException.objects.in_force(NOW).get()
        assert PeriodException.objects.count() == 2
        row = FollowUp.history.get(exception_id__isnull=False)
        assert (row.exception_id, row.history_user_id) == (in_force.pk, in_force.user_id)

    def test_notices_arose_by_themselves(self):
        lin = User.objects.get(username="lin")
        assert Notice.objects.filter(user=lin, read_at__isnull=True, kind="changed").exists()
        assert Notice.objects.filter(read_at__isnull=False).exists()
        assert Follow.objects.exists()
        assert NoticeRule.objects.get().record_type == "contract"
        assert not Notice.objects.filter(mail_due=True).exists(), "mails of the past went out in the past"

    def test_everybody_can_sign_in(self):
        for name in USERNAMES:
            assert authenticate(username=name, password=PASSWORD).username == name

    def test_the_dice_fall_the_same_every_time(self):
        names = [[company.values["name"] for company in make_companies(World(NOW).rng, 60)] for _ in range(2)]
        assert names[0] == names[1]
        assert names[0][:20] != sorted(names[0][:20])


# ---- the command ----


def run(**options: Any) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("demo", size="small", stdout=out, **options)
    return out.getvalue()


def test_the_command_writes_once_and_prints_the_sign_ins(db, settings):
    settings.DEBUG = True
    told = run()
    assert re.search(r"20 customers, 38 opportunities, 100 follow-ups, 10 contracts in \d+\.\d s", told)
    assert all(re.search(rf"^  {name}\s", told, re.MULTILINE) for name in USERNAMES)
    assert PASSWORD in told
    with pytest.raises(CommandError, match="holds people or records already"):
        run()
    assert "no demo data written" in run(if_empty=True)


def test_an_interrupted_demo_is_said_to_be_one(db, settings, monkeypatch):
    settings.DEBUG = True
    monkeypatch.setattr("crm.demo.make.plan", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run()
    assert not Event.objects.filter(kind="demo_finished").exists()
    with pytest.raises(CommandError, match="interrupted"):
        run(if_empty=True)


def test_the_command_refuses_a_real_installation(db, settings):
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG=1 only"):
        run()
    assert not User.objects.exists()
