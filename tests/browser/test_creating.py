"""A record entered for yesterday."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import expect

from records.models import FollowUp
from tests import cast as make
from tests.browser import pages
from tests.cast import NOW

pytestmark = pytest.mark.browser


def test_a_call_of_yesterday_says_how_late_it_is_recorded(window, view, cast):
    make.customer(cast.owner, name="Huarui Logistics")
    page = window(view, as_=cast.owner)
    page.goto("/")
    page.get_by_role("link", name="New follow-up").click()
    page.get_by_label("Customer").fill("Huarui Logistics")
    page.get_by_label("Summary").fill("Talk about tariffs")
    late = page.get_by_role("status").filter(has_text="counts as")
    expect(page.locator("#entered-at")).to_be_hidden()
    page.get_by_text("It happened earlier").click()
    expect(late).to_be_hidden()
    page.get_by_role("button", name="Yesterday").click()
    expect(late).to_contain_text("counts as 2026-03-17 14:32")
    expect(late).to_contain_text("1 day later")
    page.get_by_role("button", name="−1 h").click()
    expect(late).to_contain_text("1 day 1 h later")
    page.get_by_label("Reason", exact=True).select_option(label="Back-fill")
    page.get_by_role("button", name="Save follow-up").click()

    expect(pages.toast(page)).to_contain_text("Recorded 1 day 1 h later.")
    expect(pages.card(page)).to_contain_text("recorded 1 day 1 h later")
    record = FollowUp.objects.get()
    assert record.entered_at == record.original_entered_at == NOW - dt.timedelta(days=1, hours=1)
    assert record.recorded_at >= NOW


def test_a_refused_one_keeps_what_was_typed(window, faults, cast):
    make.customer(cast.owner, name="Huarui Logistics")
    page = window(as_=cast.owner)
    page.goto("/follow-ups/new/")
    page.get_by_label("Customer").fill("Huarui Logistics")
    page.get_by_label("Summary").fill("Talk about tariffs")
    page.get_by_text("It happened earlier").click()
    page.locator("#entered-at").fill("soon")
    faults.mean(422)
    page.get_by_role("button", name="Save follow-up").click()
    expect(page.locator("#entered-at-error")).to_be_visible()
    expect(page.locator("#entered-at")).to_have_value("soon")
    expect(page.get_by_label("Summary")).to_have_value("Talk about tariffs")
    assert not FollowUp.objects.exists()
