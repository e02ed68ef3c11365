"""What a batch did to each record, and what became of it since: read from the history rows alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Any

Who = tuple[str, dt.datetime]  # a person's name, and when
TOLD = ("history_id", "history_type", "batch", "previous_entered_at", "actor_name", "history_date")


@dataclass(frozen=True, slots=True)
class Past:
    """One record in a batch: by attname what the batch changed and what stood before, and what was touched since.

    `history_id` is the last row of the batch, `moved_id` the one that moved the entry time. `since` tells who was last
    to touch the record at all.
    """

    record_id: int
    history_id: int
    created: bool
    before: dict[str, Any] = field(default_factory=dict)
    touched: dict[str, Who] = field(default_factory=dict)
    moved_id: int | None = None
    since: Who | None = None


def ids_of(model: Any, batch: int, only: Iterable[int] | None = None) -> list[int]:
    """The records of `model` in the batch. What an old system's history brought in is none of its doing."""
    rows = model.history.model.objects.filter(batch=batch, brought_in_at__isnull=True).order_by("id")
    ids = list(rows.values_list("id", flat=True).distinct())
    return ids if only is None else sorted(set(ids) & set(only))


def pasts_of(model: Any, batch: int, ids: Sequence[int]) -> dict[int, Past]:
    """By record what the batch did to it. One query; give some ids at a time."""
    history = model.history.model
    names = [f.attname for f in history.tracked_fields if f.attname not in ("id", "version")]
    rows = history.objects.filter(id__in=list(ids), brought_in_at__isnull=True).order_by("id", "history_id")
    found = {}
    for pk, each in groupby(rows.values("id", *TOLD, *names).iterator(), key=lambda row: row["id"]):
        past = _past(pk, list(each), batch, names)
        if past is not None:
            found[pk] = past
    return found


def _past(pk: int, rows: list[dict[str, Any]], batch: int, names: list[str]) -> Past | None:
    places = [place for place, row in enumerate(rows) if row["batch"] == batch]
    first, last = places[0], places[-1]
    created, made = rows[first]["history_type"] == "+", rows[last]
    if first == 0 and not created:  # what stood before is not known
        return None
    later = rows[last:]
    before = {} if created else {n: rows[first - 1][n] for n in names if rows[first - 1][n] != made[n]}
    moves = [row["history_id"] for row in rows[first : last + 1] if row["previous_entered_at"] is not None]
    return Past(
        record_id=pk,
        history_id=made["history_id"],
        created=created,
        before=before,
        touched=_touched(later, set(before)),
        moved_id=moves[-1] if moves else None,
        since=_who(later[-1]) if len(later) > 1 else None,
    )


def _touched(rows: list[dict[str, Any]], names: set[str]) -> dict[str, Who]:
    """By column who changed it since, also where it was changed back."""
    found = {}
    for old, new in pairwise(rows):
        for name in names:
            if old[name] != new[name]:
                found[name] = _who(new)
    return found


def _who(row: dict[str, Any]) -> Who:
    return row["actor_name"], row["history_date"]
