"""Moves of entry times straight into the tables, at any moment, past the rules: what checks must find."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from audit.acts import act
from audit.models import Finding
from records.entry_checks import run
from records.models import TypeRule
from records.models._entry_time_key import key
from tests.cast import NOW, clock


def move(record: Any, to: dt.datetime, by: Any, at: dt.datetime = NOW, channel: str = "web", **extra: Any) -> int:
    """Set the entry time as an act of `by` at that moment; gives the id of the history row."""
    record.refresh_from_db()
    said = {"reason": "other", "note": "test", "channel": channel}
    with transaction.atomic(), act(by=by, at=at, **said, **extra) as opened, key():
        opened.about(record, previous_entered_at=record.entered_at)
        record.entered_at = to
        record.save(update_fields=["entered_at"])
    return opened.made


def reopen(record_type: str, at: dt.datetime) -> None:
    """No period of the type is closed any more from that moment on."""
    rule = TypeRule.objects.get(record_type=record_type)
    rule.closed_through = None
    with transaction.atomic(), act(by=None, reason="", note="test", channel="command", at=at), key():
        rule.save(update_fields=["closed_through"])


def found(code: str, at: Any = clock, **options: Any) -> list[Finding]:
    """Run all checks; what stands open of that code, oldest first."""
    run(by=None, clock=at, **options)
    return list(Finding.objects.filter(code=code, gone_at__isnull=True).order_by("pk"))
