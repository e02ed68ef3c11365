"""The table that Redate itself gives out and reads back: number, version, the fields of the type, the entry time.

The heading of the entry time names the zone of its clocks. A time that these clocks showed twice is written with its
distance from UTC, so that it comes back as the same moment.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from audit.formats import csv_pieces, unescaped, xlsx_pieces
from audit.times import format_time, iso, zone
from audit.zones import moments_of
from records.models import RECORDS

from .columns import importable
from .table import Table

NAMES = {"customer": "customer_name", "opportunity": "opportunity_name"}  # beside the number, for people to read
_APART = ("number", "version", "owner", "entered_at", "external_id")  # placed by hand, or told by the number
_TIME = re.compile(r"(.+?) ?[(（]([A-Za-z0-9_+/-]+)[)）]")
_EXACT = Decimal(10) ** 13  # of amounts below, Excel keeps every digit


@dataclass(frozen=True)
class Own:
    """A table of ours, recognised: its type, (heading, field) of what can be read back, the zone of its clocks."""

    record_type: str
    mapping: list[tuple[str, str]]
    zone: dt.tzinfo


def fields_of(record_type: str) -> list[str]:
    """The columns of a type, by name."""
    names = ["number", "version"]
    for name in importable(record_type):
        if name not in _APART and not name.startswith("contact_"):
            names += [name, NAMES[name]] if name in NAMES else [name]
    return [*names, "owner", "entered_at"]


def head(record_type: str, zone: dt.tzinfo) -> list[str]:
    """The headings of a type in the active language."""
    return [_label(record_type, name) + _of(name, zone) for name in fields_of(record_type)]


def row(record: Any, zone: dt.tzinfo, owners: Mapping[int, str], *, excel: bool = False) -> list[Any]:
    """The cells of a record, whose parents are loaded; `owners` says what people are called in a file."""
    return [_cell(record, name, zone, owners, excel) for name in fields_of(record._meta.model_name)]


def csv_file(record_type: str, records: Iterable[Any], zone: dt.tzinfo, owners: Mapping[int, str]) -> Iterator[bytes]:
    """A CSV file of the records, in pieces."""
    return csv_pieces(head(record_type, zone), (row(record, zone, owners) for record in records))


def xlsx_file(record_type: str, records: Iterable[Any], zone: dt.tzinfo, owners: Mapping[int, str]) -> Iterator[bytes]:
    """An Excel file of the records, in pieces; its times are the wall clock of `zone`, which Excel does not know."""
    rows = (row(record, zone, owners, excel=True) for record in records)
    title = capfirst(str(RECORDS[record_type]._meta.verbose_name_plural))
    return xlsx_pieces(head(record_type, zone), rows, title)


def recognise(headings: Sequence[str]) -> Own | None:
    """What a table of ours is, in whichever language it was written; None for any other table."""
    found = [own for language, _name in settings.LANGUAGES for own in _in_language(headings, language)]
    return max(found, key=lambda own: len(own.mapping), default=None)


def as_written(table: Table) -> Table:
    """The table without the apostrophes that our CSV has before what a spreadsheet would take for a formula."""
    if table.kind != "csv":
        return table
    rows = [(line, [unescaped(cell) for cell in cells]) for line, cells in table.rows]
    return dataclasses.replace(table, rows=rows)


def _in_language(headings: Sequence[str], language: str) -> Iterator[Own]:
    with override(language):
        for record_type in RECORDS:
            known = {_label(record_type, name): name for name in fields_of(record_type)}
            if own := _own(record_type, headings, known):
                yield own


def _own(record_type: str, headings: Sequence[str], known: Mapping[str, str]) -> Own | None:
    mapping, clocks = [], None
    for heading in headings:
        timed = _TIME.fullmatch(heading)
        if timed and known.get(timed[1]) == "entered_at":
            clocks = _zone(timed[2])
            mapping.append((heading, "entered_at"))
        elif (name := known.get(heading)) and name != "entered_at" and name not in NAMES.values():
            mapping.append((heading, name))
    names = {name for _heading, name in mapping}
    return Own(record_type, mapping, clocks) if clocks and {"number", "version", "entered_at"} <= names else None


def _zone(name: str) -> dt.tzinfo | None:
    try:
        return zone(name)
    except ValueError:
        return None


def _of(name: str, zone: dt.tzinfo) -> str:
    return f" ({getattr(zone, 'key', None) or 'UTC'})" if name == "entered_at" else ""


def _label(record_type: str, name: str) -> str:
    if name == "version":
        return _("Version")
    if name == "customer_name":
        return _("Name of the customer")
    if name == "opportunity_name":
        return _("Name of the opportunity")
    return str(capfirst(RECORDS[record_type]._meta.get_field(name).verbose_name))


def _cell(record: Any, name: str, zone: dt.tzinfo, owners: Mapping[int, str], excel: bool) -> Any:
    if name == "entered_at":
        return moment_cell(record.entered_at, zone) if excel else moment_text(record.entered_at, zone)
    if name == "owner":
        return owners.get(record.owner_id, "")
    if name in NAMES or name == "parent":
        parent = getattr(record, name)
        return parent.number if parent is not None else ""
    if name in NAMES.values():
        parent = getattr(record, name.removesuffix("_name"))
        return parent.name if parent is not None else ""
    return _value(record._meta.get_field(name), getattr(record, name), excel)


def _value(field: models.Field, value: Any, excel: bool) -> Any:
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return pgettext("answer", "Yes") if value else pgettext("answer", "No")
    if isinstance(value, Decimal) and not (excel and abs(value) < _EXACT):
        return str(value)
    return value


def moment_text(moment: dt.datetime, zone: dt.tzinfo) -> str:
    """A moment on the clocks of the zone; with its distance from UTC where they showed it twice."""
    wall = moment.astimezone(zone).replace(tzinfo=None)
    return format_time(moment, zone) if len(moments_of(wall, zone)) == 1 else iso(moment, zone)


def moment_cell(moment: dt.datetime, zone: dt.tzinfo) -> dt.datetime | str:
    """The wall clock for a cell of Excel; a text where that is not one moment."""
    wall = moment.astimezone(zone).replace(tzinfo=None)
    return wall if len(moments_of(wall, zone)) == 1 else iso(moment, zone)
