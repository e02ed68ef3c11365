"""Writing events. Called inside the transaction of what it tells of, or after a rollback in one of its own."""

from __future__ import annotations

import datetime as dt
from typing import Any

from .models import Event


def record_event(
    *,
    kind: str,
    by: Any,
    at: dt.datetime,
    channel: str = "web",
    record: Any = None,
    remote_addr: str | None = None,
    what: dict[str, Any] | None = None,
) -> Event:
    """Keep that `kind` happened: `by` a person or None, `at` aware UTC, `record` what it concerns, `what` facts."""
    return Event.objects.create(
        at=at,
        kind=kind,
        actor_id=by.pk if by else None,
        actor_name=str(by) if by else "",
        channel=channel,
        record_type=record._meta.label_lower if record is not None else "",
        record_id=record.pk if record is not None else None,
        what=what or {},
        remote_addr=remote_addr or None,
    )
