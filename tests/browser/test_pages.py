"""Every main page, at a desk and on a phone, light and dark: it keeps nobody out, and fits."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import expect

from records.services.contacts import add_contact
from records.services.entry_time import change_entry_time
from tests import cast as make
from tests.browser import pages
from tests.browser.axe import findings
from tests.cast import NOW, clock, days

pytestmark = pytest.mark.browser


@pytest.fixture
def world(cast):
    """Records of every type and state, short and long names in both languages."""
    make.close_through(dt.date(2026, 2, 28))
    plain = make.customer(cast.owner, name="杭州云帆科技有限公司", website="https://yunfan.example")
    key = make.customer(cast.owner, importance="key", name="Kestrel Precision Instruments (Shanghai) Company Limited")
    contact = {
        "name": "李明",
        "title": "采购经理",
        "phone": "+86 139 0000 0000",
        "email": "li@yunfan.example",
        "wechat": "liming",
    }
    add_contact(customer=plain, values=contact, by=cast.owner, channel="web", clock=clock)
    deal = make.opportunity(cast.owner, plain, name="Pilot", amount="480000", currency="CNY", probability=60)
    contract = make.contract(cast.owner, plain, amount="1250000.50", currency="EUR", note="Paid in three parts")
    due = {"next_step": "Send the offer", "next_step_on": NOW.date()}
    call = make.follow_up(
        cast.owner, plain, summary="谈电价，并约下周见面", content="They want a discount. " * 8, **due
    )
    moved = make.follow_up(cast.owner, plain, summary="A call that was entered on the wrong day", opportunity=deal)
    change_entry_time(
        record=moved,
        seen_version=1,
        entered_at=NOW - days(2),
        reason="typing_error",
        note="周一的电话",
        by=cast.manager,
        channel="web",
        clock=clock,
    )
    make.follow_up(cast.owner, key, summary="Talk with Kestrel")
    make.grant(key, cast.colleague, cast.senior, covers=True)
    make.grant(call, cast.west.group, cast.senior)
    return {"plain": plain, "key": key, "deal": deal, "contract": contract, "call": call, "moved": moved}


def addresses(world):
    """Who looks at what."""
    at = pages.address
    plain, key = world["plain"], world["key"]
    return {
        "owner": [
            *("/", "/customers/", "/opportunities/", "/follow-ups/", "/contracts/", "/follow-ups/?q=nothing+at+all"),
            *(at(plain, "detail"), at(plain), at(world["contract"]), at(world["moved"]), at(world["moved"], "history")),
            *(at(key), at(key, "access"), at(world["call"], "archive")),
            *("/customers/new/", "/opportunities/new/", f"/follow-ups/new/?customer={plain.pk}"),
            *("/search/", "/search/?q=call", "/profile/", "/help/", "/accounts/password/change/", "/nowhere/"),
        ],
        "administrator": [
            *("/people/", "/people/new/", "/people/teams/", "/roles/sales/"),
            *(at(key, "access"), at(plain, "assign")),
        ],
        None: ["/accounts/login/", "/accounts/password/reset/"],
    }


def test_every_page_is_open_to_all_and_fits(window, view, faults, cast, world):
    faults.mean(404)
    found, wide = [], []
    for name, looked_at in addresses(world).items():
        page = window(view, as_=name and getattr(cast, name), reduced_motion="reduce")
        for path in looked_at:
            page.goto(path)
            found += findings(page, path)
            wide += [f"{path}: {pages.overflow(page)} px"] * (pages.overflow(page) > 0)
    assert (found, wide) == ([], [])


def test_what_opens_on_a_page_is_open_to_all(window, view, cast, world):
    page = window(view, as_=cast.owner, reduced_motion="reduce")
    pages.open_card(page, world["moved"])
    page.get_by_role("button", name="−1 h").click()
    found = findings(page, "open card")
    if view == "desk":
        page.get_by_role("button", name="Choose in a calendar").click()
        expect(page.get_by_role("grid")).to_be_visible()
        found += findings(page, "calendar")
        page.keyboard.press("Escape")
    pages.type_time(page, "2026-01-12 10:00")
    found += findings(page, "closed")
    pages.type_time(page, "2026-03-16 10:00")
    pages.explain(page, "Typing error", "Wrong day.")
    pages.ask(page)
    found += findings(page, "dialog")
    pages.confirm(page)
    expect(pages.toast(page)).to_be_visible()
    found += findings(page, "toast")

    page.goto("/follow-ups/")
    page.locator(".redated[tabindex]").first.focus()
    found += findings(page, "mark")
    page.get_by_role("button", name="Owner").first.click()
    found += findings(page, "filter menu")
    page.goto("/follow-ups/new/")
    page.get_by_text("It happened earlier").click()
    page.get_by_role("button", name="Yesterday").click()
    found += findings(page, "happened earlier")
    if view == "phone":
        page.get_by_role("button", name="Menu").click()
        found += findings(page, "navigation")
    assert found == []
