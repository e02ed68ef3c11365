"""A bulk shift in a real browser: picked on a list, previewed, tried, the rest, taken back; in both languages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from records.models import FollowUp, TypeRule
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


def test_owners_are_assigned_tried_and_taken_back(window, cast, call):
    """At a desk: the bar of a phone offers entry times only."""
    make.follow_up(cast.owner, call.customer, summary="Talk about prices")
    page = window("desk", as_=cast.manager, reduced_motion="reduce")
    page.goto("/follow-ups/")
    for pick in page.locator(".pick").all():
        pick.check()
    page.get_by_role("button", name="Assign owner…").click()
    page.get_by_label("New owner").fill("Colleague")
    page.get_by_label("What happened").fill("Handed over.")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Allowed 2")).to_be_visible()
    assert findings(page, "owners") == []
    assert pages.overflow(page) == 0
    page.get_by_role("checkbox", name=re.compile("Try on Talk about prices")).check()
    page.get_by_role("button", name=re.compile("Try on those ticked")).click()
    expect(page.get_by_text("1 changed")).to_be_visible()
    page.get_by_role("button", name="Take the trial back").click()
    expect(page.get_by_text("The preview stands as it was", exact=False)).to_be_visible()
    assert not FollowUp.objects.filter(owner=cast.colleague).exists()
    page.get_by_role("button", name="Assign all 2").click()
    expect(page.get_by_text("2 changed").first).to_be_visible()
    assert FollowUp.objects.filter(owner=cast.colleague).count() == 2


def test_what_needs_somebody_else_is_asked_for_and_answered_as_one(window, view, cast, call):
    make.set_rule(TypeRule.objects.get(record_type="followup"), approval_days=1)
    make.follow_up(cast.owner, call.customer, summary="Talk about prices")
    before = times()
    page = window(view, as_=cast.owner, reduced_motion="reduce")
    page.goto("/follow-ups/")
    for pick in page.locator(".pick").all():
        pick.check()
    page.get_by_role("button", name="Change entry time…").click()
    page.get_by_label("Reason").select_option(label="Back-fill")
    page.get_by_label("What happened").fill("Cards typed in late.")
    page.locator("input[name=days]").fill("3")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Request them as one").click()
    expect(page.get_by_text("2 changes are asked for, as one.")).to_be_visible()

    page = window(view, as_=cast.manager, reduced_motion="reduce")
    page.goto("/requests/")
    expect(page.get_by_text("asks for 2 as one", exact=False)).to_be_visible()
    assert findings(page, "inbox") == []
    assert pages.overflow(page) == 0
    page.get_by_role("link", name="Answer as one").click()
    expect(page.get_by_text("2 of them are yours to answer", exact=False)).to_be_visible()
    assert findings(page, "answer") == []
    assert pages.overflow(page) == 0
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("2 requests are answered.")).to_be_visible()
    assert times() == [moment - days(3) for moment in before]
