"""By keys alone, and in the other language."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from records.models import FollowUp
from tests.browser import pages

pytestmark = pytest.mark.browser


def test_everything_is_reached_by_keys(window, cast, call):
    page = window(as_=cast.owner)
    page.goto(pages.address(call))
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()

    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search all records")).to_be_focused()
    page.keyboard.type("a/b")
    expect(page.get_by_role("searchbox", name="Search all records")).to_have_value("a/b")

    page.locator("main").focus()
    change = page.get_by_role("button", name="Change…").first
    reach(page, change)
    page.keyboard.press("Enter")
    expect(pages.field(page)).to_be_focused()
    reach(page, page.get_by_role("button", name="−1 day"))
    page.keyboard.press("Space")
    reach(page, page.locator("#why"))
    page.keyboard.press("T")
    expect(page.locator("#why")).to_have_value("typing_error")
    reach(page, page.locator("#note"))
    page.keyboard.type("Wrong day.")
    reach(page, pages.card(page).get_by_role("button", name="Change entry time"))
    page.keyboard.press("Enter")

    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Change entry time")).to_be_focused()
    for _step in range(8):  # round and round inside
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(pages.card(page).get_by_role("button", name="Change entry time")).to_be_focused()
    assert FollowUp.objects.get().version == 1
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    page.keyboard.press("Enter")
    expect(pages.toast(page)).to_contain_text("1 day earlier")
    assert FollowUp.objects.get().version == 2


def reach(page, wanted, most=14):
    """Tab until it has the focus."""
    for _step in range(most):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{wanted} is not reached by {most} times Tab")


def test_leaving_with_something_unsaved_asks_once(window, cast, call):
    page = window(as_=cast.owner)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.goto(pages.address(call))
    bar = page.get_by_role("region", name="Unsaved changes")
    expect(bar).to_be_hidden()
    page.get_by_label("Summary").fill("Talk about nothing")
    expect(bar).to_contain_text("Summary")
    pages.go_by_menu(page, "Contracts")
    expect(bar).to_be_visible()
    assert asked == ["beforeunload"]
    page.get_by_role("button", name="Discard").click()
    expect(bar).to_be_hidden()
    pages.go_by_menu(page, "Contracts")
    expect(page).to_have_url("/contracts/")
    assert asked == ["beforeunload"]


def test_the_other_language_and_the_dark_stay(window, view, cast, call):
    page = window(view, as_=cast.owner)
    page.goto(pages.address(call))
    html = page.locator("html")
    expect(html).to_have_attribute("lang", "en")
    if pages.is_phone(page):
        page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Light or dark").click()
    expect(html).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="中文").click()
    expect(html).to_have_attribute("lang", "zh-Hans")
    expect(html).to_have_attribute("data-theme", "dark")
    expect(page).to_have_url(pages.address(call))
    expect(page.locator("time").first).to_have_text("2026-03-18 14:32")
