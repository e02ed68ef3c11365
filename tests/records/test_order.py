"""An odd order of times is asked about, from both sides; ticked, it is kept on the row."""

from __future__ import annotations

import datetime as dt

import pytest

from records.models import RECORDS, FollowUp, TypeRule
from records.refusals import Refused
from records.services.entry_time import change_entry_time
from records.services.records import archive_record, create_record
from tests import cast as make
from tests.cast import NOW, clock, days

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def house(cast):
    """A customer of four days ago, a deal won two days ago, a contract and a call of yesterday."""
    for rule in TypeRule.objects.all():
        make.set_rule(rule, warn_order=True)
    customer = make.customer(cast.owner, clock=lambda: NOW - days(4), name="Yunfan")
    won = {"stage": "won", "expected_close_on": dt.date(2026, 3, 16), "name": "Pilot"}
    deal = make.opportunity(cast.owner, customer, clock=lambda: NOW - days(3), **won)
    call = make.follow_up(cast.owner, customer, clock=lambda: NOW - days(1))
    contract = make.contract(cast.owner, customer, clock=lambda: NOW - days(1), opportunity=deal)
    return {"customer": customer, "opportunity": deal, "followup": call, "contract": contract}


def move(record, by, to, *ticked):
    return change_entry_time(
        record=record,
        seen_version=record.version,
        entered_at=to,
        reason="other",
        note="",
        by=by,
        channel="web",
        clock=clock,
        acknowledged=ticked,
    )


LAST_SECOND = dt.datetime(2026, 3, 16, 15, 59, 59, tzinfo=dt.UTC)  # of the day it was won, in Shanghai
ODD = [
    (
        "followup",
        NOW - days(4) - HOUR,
        "before_customer",
        "Earlier than its customer Yunfan was entered (2026-03-14 06",
    ),
    ("followup", NOW - days(4), None, ""),
    ("contract", NOW - days(3) - HOUR, "before_opportunity", "Earlier than its opportunity Pilot was entered (2026-"),
    ("contract", NOW - days(3), None, ""),
    ("opportunity", LAST_SECOND, None, ""),
    ("opportunity", LAST_SECOND + dt.timedelta(seconds=1), "after_won", "Later than Pilot was won (2026-03-16)."),
    ("opportunity", NOW - HOUR, "after_contract", "Later than its first contract was entered (2026-03-17 06:32)."),
    ("customer", NOW - days(1), None, ""),
    ("customer", NOW - HOUR, "after_follow_up", "Later than its first follow-up was entered (2026-03-17 06:32)."),
]


@pytest.mark.parametrize(("kind", "to", "code", "said"), ODD)
def test_an_odd_order_is_asked_about_and_kept_once_ticked(cast, house, kind, to, code, said):
    if code is None:
        assert move(house[kind], cast.administrator, to).version == 2
        return
    with pytest.raises(Refused) as no:
        move(house[kind], cast.administrator, to)
    assert code in no.value.codes
    assert said in " ".join(no.value.messages())
    with pytest.raises(Refused):
        move(house[kind], cast.administrator, to, "nothing")
    assert move(house[kind], cast.administrator, to, *no.value.codes).version == 2
    assert code in RECORDS[kind].history.latest().acknowledged


def test_what_is_archived_stands_in_nobodys_way(cast, house):
    call = house["followup"]
    archive_record(record=call, seen_version=1, by=cast.owner, reason="", note="Double", channel="web", clock=clock)
    assert move(house["customer"], cast.owner, NOW - HOUR).version == 2


def test_no_warning_where_the_rule_asks_for_none(cast, house):
    make.set_rule(TypeRule.objects.get(record_type="followup"), warn_order=False)
    assert move(house["followup"], cast.owner, NOW - days(5)).version == 2


def create(cast, customer, to, *ticked):
    values = {"customer": customer, "summary": "Fair"}
    return create_record(
        model=FollowUp,
        values=values,
        by=cast.owner,
        entered_at=to,
        reason="back_fill",
        acknowledged=ticked,
        channel="web",
        clock=clock,
    )


def test_a_new_record_is_asked_about_too(cast, house):
    with pytest.raises(Refused) as no:
        create(cast, house["customer"], NOW - days(5))
    assert no.value.codes == ("before_customer",)
    made = create(cast, house["customer"], NOW - days(5), "before_customer")
    assert made.history.latest().acknowledged == "before_customer"
    needless = create(cast, house["customer"], NOW - days(2), "before_customer", "nonsense")
    assert needless.history.latest().acknowledged == ""


def test_the_page_of_a_new_record_shows_what_to_tick(cast, house, sign_in, at_now):
    client = sign_in(cast.owner)
    data = {"customer": house["customer"].number, "kind": "call", "summary": "Fair", "entered-when": "earlier"}
    data |= {"entered-at": "2026-03-13 10:00", "entered-reason": "back_fill"}
    response = client.post("/follow-ups/new/", data)
    assert response.status_code == 422
    text = response.content.decode()
    assert "Earlier than its customer Yunfan was entered (2026-03-14 14:32)" in text
    assert 'name="entered-ticked" value="before_customer"' in text
    assert FollowUp.objects.count() == 1
    assert client.post("/follow-ups/new/", data | {"entered-ticked": "window"}).status_code == 422
    assert client.post("/follow-ups/new/", data | {"entered-ticked": "before_customer"}).status_code == 302
    assert FollowUp.objects.count() == 2
