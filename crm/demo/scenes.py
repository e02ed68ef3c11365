"""What every demo shows whatever the dice say: Lin's last days, her next steps, and the grants."""

from __future__ import annotations

import datetime as dt
from typing import Any

from records.models import Contract, Customer, FollowUp
from records.models.access import REDATE
from records.services.entry_time import change_entry_time
from records.services.grants import Terms, grant
from records.services.records import create_record

from .records import DAY
from .story import COMPANY_ZONE, Clock, World
from .texts import LINS_WEEK


def lins_week(world: World) -> None:
    """Her follow-ups of the last days, with next steps overdue, today and soon; one of them put right since."""
    today = world.now.astimezone(COMPANY_ZONE).date()
    for name, days, hour, kind, summary, content, step, due in LINS_WEEK:
        when = dt.datetime.combine(today - days * DAY, dt.time(hour, 12), COMPANY_ZONE).astimezone(dt.UTC)
        values = {
            "kind": kind,
            "summary": summary,
            "content": content,
            "next_step": step,
            "next_step_on": today + due * DAY,
        }
        world.at(when, lambda w, c, name=name, values=values: _said(w, c, name, values))


def _said(world: World, clock: Clock, name: str, values: dict[str, Any]) -> None:
    lin, customer = world.people["lin"], Customer.objects.get(name=name)
    made = create_record(model=FollowUp, values=values | {"customer": customer}, by=lin, channel="web", clock=clock)
    if values["summary"] == "Visit to the Ningbo plant":
        why = ("typing_error", "The visit was on the day before, typed in on the way back.")
        world.at(clock() + DAY, lambda w, c: _put_right(c, made, DAY, why, lin))
    if values["summary"] == "Call about the spare parts":
        why, wang = ("other", "通话记录显示早一小时。"), world.people["wang"]
        world.at(clock() + DAY / 6, lambda w, c: _put_right(c, made, DAY / 24, why, wang))


def _put_right(clock: Clock, made: Any, back: dt.timedelta, why: tuple[str, str], by: Any) -> None:
    change_entry_time(
        record=made,
        seen_version=made.version,
        entered_at=made.entered_at - back,
        reason=why[0],
        note=why[1],
        by=by,
        channel="web",
        clock=clock,
        typed=(made.entered_at - back).astimezone(COMPANY_ZONE).strftime("%Y-%m-%d %H:%M"),
        typed_zone="Asia/Shanghai",
    )


def grants(world: World) -> None:
    """Grants to persons and a team: one that covers, one on a contract, one ending soon, one ended."""
    people, now = world.people, world.now
    # customer, to, until, days back, covers, why, days ago
    rows = (
        ("苏州明德精密机械有限公司", people["lin"], now + 2 * DAY, 14, False, "Trade fair cards entered late", 12),
        ("深圳市恒润电子股份有限公司", people["chen"], now + 30 * DAY, 30, True, "重点客户历史日期核对", 9),
        ("Kestrel Aerospace Ltd", people["marcus"].team.group, now + 90 * DAY, 14, True, "Shared key account", 20),
        ("宁波港通物流有限公司", people["zhao"], now - 20 * DAY, 60, True, "补录去年台账，第 12 批", 50),
    )
    for name, to, until, days_back, covers, why, ago in rows:
        terms = Terms(kind=REDATE, until=_end_of_day(until), days_back=days_back, covers=covers)
        world.at(now - ago * DAY, lambda w, c, row=(name, to, terms, why): _give(w, c, *row))
    world.at(now - 4 * DAY, _give_on_contract)


def _end_of_day(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(COMPANY_ZONE).replace(hour=18, minute=0, second=0, microsecond=0).astimezone(dt.UTC)


def _give(world: World, clock: Clock, name: str, to: Any, terms: Terms, why: str) -> None:
    customer = Customer.objects.get(name=name)
    grant(record=customer, to=to, terms=terms, why=why, by=world.people["wang"], channel="web", clock=clock)


def _give_on_contract(world: World, clock: Clock) -> None:
    marcus = world.people["marcus"]
    found = Contract.objects.filter(owner=marcus, customer__importance="ordinary").order_by("-id").first()
    if found is not None:
        terms = Terms(kind=REDATE, until=_end_of_day(world.now + 13 * DAY), days_back=5)
        why = "Signed copy arrived by post"
        grant(record=found, to=marcus, terms=terms, why=why, by=world.people["olivia"], channel="web", clock=clock)
