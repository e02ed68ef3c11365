"""Rows of windows, reasons and exceptions: put in and taken out with their history, inside an open transaction."""

from __future__ import annotations

from typing import Any

from audit.acts import act
from audit.triggers import APP_DELETE, switched_on
from records.access import Checker
from records.models._entry_time_key import key
from records.models.guard import Guarded
from records.refusals import refuse

from .granting import check_why


def insert(row: Guarded, checker: Checker, *, note: str, channel: str, remote_addr: str | None = None) -> None:
    """Write a new row and its '+' row."""
    row.full_clean(validate_unique=False, validate_constraints=False)
    with _act(checker, note, channel, remote_addr), key():
        row.save(force_insert=True)


def remove(row: Guarded, checker: Checker, *, note: str, channel: str, remote_addr: str | None = None) -> None:
    """Delete a row; its history keeps a '-' row with the reason."""
    with switched_on(APP_DELETE), _act(checker, note, channel, remote_addr), key():
        row.delete()


def check_manager(checker: Checker, note: str) -> None:
    """Raise Refused for who may not set rules, and without a reason in words."""
    if "manage_rules" not in checker.who.permissions:
        raise refuse("rules_right")
    check_why(note)


def _act(checker: Checker, note: str, channel: str, remote_addr: str | None) -> Any:
    return act(
        by=checker.user,
        reason="",
        note=note.strip(),
        channel=channel,
        at=checker.at,
        role=",".join(checker.who.roles),
        remote_addr=remote_addr,
    )
