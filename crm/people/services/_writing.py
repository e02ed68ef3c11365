"""What every write to people shares: the rules lock, who may, and the event that tells it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from audit.events import record_event
from crm.people.refusals import refuse
from records.services.locks import rules_lock
from records.services.records import Clock, actor


@dataclass(frozen=True)
class Writing:
    """One act about people: who (None for a command), when, why, through which channel and from where."""

    by: Any
    at: dt.datetime
    note: str
    channel: str
    remote_addr: str | None

    def keep(self, kind: str, about: Any, **what: Any) -> None:
        """Keep an event; `what` maps a field to [before, after], or a word to a fact."""
        told = what | ({"note": self.note} if self.note else {})
        record_event(
            kind=kind,
            by=self.by,
            at=self.at,
            channel=self.channel,
            record=about,
            remote_addr=self.remote_addr,
            what=told,
        )

    def save(self, row: Any, kind: str, **values: Any) -> bool:
        """Save the fields of `row` that differ from `values`, with one event; False where none does."""
        changes = differences(row, values)
        if not changes:
            return False
        ids = ids_of(row, changes, values)
        for name in changes:
            setattr(row, name, values[name])
        row.clean_fields(exclude=[f.name for f in row._meta.fields if f.name not in changes])
        row.save(update_fields=list(changes))
        self.keep(kind, row, **changes, **ids)
        return True


def begin(*, by: Any, note: str, channel: str, clock: Clock, remote_addr: str | None) -> Writing:
    """Take the rules lock, then judge who acts. Raises Refused: inactive, people_right, why.

    `by` is None for a command alone; whoever may run one owns the database anyway.
    """
    rules_lock(exclusive=True)
    at = clock()
    if by is None:
        if channel != "command":
            raise ValueError("only a command changes people without a person")
        return Writing(None, at, note.strip(), channel, remote_addr)
    checker = actor(by, at)
    if "manage_people" not in checker.who.permissions:
        raise refuse("people_right")
    if not note.strip():
        raise refuse("why")
    return Writing(checker.user, at, note.strip(), channel, remote_addr)


def differences(row: Any, values: dict[str, Any]) -> dict[str, list[Any]]:
    """Field → [before, after] where they differ, as JSON can hold them: a related row by its name."""
    found = {name: (getattr(row, name), value) for name, value in values.items()}
    return {name: [_plain(old), _plain(new)] for name, (old, new) in found.items() if old != new}


def ids_of(row: Any, changes: Iterable[str], values: dict[str, Any]) -> dict[str, Any]:
    """`ids`: for each changed field that points at a row, the ids before and after; names may change, ids do not."""
    found = {}
    for name in changes:
        if row._meta.get_field(name).is_relation:
            found[name] = [getattr(row, f"{name}_id"), values[name].pk if values[name] is not None else None]
    return {"ids": found} if found else {}


def _plain(value: Any) -> Any:
    return str(value) if hasattr(value, "_meta") else value


def fingerprint(*values: Any) -> str:
    """A short mark of what a page showed. A form sends it back, so that nobody overwrites what they never saw."""
    text = json.dumps(values, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
