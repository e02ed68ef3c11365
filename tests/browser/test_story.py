"""The story of a corrected entry time, from sign-in to Undo."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import expect

from records.models import FollowUp
from tests.browser import pages
from tests.cast import NOW, PASSWORD

pytestmark = pytest.mark.browser
WORDS = "It was on Tuesday; I wrote it down a day later."


def test_a_person_corrects_a_time_and_takes_it_back(window, view, cast, call):
    page = window(view, timezone_id="Asia/Singapore")  # as far from UTC as the company's
    page.goto("/")
    page.get_by_label("User name or e-mail").fill("owner")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")
    cast.owner.refresh_from_db()
    assert cast.owner.zone == "Asia/Singapore"

    pages.search(page, "tariffs")
    expect(page.get_by_role("link", name="Talk about tariffs")).to_be_visible()
    pages.go_by_menu(page, "Follow-ups")
    page.get_by_role("link", name="Talk about tariffs").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Talk about tariffs")
    expect(pages.field(page)).to_be_hidden()
    expect(pages.card(page)).to_contain_text("Asia/Singapore")

    page.get_by_role("button", name="Change…").first.click()
    expect(pages.field(page)).to_be_focused()
    stood = pages.dot(page)
    expect(page.get_by_label("Reason")).to_be_hidden()
    page.get_by_role("button", name="−1 day").click()
    expect(page.locator("#entry [data-distance]")).to_have_text("1 day earlier")
    assert stood - pages.dot(page) == pytest.approx(100 / 21, abs=0.02)
    expect(page.get_by_text("It takes effect at once.")).to_be_visible()
    pages.explain(page, "Typing error", WORDS)
    dialog = pages.ask(page)
    for words in ("2026-03-18 14:32", "2026-03-17 14:32", "1 day earlier", "Typing error", WORDS, "Asia/Singapore"):
        expect(dialog).to_contain_text(words)
    assert FollowUp.objects.get().entered_at == call.entered_at
    pages.confirm(page)

    expect(pages.toast(page)).to_contain_text("2026-03-18 14:32 → 2026-03-17 14:32, 1 day earlier")
    pages.toast(page).hover()  # stays while somebody points at it
    top = page.locator("#history li").first
    for words in ("Owner", "2026-03-18 14:32", "2026-03-17 14:32", "Typing error", WORDS):
        expect(top).to_contain_text(words)
    expect(page.get_by_text("Changed once", exact=True)).to_be_visible()
    moved = FollowUp.objects.get()
    assert moved.entered_at == NOW - dt.timedelta(days=1)

    see_the_mark(page.context.new_page(), view)
    page.bring_to_front()
    pages.toast(page).get_by_role("button", name="Undo").click()
    expect(pages.toast(page)).to_contain_text("2026-03-17 14:32 → 2026-03-18 14:32, 1 day later")
    expect(page.locator("#history li")).to_have_count(3)
    assert FollowUp.objects.get().entered_at == call.entered_at


def see_the_mark(page, view):
    """The list shows that the time was changed, and says the original on hover, focus and tap."""
    page.goto("/follow-ups/")
    mark, tip = page.locator("tbody .redated"), page.get_by_role("tooltip")
    expect(mark).to_contain_text("2026-03-17 14:32")
    expect(tip).to_be_hidden()
    if view == "phone":
        mark.tap()
        expect(tip).to_be_visible()
    else:
        mark.hover()
        expect(tip).to_be_visible()
        page.mouse.move(0, 0)
        expect(tip).to_be_hidden()
        mark.focus()
        expect(tip).to_be_visible()
        page.keyboard.press("Escape")
        expect(tip).to_be_hidden()
        page.reload()
        mark.focus()
    expect(tip).to_contain_text("Originally 2026-03-18 14:32")
    expect(tip).to_contain_text("1 day earlier")
    expect(tip).to_be_in_viewport(ratio=1)
    page.close()
