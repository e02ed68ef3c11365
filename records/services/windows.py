"""Windows: how far a role may move times of a type and customer class. No row means not at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import Group

from records.access import Checker
from records.models import Window
from records.models.rules import CLASSES, TYPES
from records.refusals import refuse
from records.rules import WindowLimit

from .granting import MOST_DAYS
from .locks import locked, rules_lock
from .records import Clock, actor, write
from .refusing import service
from .rows import check_manager, insert, remove

Cell = tuple[int, str]  # id of the role, customer class
Seen = tuple[int, int] | None  # id and version of a cell's row; None where there was none


@service("set_windows")
def set_windows(
    *,
    record_type: str,
    cells: Mapping[Cell, WindowLimit | None],
    seen: Mapping[Cell, Seen],
    by: Any,
    note: str,
    channel: str,
    clock: Clock,
    remote_addr: str | None = None,
) -> int:
    """Give several cells of a type their window, or none (None takes it away). Gives how many were changed.

    `seen` holds id and version of each cell's row as it was seen. All or nothing; each changed cell leaves its own
    history row. Raises Refused: rules_right, why, stale_rule, window_days, value.
    """
    rules_lock(exclusive=True)
    checker = actor(by, clock())
    check_manager(checker, note)
    said = {"note": note.strip(), "channel": channel, "remote_addr": remote_addr}
    changes = [(cell, _current(record_type, cell, seen.get(cell)), limit) for cell, limit in cells.items()]
    return sum(_set(record_type, cell, row, limit, checker, said) for cell, row, limit in changes)


@service("set_window")
def set_window(
    *,
    role: Any,
    record_type: str,
    customer_class: str,
    limit: WindowLimit,
    seen: Seen,
    by: Any,
    note: str,
    channel: str,
    clock: Clock,
    remote_addr: str | None = None,
) -> bool:
    """Give one role its window on records of one type and class; whether anything changed. Raises as set_windows."""
    rules_lock(exclusive=True)
    checker, cell = actor(by, clock()), (role.pk, customer_class)
    check_manager(checker, note)
    said = {"note": note.strip(), "channel": channel, "remote_addr": remote_addr}
    return _set(record_type, cell, _current(record_type, cell, seen), limit, checker, said)


@service("remove_window", about="window")
def remove_window(
    *,
    window: Window,
    seen_version: int,
    by: Any,
    note: str,
    channel: str,
    clock: Clock,
    remote_addr: str | None = None,
) -> bool:
    """Take a window away: the role may then move nothing there. Raises as set_windows."""
    rules_lock(exclusive=True)
    checker, cell = actor(by, clock()), (window.role_id, window.customer_class)
    check_manager(checker, note)
    said = {"note": note.strip(), "channel": channel, "remote_addr": remote_addr}
    return _set(
        window.record_type, cell, _current(window.record_type, cell, (window.pk, seen_version)), None, checker, said
    )


def limit_of(window: Window | None) -> WindowLimit | None:
    """The row as a limit; None for no row."""
    if window is None:
        return None
    return WindowLimit(None if window.no_limit else window.days_back, window.days_forward, window.longest_move)


def seen_as(window: Window | None) -> Seen:
    """What tells a row as it stands now from every other."""
    return (window.pk, window.version) if window else None


def _current(record_type: str, cell: Cell, seen: Seen) -> Window | None:
    """The row of a cell, locked. Raises Refused where it is not the one that was seen, or there is no such cell."""
    role, customer_class = cell
    known = record_type in TYPES and customer_class in dict(CLASSES)
    if not known or not Group.objects.filter(role__pk=role).exists():
        raise refuse("value")
    found = Window.objects.filter(role=role, record_type=record_type, customer_class=customer_class).first()
    row = locked(Window, found.pk) if found else None
    if seen_as(row) != seen:
        raise refuse("stale_rule")
    return row


def _set(
    record_type: str,
    cell: Cell,
    row: Window | None,
    limit: WindowLimit | None,
    checker: Checker,
    said: dict[str, Any],
) -> bool:
    if limit == limit_of(row):
        return False
    if limit is None:
        remove(row, checker, **said)  # type: ignore[arg-type]
        return True
    values = _columns(limit)
    if row is not None:
        return bool(write(row, values, checker, reason="", **said).changed)
    role, customer_class = cell
    insert(Window(role_id=role, record_type=record_type, customer_class=customer_class, **values), checker, **said)
    return True


def _columns(limit: WindowLimit) -> dict[str, Any]:
    days = (limit.days_back, limit.days_forward, limit.longest_move)
    if not all(day is None or 0 <= day <= MOST_DAYS for day in days):
        raise refuse("window_days")
    return {
        "days_back": limit.days_back,
        "no_limit": limit.days_back is None,
        "days_forward": limit.days_forward,
        "longest_move": limit.longest_move,
    }
