"""An act: who does what through which channel, why and when. Every history row is filled from the open act."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

CHANNELS = ("web", "api", "import", "bulk", "request", "behalf", "undo", "command", "sql")


class NoAct(RuntimeError):
    """A tracked row was written outside an act."""


@dataclass
class Act:
    """One act. `extra`: trail columns common to its rows, `rows`: those of single rows, `made`: the last history id."""

    by: Any
    reason: str
    note: str
    channel: str
    at: dt.datetime
    role: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    rows: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    made: int | None = None

    def about(self, obj: Any, **columns: Any) -> None:
        """Give trail columns for the row of one object only."""
        self.rows.setdefault((obj._meta.label_lower, obj.pk), {}).update(columns)

    def columns(self, obj: Any) -> dict[str, Any]:
        """All trail columns of the next history row of `obj`."""
        return {
            "history_date": self.at,
            "history_user_id": self.by.pk if self.by else None,
            "history_change_reason": self.note,
            "reason": self.reason,
            "channel": self.channel,
            "actor_name": str(self.by) if self.by else "",
            "actor_role": self.role,
            **self.extra,
            **self.rows.get((obj._meta.label_lower, obj.pk), {}),
        }


_open: ContextVar[Act | None] = ContextVar("act", default=None)


@contextmanager
def act(
    *, by: Any, reason: str, note: str, channel: str, at: dt.datetime, role: str = "", **extra: Any
) -> Iterator[Act]:
    """Open an act for the block.

    `by` is a person or None (the system itself), `at` an aware UTC moment taken after the locks, `role` the keys of
    the person's roles at that time, `extra` further trail columns. Raises ValueError for an unknown channel.
    """
    if channel not in CHANNELS:
        raise ValueError(f"channel is one of {CHANNELS}, not {channel!r}")
    opened = Act(by, reason, note, channel, at, role, {k: v for k, v in extra.items() if v is not None})
    token = _open.set(opened)
    try:
        yield opened
    finally:
        _open.reset(token)


def current() -> Act:
    """The open act. Raises NoAct where there is none: a change without person and channel leaves no honest trail."""
    opened = _open.get()
    if opened is None:
        raise NoAct("no act is open: who does this, through which channel, and why?")
    return opened
