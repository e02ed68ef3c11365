"""Requests in every state: three that wait for an answer, others approved, rejected, withdrawn and expired."""

from __future__ import annotations

import datetime as dt
from typing import Any

from records.models import FollowUp, Opportunity
from records.services.behalf import change_on_behalf
from records.services.time_requests import Seen, approve, ask, reject, withdraw

from .records import DAY
from .story import COMPANY_ZONE, Clock, World

# Lin's follow-up, asked how many days ago, days to move it, reason, words, link, answer
LINS = (
    ("First call about the pilot", 5.4, -14, "other", "试点从上次见面算起。", "", "withdrawn"),
    ("参观车间并核对图纸", 4.2, -12, "business_change", "按首次参观日期计算。", "", "rejected"),
    ("接口清单初稿", 3.1, -9, "back_fill", "会议在上周，按纪要补录。", "", "approved"),
    ("确认试点账号名单", 1.3, -1, "typing_error", "名单是前一天收到的，日期选错了。", "", ""),
    (
        "Visit to the Ningbo plant",
        0.2,
        -11,
        "business_change",
        "It counts from the first visit, as agreed with the plant.",
        "https://mail.example/ningbo-visit",
        "",
    ),
)
ANSWERS = {"approved": "纪要已核对。", "rejected": "首次参观已有自己的记录，请不要重复。"}


def requests(world: World) -> None:
    """Ask, and answer a while later."""
    for summary, ago, move, reason, words, link, answer in LINS:
        wish = {"why_code": reason, "words": words, "link": link}
        row = (summary, dt.timedelta(days=move), wish, answer)
        world.at(world.now - ago * DAY, lambda w, c, row=row: _lin_asks(w, c, *row))
    world.at(world.now - 20 * DAY, _nobody_answers)
    world.at(world.now - 2.6 * DAY, _for_an_opportunity)
    world.at(world.now - 7.1 * DAY, _by_phone)


def _lin_asks(world: World, clock: Clock, summary: str, move: dt.timedelta, wish: Any, answer: str) -> None:
    lin = world.people["lin"]
    record = FollowUp.objects.get(owner=lin, summary=summary)
    made = _ask(record, record.entered_at + move, lin, clock, **wish)
    world.at(world.morning_after(clock()), lambda w, c: _answered(w, c, made, answer))


def _ask(record: Any, wanted: dt.datetime, by: Any, clock: Clock, **wish: Any) -> Any:
    return ask(record=record, seen_version=record.version, wanted=wanted, by=by, channel="web", clock=clock, **wish)


def _answered(world: World, clock: Clock, made: Any, answer: str) -> None:
    wang, record = world.people["wang"], made.record_model.objects.get(pk=made.record_id)
    if answer == "withdrawn":
        withdraw(request=made, by=world.people["lin"], channel="web", clock=clock)
    elif answer:
        service = approve if answer == "approved" else reject
        service(request=made, seen=Seen.of(made, record), by=wang, note=ANSWERS[answer], clock=clock)


def _nobody_answers(world: World, clock: Clock) -> None:
    """Expires after the days of the rule."""
    chen = world.people["chen"]
    found = FollowUp.objects.filter(owner=chen).order_by("-id").first()
    if found is not None:
        wish = {"why_code": "back_fill", "words": "补录去年台账时漏了这一条。"}
        _ask(found, found.entered_at - 40 * DAY, chen, clock, **wish)


def _for_an_opportunity(world: World, clock: Clock) -> None:
    """Older than their window reaches."""
    settled = Opportunity.objects.filter(customer__importance="ordinary", recorded_at__lt=clock() - 8 * DAY)
    settled = settled.exclude(external_source="salesforce")
    found = settled.filter(owner__username__in=("priya", "marcus")).order_by("-id").first()
    if found is not None:
        wish = {"why_code": "business_change", "words": "The enquiry came by mail two weeks before I entered it."}
        _ask(found, found.entered_at - 14 * DAY, found.owner, clock, **wish)


def _by_phone(world: World, clock: Clock) -> None:
    """The administrator puts right what Marcus asked for on the phone."""
    marcus = world.people["marcus"]
    found = FollowUp.objects.filter(owner=marcus).order_by("-id").first()
    if found is None:
        return
    moved = found.entered_at - DAY / 4
    change_on_behalf(
        record=found,
        seen_version=found.version,
        entered_at=moved,
        reason="time_zone",
        note="The laptop was still on London time.",
        asker=marcus,
        how="phone",
        proof="Call with Marcus in the morning, he read it from his calendar",
        by=world.people["admin"],
        clock=clock,
        typed=moved.astimezone(COMPANY_ZONE).strftime("%Y-%m-%d %H:%M"),
        typed_zone=COMPANY_ZONE.key,
    )
    for known in world.follow_ups:
        if known.pk == found.pk:
            known.entered_at, known.version = moved, known.version + 1
