"""From a row of the trail to what a person reads: who, when, what changed from what to what, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from .displays import display_of, label_of
from .trail import Row

SYSTEM_TIMES = ("recorded_at", "original_entered_at", "entered_at", "archived_at")  # told by sentences of their own


@dataclass(frozen=True)
class Change:
    """One field: its label, and both values as text, date, moment or amount; `before` is None in a first row."""

    label: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Entry:
    """One row, ready for its template. `before` and `after` are the entry times where it moved or was first set."""

    history_id: int
    at: dt.datetime
    actor: str
    sentence: str
    moved: bool
    before: dt.datetime | None
    after: dt.datetime | None
    reason: str
    words: str
    channel: str
    undoes: int | None
    batch: int | None
    approver: str
    requester: str
    changes: list[Change] = field(default_factory=list)
    can_undo: bool = False


def present(rows: list[Row], model: type[models.Model], viewer: Any, reasons: Mapping[str, str]) -> list[Entry]:
    """Entries of the rows, in their order. `reasons` maps codes of reasons to names in the reader's language."""
    fields = display_of(model).fields_for(viewer)
    return [_entry(row, model, fields, reasons) for row in rows]


def _entry(row: Row, model: type[models.Model], fields: list[str], reasons: Mapping[str, str]) -> Entry:
    moved = row.previous_entered_at is not None
    created = row.history_type == "+"
    return Entry(
        history_id=row.history_id,
        at=row.history_date,
        actor=actor(row),
        sentence=sentence_of(row, model),
        moved=moved,
        before=row.previous_entered_at,
        after=row.values.get("entered_at") if moved or created else None,
        reason=(reasons.get(row.reason) or system_reasons().get(row.reason, "")) if moved or row.reason else "",
        words=row.history_change_reason,
        channel=channels().get(row.channel, row.channel),
        undoes=row.undoes,
        batch=row.batch,
        approver=row.approver_name,
        requester=row.requester_name,
        changes=[] if created or row.history_type == "-" else changes_of(row, model, fields),
    )


def actor(row: Row) -> str:
    """Who did it: a person, the database's own user for raw SQL, or the system.

    What was brought in says who another system calls so, and who brought it here: a file speaks in nobody's name.
    """
    if row.channel == "sql":
        return _("Database user %(name)s") % {"name": row.db_user}
    if by := row.values.get("brought_in_by"):
        return _("%(name)s, brought in by %(by)s") % {"name": row.actor_name or "?", "by": by}
    return row.actor_name or _("System")


def sentence_of(row: Row, model: type[models.Model]) -> str:
    """What a row that is no plain change says: created, deleted, archived; "" for others."""
    name = str(model._meta.verbose_name)
    said = display_of(model).says.get(row.history_type)
    if said:
        return str(said)
    if row.history_type == "+":
        return _("%(type)s created") % {"type": name[:1].upper() + name[1:]}
    if row.history_type == "-":
        return _("Row deleted")
    if (
        row.before is not None
        and "archived_at" in row.values
        and row.values["archived_at"] != row.before["archived_at"]
    ):
        return _("Archived") if row.values["archived_at"] else _("Taken back from the archive")
    return ""


def changes_of(row: Row, model: type[models.Model], fields: list[str]) -> list[Change]:
    """The fields that differ from the row before, but for the times that sentences tell; none for a first row."""
    if row.before is None:
        return []
    return [
        Change(label_of(model, name), value_of(model, name, row.before), value_of(model, name, row.values))
        for name in fields
        if name not in SYSTEM_TIMES and row.values[name] != row.before[name]
    ]


def value_of(model: type[models.Model], name: str, values: Mapping[str, Any]) -> Any:
    """A stored value as a person reads it: names for keys and choices, yes and no, amounts; "" where there is none."""
    value = values[name]
    if value in (None, ""):
        return ""
    described = model._meta.get_field(name.removesuffix("_id"))
    meaning = display_of(model).words.get(name)
    if isinstance(described, models.ForeignKey):
        named = values.get(f"{name}_name")
        return (meaning(named) if meaning and named else named) or _("a record you may not see")
    if meaning:
        return meaning(value)
    if described.choices:
        return str(dict(described.flatchoices).get(value, value))
    if isinstance(value, bool):
        return pgettext("answer", "Yes") if value else pgettext("answer", "No")
    if isinstance(value, Decimal):
        return f"{value:,.2f}".removesuffix(".00")
    return value


def channels() -> dict[str, str]:
    """Names of the channels other than the pages themselves."""
    return {
        "web": "",
        "api": _("API"),
        "import": _("Import"),
        "bulk": _("Bulk change"),
        "request": _("Request"),
        "behalf": _("On behalf"),
        "undo": _("Undo"),
        "command": _("Command line"),
        "sql": _("Raw SQL"),
    }


def system_reasons() -> dict[str, str]:
    """Names of the reasons that no person chose."""
    return {
        "undo": _("Taken back"),
        "import": _("Import"),
        "command": _("Command line"),
        "sql": _("Changed in the database, past Redate"),
        "unstated": _("No reason given"),
    }
