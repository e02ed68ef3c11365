"""Who follows what and who is told besides; and what everybody has read by now."""

from __future__ import annotations

import datetime as dt
from typing import Any

from crm.models import Role
from records.models import Notice
from records.services.following import follow
from records.services.notice_rules import add_notice_rule
from records.services.notices import mark_read
from records.services.outbox import leave_out

from .story import Clock, World

UNREAD = dt.timedelta(days=5)
EVERY = 8  # one record in so many is followed by somebody's lead


def told_besides(world: World) -> None:
    """Auditors hear of every contract."""
    world.at(world.first + dt.timedelta(days=15), _auditors)


def _auditors(world: World, clock: Clock) -> None:
    group = Role.objects.get(key="auditor").group
    why = "Every contract that is moved is looked at."
    add_notice_rule(record_type="contract", to=group, why=why, by=world.people["admin"], channel="web", clock=clock)


def maybe_follow(record: Any, lead: Any) -> None:
    """Let the lead follow it, where it is one of those."""
    if record.pk % EVERY == 0:
        follow(record=record, by=lead)


def read_all(now: dt.datetime) -> None:
    """People have read what is older than some days; mails of the past went out in the past."""
    mark_read(Notice.objects.filter(at__lt=now - UNREAD), now)
    leave_out(Notice.objects.filter(at__lte=now))
