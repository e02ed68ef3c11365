"""Reviewing in a real browser: the dialog, what it says when something is missing, and the tables of administrators."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from audit.models import ReviewItem
from tests import cast as make
from tests.browser import axe, pages
from tests.cast import NOW, days
from tests.records.reviewing import moved

pytestmark = pytest.mark.browser


@pytest.fixture
def customer(cast):
    """Changed by its owner, far back."""
    record = make.customer(cast.owner, name="Tannenberg Optik")
    moved(record, cast.manager, NOW - days(12))
    return record


def test_a_change_is_signed_off_in_the_dialog(window, view, cast, customer, faults):
    page = window(view, as_=cast.auditor, reduced_motion="reduce")
    faults.mean(422)
    page.goto("/review/")
    found = axe.findings(page, "review")
    page.get_by_role("link", name="Sign off Tannenberg Optik").click()
    dialog = page.get_by_role("dialog", name="Sign off this change?")
    expect(dialog.get_by_text("12 days earlier, where more than")).to_be_visible()
    found += axe.findings(page, "dialog")
    assert pages.overflow(page) == 0
    dialog.get_by_role("button", name="Sign off change").click()
    expect(dialog.get_by_text("Write what you looked at, or what is missing.")).to_be_visible()
    dialog.get_by_text("Send back", exact=True).click()
    dialog.get_by_label("Note").fill("What proves it?")
    dialog.get_by_role("button", name="Sign off change").click()
    expect(pages.toast(page)).to_contain_text("Sent back.")
    expect(page.get_by_text("Nothing waits for a review")).to_be_visible()
    assert ReviewItem.objects.get().state == "back"
    page.get_by_role("link", name="Tannenberg Optik").click()
    expect(page.get_by_text("What proves it?")).to_be_visible()
    found += axe.findings(page, "item")
    assert pages.overflow(page) == 0
    assert found == []


def test_the_dialog_is_left_without_a_word(window, cast, customer):
    page = window("desk", as_=cast.auditor)
    page.goto("/review/")
    page.get_by_role("link", name="Sign off Tannenberg Optik").click()
    dialog = page.get_by_role("dialog", name="Sign off this change?")
    dialog.get_by_role("button", name="Back").click()
    expect(dialog).to_have_count(0)
    assert ReviewItem.objects.get().state == "open"


def test_the_tables_are_looked_at_under_the_policy(window, view, cast, customer):
    page, found = window(view, as_=cast.administrator, reduced_motion="reduce"), []
    page.goto("/people/")
    page.get_by_role("link", name="All tables, read-only").click()
    for name in ("index", "records_customer", "1"):
        found += axe.findings(page, name)
        assert pages.overflow(page) == 0
        if name == "index":
            page.get_by_role("link", name="records_customer", exact=True).click()
            page.get_by_role("heading", name="records_customer").wait_for()
        elif name == "records_customer":
            page.get_by_role("link", name=str(customer.pk), exact=True).click()
            expect(page.get_by_text("original_entered_at")).to_be_visible()
    assert found == []
