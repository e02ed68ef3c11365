"""What is said about a file, and what comes of reading it: Spec, Plan, Planned."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from audit.times import zone

from .errors import RowError

EXISTING = ("skip", "update", "refuse")


@dataclass(frozen=True)
class Spec:
    """What the person says about a file.

    `mapping` holds (heading, field), `constants` texts that every row gets, `values` field → text → value. `zone` is
    the zone of the file's clocks. `blank` says what a row without an entry time gets: "moment" (of the import),
    "refuse", or "" (not said). `no_customer` is "none" or "refuse". Rows where a column of `leave_out` holds that text
    are left out, and the lines of `left_out`. `source` names the system whose ids the file holds.

    `existing` says what becomes of rows whose record stands already, known by its number or by its id in `source`:
    "skip", "update" or "refuse". Of an update `clear` says that empty cells empty their fields; otherwise they leave
    them. `duplicates` "refuse" refuses rows that look like a record or a row before, "show" names them, "" looks not;
    `key` names the fields that tell duplicates, where they are not a customer's name, phone or e-mail.
    """

    record_type: str
    mapping: list[tuple[str, str]]
    zone: dt.tzinfo
    date_formats: dict[str, str] = field(default_factory=dict)  # heading, #position, or "" for all → format
    blank: str = ""
    no_customer: str = "refuse"
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    leave_out: dict[str, str] = field(default_factory=dict)
    left_out: tuple[int, ...] = ()
    decimal: str = "."
    double: str = ""
    source: str = "import"
    existing: str = "skip"
    clear: bool = False
    duplicates: str = "show"
    key: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.existing not in EXISTING:
            raise ValueError(f"existing is one of {EXISTING}, not {self.existing!r}")


def spec_of(record_type: str, said: Mapping[str, Any]) -> Spec:
    """The Spec that JSON says, as `said_of` gave it. Raises ValueError for a zone that is none."""
    known = {name: said[name] for name in Spec.__dataclass_fields__ if name in said and name != "record_type"}
    known["mapping"] = [(heading, name) for heading, name in known.get("mapping", [])]
    known["zone"] = zone(known["zone"])
    known |= {name: tuple(known.get(name, ())) for name in ("left_out", "key")}
    return Spec(record_type, **known)


def said_of(spec: Spec) -> dict[str, Any]:
    """A Spec as JSON, without its record type."""
    said = {name: getattr(spec, name) for name in Spec.__dataclass_fields__ if name != "record_type"}
    said["mapping"] = [list(pair) for pair in spec.mapping]
    said["zone"] = getattr(spec.zone, "key", "UTC")
    said |= {"left_out": list(spec.left_out), "key": list(spec.key)}
    return said


@dataclass(frozen=True, slots=True)
class Planned:
    """A row that can be stored; `entered_at` None counts as the moment of the import, or leaves the one that stands.

    `empty` are mapped fields whose cell is empty. `contact` are the fields of a contact of the customer.
    """

    line: int
    values: dict[str, Any]
    entered_at: dt.datetime | None
    external_id: str
    owner: str
    customer: str
    opportunity: str
    parent: str = ""
    number: str = ""
    version: int | None = None
    contact: dict[str, Any] | None = None
    empty: frozenset[str] = frozenset()


@dataclass
class Plan:
    """All of a file: rows to store, errors by line, the format per date column, and how many were left out or blank.

    `left_lines` are the lines left out by choice, `notes` those that are no rows of the table.
    """

    spec: Spec
    rows: list[Planned] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    formats: dict[str, str] = field(default_factory=dict)
    read: int = 0
    left_out: int = 0
    blank: int = 0
    no_customer: int = 0
    left_lines: list[int] = field(default_factory=list)
    notes: list[int] = field(default_factory=list)
