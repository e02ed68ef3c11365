"""What people do on the pages, in their words."""

from __future__ import annotations

import re
from typing import Any

from django.urls import reverse
from playwright.sync_api import Locator, Page, expect


def address(record: Any, page: str = "update") -> str:
    """Of a page of the record."""
    return reverse(record.page(page), args=[record.pk])


def is_phone(page: Page) -> bool:
    """Whether the window is narrow."""
    return page.viewport_size["width"] < 600


def go_by_menu(page: Page, name: str) -> None:
    """Through the navigation, which a phone keeps behind its menu button."""
    if is_phone(page):
        page.get_by_role("button", name="Menu").click()
    page.get_by_role("navigation", name="Main").get_by_role("link", name=name, exact=True).click()


def search(page: Page, words: str) -> None:
    """By the key at a desk, by the glass on a phone."""
    page.wait_for_load_state()
    if is_phone(page):
        page.get_by_role("banner").get_by_role("link", name="Search").click()
    else:
        page.keyboard.press("/")
    expect(page.locator("input[type=search]:focus")).to_have_count(1)
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/search/\?q="))


def open_card(page: Page, record: Any) -> Locator:
    """The entry-time card of the record's page, open for editing."""
    page.goto(address(record))
    page.get_by_role("button", name="Change…").first.click()
    expect(field(page)).to_be_focused()
    return card(page)


def card(page: Page) -> Locator:
    """The form."""
    return page.locator("form#entry")


def field(page: Page) -> Locator:
    """Its text field; on a phone the native control."""
    return page.locator("#entered_at")


def type_time(page: Page, text: str) -> None:
    """Type a time like 2026-03-16 10:00, as the field of this window takes it, once the script has made it its own."""
    if is_phone(page):
        expect(field(page)).to_have_attribute("type", "datetime-local")
    field(page).fill(text.replace(" ", "T") if is_phone(page) else text)


def explain(page: Page, reason: str, words: str) -> None:
    """Why the time changes."""
    card(page).get_by_label("Reason").select_option(label=reason)
    card(page).get_by_label("What happened").fill(words)


def ask(page: Page) -> Locator:
    """Press the card's button; the dialog that asks."""
    page.wait_for_load_state()
    card(page).get_by_role("button", name="Change entry time").click()
    dialog = page.get_by_role("dialog", name="Change this entry time?")
    expect(dialog).to_be_visible()
    return dialog


def confirm(page: Page) -> None:
    """Press the button of the dialog."""
    page.get_by_role("dialog").get_by_role("button", name="Change entry time").click()


def toast(page: Page) -> Locator:
    """What just happened."""
    return page.locator(".toast")


def dot(page: Page) -> float:
    """Where the dot of the ruler stands, in percent."""
    return float(page.locator("[data-dot]").get_attribute("cx").rstrip("%"))


def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
