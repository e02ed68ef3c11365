"""Changing an entry time for somebody who asked by phone or mail: through the door, who asked and proof on the row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model

from records.displays.proofs import HOW, kept
from records.models.record import Record
from records.refusals import refuse

from .entry_time import Move, Result, change
from .locks import locked, rules_lock
from .records import Clock, actor
from .refusing import service

BEHALF = "change_on_behalf"


@service("change_on_behalf")
def change_on_behalf(
    *,
    record: Record,
    seen_version: int,
    entered_at: dt.datetime,
    reason: str,
    note: str,
    asker: Any,
    how: str,
    proof: str,
    by: Any,
    clock: Clock,
    channel: str = "behalf",
    acknowledged: Iterable[str] = (),
    typed: str = "",
    typed_zone: str = "",
    remote_addr: str | None = None,
) -> Result:
    """Change the entry time of `record` as `asker` wished, who said so by `how` (a code of HOW).

    `proof` is words or a link. Judged by the right and window of `by`: who asked is no second person, so what needs an
    approval still does. Raises Refused: behalf_right, behalf_asker (inactive, or `by` themselves), behalf_proof, and as
    the door.
    """
    locked(type(record), record.pk)  # before anything is judged, as the door does
    rules_lock(exclusive=False)
    at = clock()
    if BEHALF not in actor(by, at).who.permissions:
        raise refuse("behalf_right")
    fresh = get_user_model()._default_manager.filter(pk=asker.pk, is_active=True).exclude(pk=by.pk).first()
    if fresh is None:
        raise refuse("behalf_asker")
    if how not in dict(HOW) or not proof.strip():
        raise refuse("behalf_proof")
    trail = {
        "requester_id": fresh.pk,
        "requester_name": str(fresh),
        "proof": kept(how, proof),
        "typed": typed,
        "typed_zone": typed_zone,
        "remote_addr": remote_addr,
    }
    move = Move(entered_at=entered_at, reason=reason, note=note, acknowledged=frozenset(acknowledged), trail=trail)
    return change(record=record, seen_version=seen_version, move=move, by=by, channel=channel, clock=lambda: at)
