"""Who may not sees who may; a right given works at once and not a moment after it ends; two on one version."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from records.models import FollowUp
from tests import cast as make
from tests.browser import pages

pytestmark = pytest.mark.browser


@pytest.fixture
def key_call(cast):
    customer = make.customer(cast.owner, importance="key", name="Kestrel")
    return make.follow_up(cast.owner, customer, summary="Talk with Kestrel")


def fill_and_confirm(page, nudge="−1 day"):
    page.get_by_role("button", name=nudge).click()
    pages.explain(page, "Typing error", "Wrong day.")
    pages.ask(page)
    pages.confirm(page)


def test_a_key_record_says_who_may_and_a_grant_opens_it_until_it_is_revoked(window, faults, cast, key_call):
    owner = window(as_=cast.owner)
    owner.goto(pages.address(key_call))
    locked = owner.get_by_role("region", name="Entry time")
    for words in ("You may edit this record, but not its entry time.", "key account", "Senior sales manager", "Senior"):
        expect(locked).to_contain_text(words)
    expect(locked).to_contain_text("2026-03-18 14:32")
    expect(owner.locator("[name=entered_at], [data-entry-open]")).to_have_count(0)

    senior = window(as_=cast.senior)
    senior.goto(pages.address(key_call))
    senior.get_by_role("main").get_by_role("link", name="Access", exact=True).click()
    senior.get_by_label("Person, role or team").fill("Owner")
    senior.get_by_label("Days back").fill("10")
    senior.get_by_label("Why").fill("Cards entered late")
    senior.get_by_role("button", name="Grant access").click()
    expect(senior.get_by_role("table").filter(has_text="Cards entered late")).to_contain_text("Owner")

    pages.open_card(owner, key_call)
    expect(owner.get_by_text("granted until")).to_be_visible()
    fill_and_confirm(owner)
    expect(pages.toast(owner)).to_contain_text("1 day earlier")
    assert FollowUp.objects.get().version == 2

    pages.open_card(owner, key_call)  # and is still open when the grant ends
    senior.get_by_role("link", name="Revoke… Owner").click()
    senior.get_by_label("Why").fill("Done")
    senior.get_by_role("button", name="Revoke").click()
    expect(senior.get_by_text("Nobody holds a grant on this record.")).to_be_visible()
    faults.mean(403)
    with owner.expect_response("**/entry-time/") as answer:
        fill_and_confirm(owner, "−1 h")
    assert answer.value.status == 403
    expect(owner.get_by_role("alert")).to_have_text("Nothing was changed. You may not change this entry time.")
    expect(locked).to_contain_text("Senior sales manager")
    assert FollowUp.objects.get().version == 2


def test_an_administrator_gives_the_right_too(window, cast, key_call):
    page = window("phone", as_=cast.administrator)
    page.goto(pages.address(key_call, "access"))
    page.get_by_label("Person, role or team").fill("East")
    page.get_by_label("Why").fill("Their customer")
    page.get_by_role("button", name="Grant access").click()
    expect(page.get_by_role("table").filter(has_text="Their customer")).to_contain_text("East")
    owner = window("phone", as_=cast.owner)
    pages.open_card(owner, key_call)


def test_the_second_of_two_sees_both_values_and_nothing_is_lost(window, faults, cast, call):
    first, second = window(as_=cast.owner), window(as_=cast.manager)
    pages.open_card(first, call)
    pages.open_card(second, call)
    fill_and_confirm(first)
    expect(pages.toast(first)).to_contain_text("1 day earlier")
    faults.mean(409)
    fill_and_confirm(second, "−1 h")
    told = second.get_by_role("alert")
    expect(told).to_contain_text("Somebody changed this meanwhile. Nothing was saved.")
    expect(told).to_contain_text("2026-03-18 14:32")
    expect(told).to_contain_text("2026-03-17 14:32")
    expect(pages.field(second)).to_have_value("2026-03-18 13:32")
    expect(pages.card(second).get_by_label("What happened")).to_have_value("Wrong day.")
    assert FollowUp.objects.get().version == 2
    pages.ask(second)
    pages.confirm(second)
    expect(pages.toast(second)).to_contain_text("2026-03-17 14:32 → 2026-03-18 13:32")
