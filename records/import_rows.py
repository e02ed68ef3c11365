"""The faulty rows of an import, as its page shows them to be mended."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q

from records.import_pages import fields_of
from records.importing.table import Table
from records.models import Import, PeriodException


def key_of(draft: Import) -> str:
    """Changes with everything that is said about an import."""
    said = [draft.settings, draft.fixes, draft.left_out, draft.record_type]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Cell:
    """A cell of a faulty row that can be typed anew."""

    name: str
    label: str
    text: str
    error: str
    place: int


@dataclass(frozen=True)
class FaultyRow:
    """A row to fix: what it is called, its cells, and what is wrong with none of them."""

    line: int
    title: str
    cells: list[Cell]
    said: list[str]


def faulty_rows(draft: Import, table: Table, errors: list[Any], limit: int) -> tuple[list[str], list[FaultyRow]]:
    """The columns with errors, by label, and the first faulty rows with their cells."""
    places, shown, held = _places(draft, table), errors[:limit], dict(table.rows)
    labels = dict(fields_of(draft))
    wanted = sorted({places[name] for _line, found in shown for name, _said in found if name in places})
    title = places.get("name", places.get("summary", places.get("record", 0)))
    rows = []
    for line, found in shown:
        cells, by_place, rest = held.get(line), dict[int, list[str]](), []
        for name, said in found:
            if name in places and cells:
                by_place.setdefault(places[name], []).append(said)
            else:
                rest.append(f"{labels.get(name, name)}: {said}" if name else said)
        fields = [_cell(line, table, place, cells, by_place) for place in wanted] if cells else []
        rows.append(FaultyRow(line, cells[title] if cells else "", fields, rest))
    return [table.columns[place].label for place in wanted], rows


def _cell(line: int, table: Table, place: int, cells: list[str], by_place: dict[int, list[str]]) -> Cell:
    label = table.columns[place].label
    return Cell(f"r{line}-{place}", label, cells[place], " ".join(by_place.get(place, [])), place)


def _places(draft: Import, table: Table) -> dict[str, int]:
    """Names by which errors call columns → their place: fields, and labels."""
    places = {column.label: column.index for column in reversed(table.columns)}
    return places | {name: int(place) for place, name in draft.settings.get("columns", {}).items() if name}


def who_can_except() -> list[Any]:
    """People who can make an exception from a closed period, by name."""
    held = Q(groups__permissions__codename="reopen_periods", groups__permissions__content_type__app_label="records")
    people = get_user_model()._default_manager.filter(held, is_active=True).distinct()
    return list(people.order_by("display_name", "username")[:5])


def exceptions_of(found: list[list[int]]) -> list[tuple[str, dt.datetime, int]]:
    """Of [exception, rows] that a trial kept: why it is, until when, and how many rows it lets in."""
    rows = PeriodException.objects.in_bulk([pk for pk, _rows in found])
    return [(rows[pk].why, rows[pk].until, count) for pk, count in found if pk in rows]


def moment_of(text: str) -> dt.datetime | None:
    """A moment that a trial kept as text."""
    return dt.datetime.fromisoformat(text) if text else None
