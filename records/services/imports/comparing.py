"""A row beside the record it is of: which fields differ."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from records.importing.cells import plain
from records.importing.errors import RowError
from records.importing.plan import Planned, Spec
from records.services.matching import Ambiguous, People, Several

APART = ("importance",)  # decide rights: they have their own service


@dataclass
class Compared:
    """What of a row differs: `values` by attname, and the entry time; `errors` where it may not differ here."""

    line: int
    values: dict[str, Any] = field(default_factory=dict)
    entered_at: dt.datetime | None = None
    part_of: Any = None  # the customer that `parent_id` among the values is of
    errors: list[RowError] = field(default_factory=list)


def compare(record: Any, row: Planned, spec: Spec, people: People, parents: dict[str, dict[str, Any]]) -> Compared:
    """What the row says differently from the record. Empty cells say nothing, unless `spec.clear`.

    `parents` are, by column, records by the texts of the file. Owner, importance and what the record hangs on may not
    differ: they decide rights.
    """
    found = Compared(row.line)
    for name, value in row.values.items():
        if not same(getattr(record, name), value):
            _differs(found, record, name, value)
    for name in row.empty if spec.clear else ():
        field_ = record._meta.get_field(name) if not name.startswith("contact_") else None
        if field_ is not None and getattr(record, name) not in (None, ""):
            _clear(found, record, field_)
    if row.entered_at is not None and row.entered_at != record.entered_at:
        found.entered_at = row.entered_at
    _owner(found, record, row, people)
    for name in ("customer", "opportunity"):
        if hasattr(record, f"{name}_id") and (text := getattr(row, name)):
            _hangs(found, record, name, text, parents[name])
    if hasattr(record, "parent_id") and row.parent:
        _belongs(found, record, row.parent, parents["parent"])
    return found


def same(held: Any, given: Any) -> bool:
    """Whether two values are the same to a file: texts without the spaces around them, line ends of any kind."""
    return held == given or (isinstance(held, str) and isinstance(given, str) and _read(held) == _read(given))


def _read(text: str) -> str:
    """A text as it comes back from a file."""
    text = plain(ILLEGAL_CHARACTERS_RE.sub("\ufffd", text))
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _differs(found: Compared, record: Any, name: str, value: Any) -> None:
    if name in APART:
        _own_page(found, record, name, str(value))
    else:
        found.values[name] = value


def _own_page(found: Compared, record: Any, column: str, text: str) -> None:
    found.errors.append(RowError(found.line, "own_page", column, {"value": text[:80], "number": record.number}))


def _clear(found: Compared, record: Any, field_: Any) -> None:
    empty = None if field_.null else ""
    if field_.blank and not field_.choices and field_.name not in APART:
        found.values[field_.name] = empty
    elif field_.blank or field_.has_default():
        value = field_.get_default() if field_.has_default() else empty
        if value != getattr(record, field_.name):
            _differs(found, record, field_.name, value)
    else:
        found.errors.append(RowError(found.line, "needed", field_.name))


def _owner(found: Compared, record: Any, row: Planned, people: People) -> None:
    if not row.owner:
        return
    owner = people.known.get(row.owner.casefold())
    if owner is Ambiguous or owner is None:
        if people.texts.get(record.owner_id) != row.owner:
            code = "two_owners" if owner is Ambiguous else "no_owner"
            found.errors.append(RowError(row.line, code, "owner", {"value": row.owner}))
    elif owner.pk != record.owner_id:
        _own_page(found, record, "owner", row.owner)


def _hangs(found: Compared, record: Any, name: str, text: str, parents: dict[str, Any]) -> None:
    standing = getattr(record, name)
    if standing is not None and text in (standing.number, standing.external_id, standing.name):
        return
    parent = parents.get(text)
    if parent is None or parent is Several or parent.pk != getattr(record, f"{name}_id"):
        _own_page(found, record, name, text)


def _belongs(found: Compared, record: Any, text: str, parents: dict[str, Any]) -> None:
    standing = record.parent
    if standing is not None and text in (standing.number, standing.external_id, standing.name):
        return
    parent = parents.get(text)
    if parent is None or parent is Several:
        code = "no_parent" if parent is None else "two_parents"
        found.errors.append(RowError(found.line, code, "parent", {"value": text[:80]}))
    elif parent.pk == record.pk:
        found.errors.append(RowError(found.line, "circle", "parent", {"value": text[:80]}))
    elif parent.pk != record.parent_id:
        found.values["parent_id"], found.part_of = parent.pk, parent
