"""What the commands about many records print: a bounded table, and how many come to what."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import CommandError

from audit.times import format_time
from records.refusals import sentence
from records.services.many_rows import RowResult

SHOWN = 50
WORDS = {
    "ok": "allowed",
    "done": "changed",
    "same": "as it is already",
    "moved": "changed since",
    "warn": "in an odd order",
    "ask": "on request",
    "no": "refused",
    "kept": "touched since",
    "none": "left out",
}


def table(rows: Sequence[RowResult], zone: dt.tzinfo) -> Iterable[str]:
    """The first rows, those that are not simply allowed on top, one line each."""
    first = sorted(rows, key=lambda row: row.outcome in ("ok", "done") and not row.warnings)[:SHOWN]
    for row in first:
        times = " → ".join(format_time(moment, zone) if moment else "?" for moment in (row.before, row.after))
        why = " ".join(sentence(finding) for finding in row.findings) or _by(row)
        yield f"{row.number or row.record_id}  {times}  {WORDS[row.outcome]}{': ' if why else ''}{why}"
    if len(rows) > SHOWN:
        yield f"… and {len(rows) - SHOWN:,} more."


def counts(outcomes: Iterable[str]) -> str:
    """How many rows came to what: "22 allowed, 4 need a request"."""
    found = Counter(outcomes)
    return ", ".join(f"{found[name]:,} {word}" for name, word in WORDS.items() if found[name]) or "nothing"


def person(name: str) -> Any:
    """The person who signs in so. Raises CommandError."""
    user = get_user_model().objects.filter(username=name).first()
    if user is None:
        raise CommandError(f"Nobody signs in as {name}.")
    return user


def back_up(command: Any) -> None:
    """Take a backup before what follows; what follows does not happen where that fails."""
    command.stdout.write("Taking a backup first; --no-backup leaves it out.")
    call_command("backup", stdout=command.stdout, stderr=command.stderr)


def _by(row: Any) -> str:
    return f"by {row.by_name}" if row.by_name else ""
