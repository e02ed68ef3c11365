"""What a trial found, as JSON: figures, and of each faulty row what is wrong with it, in the reader's language."""

from __future__ import annotations

import datetime as dt
from typing import Any

from records.importing.errors import RowError
from records.refusals import WARNINGS

from .imports import Loaded
from .imports.outcome import CREATED, UPDATED

KEPT = 5_000  # faulty rows of which the words are kept
NOTES = 50


def trial_of(plan: Any, loaded: Loaded) -> dict[str, Any]:
    """The figures of a load that was taken back, and its faulty rows."""
    faulty: dict[int, list[RowError]] = {}
    for error in loaded.errors:
        faulty.setdefault(error.line, []).append(error)
    lines = {each.line for each in loaded.outcome if each.what in (CREATED, UPDATED)}
    times = sorted(at for at in (_time(row) for row in plan.rows if row.line in lines) if at is not None)
    return {
        "read": plan.read,
        "ready": len(lines),
        "faulty": len(faulty),
        "standing": loaded.existing + loaded.unchanged,
        "left_out": getattr(plan, "left_out", 0),
        "blank": getattr(plan, "blank", 0),
        "customers": loaded.customers,
        "moved": loaded.moved,
        "first": times[0].isoformat() if times else "",
        "last": times[-1].isoformat() if times else "",
        "earlier": loaded.earlier.pk if loaded.earlier else None,
        "closed": any(error.code == "closed" for error in loaded.errors),
        "odd": any(error.code in WARNINGS for error in loaded.errors),
        "errors": [_row(line, found) for line, found in list(faulty.items())[:KEPT]],
        "excepted": [[pk, rows] for pk, rows in sorted(loaded.excepted.items())],
        "duplicates": len(loaded.duplicates),
        "notes": [[note.line, note.message] for note in loaded.duplicates[:NOTES]],
    }


def _row(line: int, found: list[RowError]) -> list[Any]:
    return [line, [[error.column, error.message] for error in found]]


def _time(row: Any) -> dt.datetime | None:
    at: dt.datetime | None = getattr(row, "entered_at", None) or getattr(row, "at", None)
    return at
