"""Taking back a change of an entry time: a new change through the door that points at the one it takes back."""

from __future__ import annotations

from typing import Any

from records.models.record import Record
from records.refusals import refuse

from .entry_time import Move, Result, change
from .records import Clock
from .refusing import service


@service("undo_change")
def undo_change(
    *,
    record: Record,
    history_id: int,
    by: Any,
    channel: str,
    clock: Clock,
    note: str = "",
    remote_addr: str | None = None,
) -> Result:
    """Give `record` the entry time it had before the history row `history_id`.

    Within 15 minutes of one's own last change this needs the right but no window (closed periods still hold); any
    other undo is judged as a new change. Refused "moved" where the time was changed again since, "not_a_change" where
    the row moved nothing; StaleRecord, Refused as the door.
    """
    history: Any = record.history.model.objects.filter(id=record.pk)  # type: ignore[attr-defined]
    undone = history.filter(history_id=history_id, previous_entered_at__isnull=False).first()
    if undone is None:
        raise refuse("not_a_change")
    later = history.filter(history_id__gt=history_id, previous_entered_at__isnull=False).order_by("history_id")
    taken_back = later.filter(undoes=history_id, history_user_id=by.pk).first()
    if later.exists() and taken_back is None:
        raise refuse("moved")
    move = Move(
        entered_at=undone.previous_entered_at,
        reason="undo",
        note=note,
        undoes=history_id,
        trail={"remote_addr": remote_addr},
    )
    seen = undone.version
    return change(record=record, seen_version=seen, move=move, by=by, channel=channel, clock=clock)
