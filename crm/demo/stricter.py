"""What the demo company decided last: closed months, stricter contracts, and who may enter closed months."""

from __future__ import annotations

import datetime as dt
from typing import Any

from audit.times import closed_edge
from records.models import FollowUp, TypeRule
from records.refusals import WARNINGS
from records.services.entry_time import change_entry_time
from records.services.exceptions import add_exception

from .people import change
from .records import DAY
from .story import COMPANY_ZONE, Clock, World


def close_months(admin: Any, now: dt.datetime) -> dt.date:
    """Close all months but the last two, for every type. Gives the last closed day."""
    first = now.astimezone(COMPANY_ZONE).date().replace(day=1)
    last = (first - dt.timedelta(days=1)).replace(day=1) - dt.timedelta(days=1)
    for rule in TypeRule.objects.all():
        change(rule, {"closed_through": last}, f"Books closed through {last:%Y-%m-%d}.", admin, now)
    return last


def guard_contracts(admin: Any, now: dt.datetime) -> None:
    """A signed contract locks its time; a long move needs a second person."""
    values = {"lock_signed": True, "approval_days": 30}
    rule = TypeRule.objects.get(record_type="contract")
    change(rule, values, "Contracts are what finance counts.", admin, now)


def exceptions(world: World) -> None:
    """One that has ended, one in force."""
    world.at(world.now - 50 * DAY, lambda w, c: _let(w, c, "zhao", "opportunity", -20, "补录去年商机，年度核对。"))
    world.at(world.now - 3 * DAY, lambda w, c: _let(w, c, "wang", "followup", 13, "2025 back-fill from the call list"))


def _let(world: World, clock: Clock, who: str, record_type: str, days: int, why: str) -> None:
    until = (world.now + days * DAY).astimezone(COMPANY_ZONE).replace(hour=18, minute=0, second=0, microsecond=0)
    add_exception(
        to=world.people[who],
        record_type=record_type,
        until=until.astimezone(dt.UTC),
        why=why,
        by=world.people["admin"],
        channel="web",
        clock=clock,
    )


def use_exception(world: World, closed: dt.date) -> None:
    """A change inside a closed month, under the exception in force."""
    edge = closed_edge(closed, COMPANY_ZONE)
    near = FollowUp.objects.filter(entered_at__lt=edge - DAY, entered_at__gt=world.now - 85 * DAY, archived_at=None)
    found = near.order_by("-entered_at", "-id").first()
    if found is None:
        return
    change_entry_time(
        record=found,
        seen_version=found.version,
        entered_at=found.entered_at - DAY / 24,
        reason="back_fill",
        note="通话清单显示早一小时。",
        by=world.people["wang"],
        channel="web",
        clock=lambda: world.now,
        acknowledged=WARNINGS,
    )
