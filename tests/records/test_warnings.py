"""Warnings of an odd order on the card and the confirm page: shown, ticked by their code, kept on the row."""

from __future__ import annotations

import pytest
from django.urls import reverse

from audit.models import Event
from records.models import Contract, FollowUp, TypeRule
from tests import cast as make
from tests.cast import NOW, days

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
HISTORY = FollowUp.history.model
GOOD = {"version": "1", "entered_at": "2026-03-17 09:12", "why": "typing_error", "note": "It was on Tuesday."}
BOX = 'name="acknowledged" value="before_customer"'


@pytest.fixture
def call(cast):
    make.set_rule(TypeRule.objects.get(record_type="followup"), warn_order=True)
    return make.follow_up(cast.owner, make.customer(cast.owner, name="Huarui Logistics"))


def post(client, record, **data):
    return client.post(reverse(record.page("entry_time"), args=[record.pk]), GOOD | data)


def text(response):
    return response.content.decode()


def test_the_confirm_page_asks_to_tick_and_leads_to_the_other_record(cast, call, sign_in):
    response = post(sign_in(cast.owner), call)
    assert response.status_code == 200
    assert "Earlier than its customer Huarui Logistics was entered (2026-03-18 14:32). Is that so?" in text(response)
    assert BOX in text(response)
    assert f'href="{reverse("records:customer_update", args=[call.customer_id])}"' in text(response)


def test_confirmed_without_the_tick_the_card_comes_back_with_the_box(cast, call, sign_in):
    response = post(sign_in(cast.owner), call, confirmed="yes")
    assert response.status_code == 422
    assert BOX in text(response)
    assert f"{BOX} checked" not in text(response)
    assert 'class="card entry editing"' in text(response)
    assert 'value="2026-03-17 09:12"' in text(response)
    assert "It was on Tuesday." in text(response)
    assert Event.objects.get(kind="refused").what["codes"] == ["before_customer"]
    assert FollowUp.objects.get().entered_at == call.entered_at


def test_that_very_warning_has_to_be_ticked(cast, call, sign_in):
    client = sign_in(cast.owner)
    assert post(client, call, confirmed="yes", acknowledged="before_opportunity").status_code == 422
    response = post(client, call, confirmed="yes", acknowledged=["before_customer", "nonsense"])
    assert response.status_code == 302
    assert HISTORY.objects.order_by("-history_id").first().acknowledged == "before_customer"


def test_a_tick_without_a_warning_leaves_no_trace(cast, sign_in):
    call = make.follow_up(cast.owner, make.customer(cast.owner, clock=lambda: NOW - days(3)))
    make.set_rule(TypeRule.objects.get(record_type="followup"), warn_order=True)
    assert post(sign_in(cast.owner), call, confirmed="yes", acknowledged="before_customer").status_code == 302
    assert HISTORY.objects.order_by("-history_id").first().acknowledged == ""


def test_an_error_is_said_before_any_warning(cast, call, sign_in):
    response = post(sign_in(cast.owner), call, confirmed="yes", entered_at="2026-02-01 09:00")
    assert "More than 7 days back." in text(response)
    assert BOX not in text(response)


def test_a_ticked_box_stays_ticked_where_something_else_is_wrong(cast, call, sign_in):
    make.set_rule(TypeRule.objects.get(record_type="contract"), warn_order=True)
    contract = make.contract(cast.owner, call.customer, opportunity=make.opportunity(cast.owner, call.customer))
    response = post(sign_in(cast.manager), contract, confirmed="yes")
    assert 'value="before_opportunity"' in text(response)
    assert post(sign_in(cast.manager), contract, confirmed="yes", acknowledged="before_opportunity").status_code == 302
    assert Contract.objects.get().version == 2


def test_the_rule_can_be_off(cast, call, sign_in):
    make.set_rule(TypeRule.objects.get(record_type="followup"), warn_order=False)
    assert post(sign_in(cast.owner), call, confirmed="yes").status_code == 302


def test_who_may_not_see_the_customer_gets_no_link_to_it(cast, call, sign_in):
    from records.models import CompanyRules

    make.set_rule(CompanyRules.objects.get(), sales_see_all=False)
    make.grant(call, cast.stranger, by=cast.manager)
    response = post(sign_in(cast.stranger), call)
    assert BOX in text(response)
    assert reverse("records:customer_update", args=[call.customer_id]) not in text(response)
