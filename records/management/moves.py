"""Which moves a command asks for: those a file names, or a filter of a list finds."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.http import QueryDict

from audit.times import NotATime, parse
from records.filters import ListFilter
from records.lists import LISTS
from records.models import RECORDS
from records.moving import NoTime, Spec, after_of, with_dates
from records.services.entry_time.many import ManyMove
from records.services.numbers import LETTERS

TYPES = {letter: name for name, letter in LETTERS.items()}
MOST = 200_000  # rows of one command


@dataclass
class Wanted:
    """The moves, and for the lines or records that get none the sentence that says why."""

    model: Any
    moves: list[ManyMove] = field(default_factory=list)
    without: list[tuple[str, str]] = field(default_factory=list)


def from_file(file: Path, record_type: str, zone: dt.tzinfo) -> Wanted:
    """Moves from a CSV of number, new time, reason and note (both may be left out), with or without a heading."""
    lines = _lines(file)
    kind = record_type or TYPES.get(lines[0][1][0][:1].upper(), "") if lines else record_type
    if kind not in RECORDS:
        raise CommandError(f"{file.name} names no record in its first column. Numbers look like C-2026-0001.")
    wanted, seen = Wanted(RECORDS[kind]), set()
    known = _versions(wanted.model, [cells[0].strip().upper() for _line, cells in lines])
    for line, cells in lines:
        number, text, reason, note = (cell.strip() for cell in [*cells, "", "", ""][:4])
        number = number.upper()
        at, said = _read(text, zone)
        if number not in known:
            said = f"There is no {wanted.model._meta.verbose_name} {number}."
        elif number in seen:
            said = "This record stands in the file twice."
        seen.add(number)
        if said or at is None:
            wanted.without.append((f"line {line}: {number}", said))
            continue
        own = {"reason": reason or None, "note": note or None, "typed": text, "typed_zone": str(zone)}
        wanted.moves.append(ManyMove(*known[number], at, **own))
    return wanted


def from_filter(record_type: str, query: str, spec: Spec, by: Any, zone: dt.tzinfo, typed: str) -> Wanted:
    """Moves of all records of a list that the person sees and the filter (the list's address) lets through."""
    listing, wanted = LISTS[record_type], Wanted(RECORDS[record_type])
    asked = ListFilter(QueryDict(query.lstrip("?")), listing.model, listing.filters, zone)
    unknown = sorted(set(asked.data) - set(asked.fields))
    if unknown or not asked.is_valid():
        said = [f"There is no filter {name}." for name in unknown] or [
            f"{name}: {' '.join(errors)}" for name, errors in asked.errors.items()
        ]
        raise CommandError(" ".join(said))
    rows = with_dates(asked.apply(listing.model.objects.visible_to(by), by), spec, by).defer("search_text")
    for record in rows.order_by("pk")[: MOST + 1].iterator():
        try:
            after = after_of(spec, record, zone)
        except NoTime as no:
            wanted.without.append((record.number, no.message))
        else:
            own = {"typed": typed, "typed_zone": str(zone) if typed else ""}
            wanted.moves.append(ManyMove(record.pk, record.version, after, **own))
    if len(wanted.moves) + len(wanted.without) > MOST:
        raise CommandError(f"The filter finds more than {MOST:,} records. Narrow it.")
    return wanted


def _lines(file: Path) -> list[tuple[int, list[str]]]:
    """The lines of the file that hold anything, with their numbers; without the heading."""
    if not file.is_file():
        raise CommandError(f"There is no file {file}.")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(f"{file.name} is not UTF-8.") from error
    rows = enumerate(csv.reader(io.StringIO(text)), start=1)
    found = [(line, cells) for line, cells in rows if any(cell.strip() for cell in cells)]
    if len(found) > MOST:
        raise CommandError(f"{file.name} has more than {MOST:,} lines.")
    return found[1:] if found and "-" not in found[0][1][0] else found


def _versions(model: Any, numbers: list[str]) -> dict[str, tuple[int, int]]:
    """By number the id and version of a record as it stands now."""
    found: dict[str, tuple[int, int]] = {}
    for start in range(0, len(numbers), 2_000):
        rows = model.objects.filter(number__in=numbers[start : start + 2_000])
        found |= {number: (pk, version) for number, pk, version in rows.values_list("number", "pk", "version")}
    return found


def _read(text: str, zone: dt.tzinfo) -> tuple[dt.datetime | None, str]:
    try:
        return parse(text, zone), ""
    except NotATime as no:
        return None, no.message
