"""A bulk shift in a real browser: picked on a list, previewed, tried, the rest, taken back; in both languages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from records.models import FollowUp
from tests import cast as make
from tests.browser import pages
from tests.browser.axe import findings
from tests.cast import NOW, days

pytestmark = pytest.mark.browser


def times():
    return sorted(FollowUp.objects.values_list("entered_at", flat=True))


def test_a_shift_is_previewed_tried_done_and_taken_back(window, view, cast, call):
    make.follow_up(cast.owner, call.customer, summary="Talk about prices")
    make.follow_up(cast.owner, call.customer, summary="Talk about terms")
    before = times()
    page = window(view, as_=cast.owner, reduced_motion="reduce")
    page.goto("/follow-ups/")
    for pick in page.locator(".pick").all():
        pick.check()
    assert findings(page, "list") == []
    page.get_by_role("button", name="Change entry time…").click()
    expect(page.get_by_role("heading", name="What to do with 3 rows")).to_be_visible()
    page.get_by_label("Reason").select_option(label="Back-fill")
    page.get_by_label("What happened").fill("Cards typed in late.")
    assert pages.overflow(page) == 0
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Allowed 3")).to_be_visible()
    assert findings(page, "preview") == []
    assert pages.overflow(page) == 0
    assert times() == before
    page.get_by_role("checkbox", name=re.compile("Try on Talk about prices")).check()
    page.get_by_role("button", name=re.compile("Try on those ticked")).click()
    expect(page.get_by_text("1 changed")).to_be_visible()
    page.get_by_role("button", name="Change the other 2").click()
    expect(page.get_by_text("3 changed")).to_be_visible()
    assert times() == [moment - days(1) for moment in before]

    page.get_by_role("link", name="Batch", exact=False).last.click()
    expect(page.get_by_text("2 will be taken back")).to_be_visible()
    assert findings(page, "batch") == []
    page.get_by_label("Reason").fill("Wrong day")
    page.get_by_role("button", name="Undo 2 changes").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_text("2 changes are taken back.")).to_be_visible()
    assert [moment > NOW - days(1) for moment in times()].count(True) == 2


def test_it_speaks_chinese(window, view, cast, call):
    cast.owner.language = "zh-hans"
    cast.owner.save()
    page = window(view, as_=cast.owner, reduced_motion="reduce")
    page.goto("/follow-ups/")
    page.locator(".pick").first.check()
    page.get_by_role("button", name="修改录入时间…").click()
    page.get_by_label("修改原因").select_option(label="补录")
    page.get_by_label("说明").fill("名片晚录了一天。")
    page.get_by_role("button", name="预览").click()
    expect(page.get_by_text("允许 1")).to_be_visible()
    page.get_by_role("button", name="修改全部 1").click()
    expect(page.get_by_text("已修改 1").first).to_be_visible()
    assert pages.overflow(page) == 0
