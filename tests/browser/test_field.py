"""The field of an entry time: typing, pasting, the calendar by pointer and by keys, the native one of a phone."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from playwright.sync_api import expect

from records.models import FollowUp
from tests import cast as make
from tests.browser import pages

pytestmark = pytest.mark.browser
CLOSED = dt.date(2026, 3, 9)


def days(page):
    """The open calendar's days, by their full names."""
    return page.get_by_role("dialog", name="Choose the entry time").get_by_role("gridcell")


def day(page, name):
    return days(page).and_(page.get_by_label(name))


def posts(page):
    """What the page sends from now on."""
    sent = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    return sent


def test_what_is_typed_or_pasted_is_rewritten_and_what_is_no_time_is_not_sent(window, cast, call):
    page = window(as_=cast.owner)
    card, field, sent = pages.open_card(page, call), pages.field(page), posts(page)
    field.fill("2026/3/16 9:12")
    expect(card.locator("[data-day]")).to_have_text("Monday")
    field.blur()
    expect(field).to_have_value("2026-03-16 09:12")

    page.get_by_role("searchbox").fill("2026年3月17日 9:05:30")
    page.keyboard.press("Control+A")
    page.keyboard.press("Control+X")
    field.focus()
    page.keyboard.press("Control+A")
    page.keyboard.press("Control+V")
    expect(field).to_have_value("2026年3月17日 9:05:30")
    expect(card.locator("[data-distance]")).to_have_text("1 day 5 h earlier")
    field.blur()
    expect(field).to_have_value("2026-03-17 09:05:30")

    for text in ("soon", "2026-02-31 10:00", ""):
        field.fill(text)
        expect(card.get_by_text("Not a time.")).to_be_visible()
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(card.get_by_role("button", name="Change entry time")).to_be_hidden()
        field.press("Enter")
        expect(field).to_have_value(text)
    field.fill("2026-03-18 14:40")
    expect(card.get_by_text("Later than now.")).to_be_visible()
    field.press("Enter")
    assert sent == []
    card.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Change…").first).to_be_focused()
    expect(field).to_be_hidden()
    assert FollowUp.objects.get().version == 1


def test_the_calendar_knows_the_rules(window, cast, call):
    make.close_through(CLOSED, "followup")
    page = window(as_=cast.owner)
    card, field = pages.open_card(page, call), pages.field(page)
    page.get_by_role("button", name="Choose in a calendar").click()
    expect(day(page, "Wednesday, March 18, 2026")).to_be_focused()
    expect(days(page)).to_have_count(42)

    for name in ("Monday, March 9, 2026", "Thursday, March 19, 2026"):
        expect(day(page, name)).to_have_attribute("aria-disabled", "true")
        day(page, name).click(force=True)
        expect(field).to_have_value("2026-03-18 14:32")
    asking, open_ = day(page, "Tuesday, March 10, 2026"), day(page, "Tuesday, March 17, 2026")
    expect(asking).to_have_attribute("aria-disabled", "false")
    expect(asking).to_have_class("ask")
    asking.click()
    expect(field).to_have_value("2026-03-10 14:32")
    expect(card.get_by_text("days back.", exact=False).first).to_be_visible()
    open_.click()
    page.get_by_role("button", name="One hour earlier").click()
    page.get_by_label("Minute", exact=True).fill("5")
    page.get_by_role("button", name="Done").click()
    expect(days(page).first).to_be_hidden()
    expect(field).to_have_value("2026-03-17 13:05")
    expect(card.locator("[data-distance]")).to_have_text("1 day 1 h earlier")


def test_the_calendar_by_keys(window, cast, call):
    make.close_through(CLOSED, "followup")
    page = window(as_=cast.owner)
    pages.open_card(page, call)
    field, button = pages.field(page), page.get_by_role("button", name="Choose in a calendar")
    focused = page.locator("td:focus")
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    walk = {
        "ArrowLeft": "Tuesday, March 17, 2026",
        "ArrowUp": "Tuesday, March 10, 2026",
        "ArrowRight": "Wednesday, March 11, 2026",
        "Home": "Monday, March 9, 2026",
        "End": "Sunday, March 15, 2026",
        "PageUp": "Sunday, February 15, 2026",
        "PageDown": "Sunday, March 15, 2026",
        "Shift+PageUp": "Saturday, March 15, 2025",
        "Shift+PageDown": "Sunday, March 15, 2026",
        "ArrowDown": "Sunday, March 22, 2026",
    }
    expect(focused).to_have_accessible_name("Wednesday, March 18, 2026, current, original, Talk about tariffs 14:32")
    for key, name in walk.items():
        page.keyboard.press(key)
        expect(focused, key).to_have_accessible_name(re.compile(name))
    page.keyboard.press("Enter")  # the future cannot be chosen
    expect(focused).to_be_visible()
    expect(field).to_have_value("2026-03-18 14:32")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(focused).to_have_count(0)
    expect(button).to_be_focused()
    expect(field).to_have_value("2026-03-15 14:32")

    page.keyboard.press("Enter")
    expect(focused).to_have_accessible_name(re.compile("Sunday, March 15, 2026"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(field).to_have_value("2026-03-16 14:32")
    page.keyboard.press("Escape")
    expect(focused).to_have_count(0)
    expect(button).to_be_focused()
    expect(field).to_have_value("2026-03-15 14:32")


def test_seconds_live_through_a_phone(window, cast, call):
    at = make.NOW - dt.timedelta(hours=3, seconds=17)
    call = make.follow_up(cast.owner, call.customer, clock=lambda: at)
    page = window("phone", as_=cast.owner)
    pages.open_card(page, call)
    field = pages.field(page)
    expect(field).to_have_attribute("type", "datetime-local")
    expect(field).to_have_value("2026-03-18T11:31:43")
    expect(page.get_by_role("button", name="Choose in a calendar")).to_be_hidden()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_label("Summary").fill("Talk again")
    page.get_by_role("button", name="Save").click()
    expect(pages.toast(page)).to_have_text("Saved.")
    call.refresh_from_db()
    assert (call.summary, call.entered_at, call.version) == ("Talk again", at, 2)

    pages.open_card(page, call)
    page.get_by_role("button", name="−1 h").click()
    expect(field).to_have_value("2026-03-18T10:31:43")
    field.fill("2026-03-17T10:31:43")
    pages.explain(page, "Typing error", "")
    pages.ask(page)
    pages.confirm(page)
    expect(pages.toast(page)).to_contain_text("2026-03-18 11:31:43 → 2026-03-17 10:31:43, 1 day 1 h earlier")
    call.refresh_from_db()
    assert call.entered_at == at - dt.timedelta(days=1, hours=1)
