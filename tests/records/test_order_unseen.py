"""The warning of an odd order says nothing of a record that the person may not see; at creation it can be mended."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from django.core.management import call_command
from django.urls import reverse

from records.models import BulkChange, CompanyRules, FollowUp, TypeRule
from records.refusals import sentence
from tests import cast as make
from tests.cast import NOW, days
from tests.records.many import moved, preview
from tests.records.test_bulk_pages import SHIFT, WORDS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at_now")]
CHINESE = {"HTTP_ACCEPT_LANGUAGE": "zh-hans"}
ENTERED = NOW - days(2) - dt.timedelta(minutes=7)  # 2026-03-16 14:25 in Shanghai
UNSEEN = "Earlier than its customer was entered. You may not see when that was. Is that so?"
SEEN = "Earlier than its customer Huarui Logistics was entered (2026-03-16 14:25). Is that so?"
GOOD = {"version": "1", "entered_at": "2026-03-14 09:12", "why": "typing_error", "note": "It was on Saturday."}


@pytest.fixture(autouse=True)
def rules(cast):
    for rule in TypeRule.objects.all():
        make.set_rule(rule, warn_order=True)
    make.set_rule(CompanyRules.objects.get(), sales_see_all=False)


@pytest.fixture
def company(cast):
    return make.customer(cast.owner, name="Huarui Logistics", clock=lambda: ENTERED)


@pytest.fixture
def call(cast, company):
    call = make.follow_up(cast.owner, company)
    make.grant(call, cast.stranger, by=cast.manager)
    return call


def text(response):
    return response.content.decode()


def post(client, record, **data):
    return client.post(reverse(record.page("entry_time"), args=[record.pk]), GOOD | data)


@pytest.mark.parametrize("confirmed", [{}, {"confirmed": "yes"}])
def test_on_the_card(cast, sign_in, call, confirmed):
    for who, said, not_said in ((cast.stranger, UNSEEN, "14:25"), (cast.owner, SEEN, UNSEEN)):
        shown = text(post(sign_in(who), call, **confirmed))
        assert said in shown
        assert not_said not in shown
    assert FollowUp.objects.get().entered_at == NOW


def test_ticked_it_goes_on_and_is_kept(cast, sign_in, call):
    answer = post(sign_in(cast.stranger), call, confirmed="yes", acknowledged="before_customer")
    assert answer.status_code == 302
    row = FollowUp.history.latest("history_id")
    assert (row.acknowledged, row.actor_name) == ("before_customer", "Stranger")


def test_a_request_says_nothing_of_it_and_who_answers_sees_it(cast, sign_in, call):
    asked = sign_in(cast.stranger).post(
        reverse("records:follow_up_request", args=[call.pk]), GOOD | {"entered_at": "2026-03-01 09:12"}
    )
    assert asked.status_code == 302
    assert "14:25" not in text(sign_in(cast.stranger).get(asked["Location"]))
    assert SEEN in text(sign_in(cast.manager).get(asked["Location"]))


def test_in_a_bulk_change(cast, sign_in, call):
    for who, said, not_said in ((cast.stranger, UNSEEN, "14:25"), (cast.owner, SEEN, UNSEEN)):
        client = sign_in(who)
        client.post("/bulk/followup/new/", {"do": "entry_time", "pick": [call.pk], "query": ""})
        page = reverse("records:bulk_detail", args=[BulkChange.objects.latest("pk").pk])
        client.post(page, SHIFT | WORDS | {"days": "3"})
        shown = text(client.get(page))
        assert said in shown
        assert not_said not in shown


def said_of(record, by, who, **more):
    """What the rules say of a move of `record` by so much, in UTC."""
    found = preview(moved([record], by), who, type(record), **more)[record.pk]
    return [sentence(finding) for finding in found.findings]


@pytest.mark.parametrize("channel", ["import", "bulk", "command"])
def test_of_many_on_every_channel(cast, call, channel):
    assert said_of(call, -days(3), cast.stranger, channel=channel) == [UNSEEN]
    assert said_of(call, -days(3), cast.owner, channel=channel) == [SEEN.replace("14:25", "06:25")]


def test_on_the_command_line(cast, call):
    out = io.StringIO()
    words = ("--type", "followup", "--shift", "-3d", "--by", "stranger", "--note", "Late")
    call_command("change_entry_time", *words, stdout=out, stderr=out)
    assert "14:25" not in out.getvalue()
    assert "Huarui" not in out.getvalue()


def test_of_an_opportunity_and_from_the_other_side(cast, company):
    deal = make.opportunity(cast.owner, company, name="Pilot", clock=lambda: ENTERED)
    contract = make.contract(cast.owner, company, opportunity=deal, clock=lambda: NOW - days(1))
    make.grant(contract, cast.stranger, by=cast.manager)
    unseen = "Earlier than its opportunity was entered. You may not see when that was. Is that so?"
    assert said_of(contract, -days(2), cast.stranger) == [unseen]
    make.grant(deal, cast.stranger, by=cast.manager)  # whoever may change it may see it
    seen = "Earlier than its opportunity Pilot was entered (2026-03-16 06:25). Is that so?"
    assert said_of(contract, -days(2), cast.stranger) == [seen]
    assert said_of(deal, days(1.6), cast.stranger) == [
        "Later than its first contract was entered (2026-03-17 06:32). Is that so?"
    ]
    make.contract(cast.owner, company, opportunity=deal, clock=lambda: NOW - days(1.2))
    assert said_of(deal, days(1.6), cast.stranger) == [
        "Later than its first contract was entered. You may not see when that was. Is that so?"
    ]


def test_the_first_of_what_hangs_on_it_may_be_a_secret(cast, company):
    make.follow_up(cast.owner, company, clock=lambda: NOW - days(1))
    make.grant(company, cast.stranger, by=cast.manager)
    unseen = "Later than its first follow-up was entered. You may not see when that was. Is that so?"
    seen = "Later than its first follow-up was entered (2026-03-17 06:32). Is that so?"
    assert said_of(company, days(2), cast.stranger) == [unseen]
    assert said_of(company, days(2), cast.owner) == [seen]


# ---- at creation ----


def enter(client, company, **more):
    data = {"customer": company.number, "kind": "call", "summary": "Fair", "entered-when": "earlier"}
    data |= {"entered-at": "2026-03-14 10:00", "entered-reason": "back_fill"}
    return client.post("/follow-ups/new/", data | more)


def test_a_new_record_is_mended_with_one_button(cast, sign_in, company):
    client = sign_in(cast.owner)
    shown = text(enter(client, company))
    button = '<button class="btn sm" type="submit" name="nudge" formnovalidate value="2026-03-16 14:25">'
    assert f"{button}Use 2026-03-16 14:25</button>" in shown
    moved_ = text(enter(client, company, nudge="2026-03-16 14:25"))
    assert 'value="2026-03-16 14:25"' in moved_
    assert 'value="Fair"' in moved_
    assert FollowUp.objects.count() == 0
    assert enter(client, company, **{"entered-at": "2026-03-16 14:25"}).status_code == 302
    assert FollowUp.objects.get().entered_at == ENTERED
    assert FollowUp.history.get().acknowledged == ""


@pytest.mark.parametrize("button", ["2026-13-40 10:00", "a:b", ":", "9" * 99 + ":00"])
def test_a_button_that_names_no_time_moves_nothing(cast, sign_in, company, button):
    shown = enter(sign_in(cast.owner), company, nudge=button)
    assert shown.status_code == 200
    assert 'value="2026-03-14 10:00"' in text(shown)


def test_in_chinese(cast, sign_in, company, call):
    shown = enter(sign_in(cast.owner), company, HTTP_ACCEPT_LANGUAGE="zh-hans")
    assert 'value="2026-03-16 14:25"' in text(shown)
    client = sign_in(cast.stranger)
    answer = client.post(reverse("records:follow_up_entry_time", args=[call.pk]), GOOD, **CHINESE)
    assert "14:25" not in text(answer)
    assert 'value="before_customer"' in text(answer)
