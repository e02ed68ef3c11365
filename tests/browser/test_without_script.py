"""Everything works by links and posts alone."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import expect

from records.models import FollowUp
from tests import cast as make
from tests.browser import pages

pytestmark = pytest.mark.browser


@pytest.fixture
def page(window, cast):
    return window(as_=cast.owner, java_script_enabled=False)


def test_a_time_is_changed_and_taken_back(page, call):
    page.goto(pages.address(call))
    expect(pages.field(page)).to_be_visible()
    expect(page.get_by_role("button", name="Choose in a calendar")).to_be_hidden()
    page.get_by_role("button", name="−1 day").click()
    expect(pages.field(page)).to_have_value("2026-03-17 14:32")
    assert FollowUp.objects.get().version == 1
    pages.explain(page, "Typing error", "Wrong day.")
    pages.field(page).press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Change this entry time?")
    for words in ("2026-03-18 14:32", "2026-03-17 14:32", "1 day earlier", "Typing error", "Wrong day."):
        expect(page.locator("main form")).to_contain_text(words)
    assert FollowUp.objects.get().version == 1
    page.get_by_role("button", name="Change entry time").click()
    expect(pages.toast(page)).to_contain_text("1 day earlier")
    assert FollowUp.objects.get().entered_at == call.entered_at - dt.timedelta(days=1)

    page.locator("#history").get_by_role("button", name="Take back").click()
    expect(pages.toast(page)).to_contain_text("1 day later")
    assert FollowUp.objects.get().entered_at == call.entered_at


def test_a_list_is_filtered_and_a_record_is_made(page, call):
    make.follow_up(call.owner, call.customer, summary="Quarrel")
    page.goto("/follow-ups/")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(2)
    page.get_by_role("searchbox", name="Search follow-ups").fill("tariffs")
    page.get_by_role("button", name="Apply").click()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Talk about tariffs")

    page.get_by_role("link", name="New follow-up").click()
    page.get_by_label("Customer").fill("Huarui Logistics")
    page.get_by_label("Summary").fill("A call of yesterday")
    page.get_by_text("It happened earlier").click()
    page.get_by_role("button", name="Yesterday").click()
    expect(page.locator("#entered-at")).to_have_value("2026-03-17 14:32")
    page.get_by_label("Reason", exact=True).select_option(label="Back-fill")
    page.get_by_role("button", name="Save follow-up").click()
    expect(pages.toast(page)).to_contain_text("Recorded 1 day later.")
