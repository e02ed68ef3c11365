"""Before many rows are changed at once a backup is offered: `{% backup_offer rows %}` on the page that asks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from . import working
from .listing import Backup

ROWS = 500  # from so many rows on it is offered
FRESH = dt.timedelta(minutes=15)  # one so new is good enough


@dataclass(frozen=True)
class Offer:
    """`state`: offered, running, idle, fresh or failed. `may`: whether the person may make one."""

    rows: int
    state: str
    may: bool
    last: Backup | None
    age: dt.timedelta


def offer(person: Any, rows: int, now: dt.datetime) -> Offer | None:
    """What to say before `rows` rows are changed at once; None below ROWS."""
    if rows < ROWS:
        return None
    standing = working.standing(now)
    state = standing.state if standing.state in ("running", "failed") else "offered"
    if state == "running" and standing.idle:
        state = "idle"
    if state == "offered" and standing.last and standing.age <= FRESH:
        state = "fresh"
    return Offer(rows, state, person.has_perm("records.back_up"), standing.last, standing.age)
