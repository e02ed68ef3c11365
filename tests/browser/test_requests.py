"""Asking, answering and ticking in a real browser: the card's own way beyond the window, and through a warning."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from records.models import FollowUp, TimeRequest, TypeRule
from tests import cast as make
from tests.browser import pages
from tests.cast import NOW

pytestmark = pytest.mark.browser


def test_beyond_the_window_one_click_asks_and_somebody_else_approves(window, view, cast, call):
    page = window(view, as_=cast.owner)
    card = pages.open_card(page, call)
    pages.type_time(page, "2026-02-26 14:30")
    expect(card.get_by_text("You may ask for it.")).to_be_visible()
    expect(card.get_by_role("button", name="Change entry time")).to_be_hidden()
    pages.explain(page, "Back-fill", "Found the card only now.")
    card.get_by_role("button", name="Request this change").click()
    expect(pages.toast(page)).to_contain_text("Request sent.")
    expect(pages.card(page)).to_contain_text("nobody has answered yet")
    assert pages.overflow(page) == 0

    other = window(view, as_=cast.manager)
    other.goto("/")
    if pages.is_phone(other):
        other.get_by_role("button", name="Menu").click()
    other.get_by_role("navigation", name="Main").get_by_role("link", name=re.compile("Requests")).click()
    other.get_by_role("link", name="Look and answer").click()
    expect(other.get_by_text("It leaves 2026-03 and counts in 2026-02.")).to_be_visible()
    assert pages.overflow(other) == 0
    other.get_by_role("button", name="Approve change").click()
    expect(pages.toast(other)).to_contain_text("Approved.")
    assert TimeRequest.objects.get().state == "approved"
    assert FollowUp.objects.get().entered_at == TimeRequest.objects.get().wanted


def test_a_warning_comes_after_the_dialog_and_goes_with_its_tick(window, view, cast, faults):
    make.set_rule(TypeRule.objects.get(record_type="followup"), warn_order=True)
    call = make.follow_up(cast.owner, make.customer(cast.owner, name="Huarui Logistics"))
    page = window(view, as_=cast.owner)
    faults.mean(422)
    pages.open_card(page, call)
    pages.type_time(page, "2026-03-17 09:12")
    pages.explain(page, "Typing error", "It was on Tuesday.")
    pages.ask(page)
    pages.confirm(page)
    box = pages.card(page).get_by_role("checkbox", name=re.compile("Earlier than its customer Huarui Logistics"))
    expect(box).to_be_visible()
    assert FollowUp.objects.get().version == 1
    assert pages.overflow(page) == 0
    box.check()
    pages.ask(page)
    pages.confirm(page)
    expect(pages.toast(page)).to_contain_text("2026-03-17 09:12")
    assert FollowUp.history.first().acknowledged == "before_customer"


def test_what_needs_an_approval_turns_the_button_into_asking(window, view, cast, call, faults):
    make.set_rule(TypeRule.objects.get(record_type="followup"), approval_days=1)
    page = window(view, as_=cast.owner)
    faults.mean(422)
    pages.open_card(page, call)
    pages.type_time(page, "2026-03-15 09:12")
    pages.explain(page, "Back-fill", "Found the card only now.")
    pages.ask(page)
    pages.confirm(page)
    expect(page.get_by_text("needs the approval of a second person")).to_be_visible()
    pages.card(page).get_by_role("button", name="Request this change").click()
    expect(pages.toast(page)).to_contain_text("Request sent.")
    assert TimeRequest.objects.get().rules == "approval_large"


def test_the_form_for_it_has_the_calendar_and_takes_a_file(window, view, cast, call):
    page = window(view, as_=cast.colleague)
    page.goto(pages.address(call))
    page.get_by_role("link", name="Request a change").click()
    pages.type_time(page, "2026-03-16 10:00")
    page.get_by_label("Reason").select_option(label="Business change")
    page.get_by_label("What happened").fill("Agreed on Monday.")
    page.get_by_label("File").set_input_files({"name": "card.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"})
    assert pages.overflow(page) == 0
    page.get_by_role("button", name="Send request").click()
    expect(page.get_by_role("heading", name=re.compile("Talk about tariffs"))).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("card.pdf")).click()
    assert download.value.suggested_filename == "card.pdf"
    assert TimeRequest.objects.get().asked_at.date() == NOW.date()
