"""Rows of a file whose record stands already: known by its number, or by its id in the file's system."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from records.importing.plan import Plan, Planned
from records.services.matching import parts


def find_standing(plan: Plan, model: Any) -> dict[int, int]:
    """Line → id of the record, archived or not; rows of new records are left out. Asks no rights yet."""
    everything = model._default_manager.all()
    numbers = _ids(everything, "number", (row.number for row in plan.rows))
    given = (row.external_id for row in plan.rows if not row.number)
    externals = _ids(everything.filter(~Q(external_id=""), external_source=plan.spec.source), "external_id", given)
    found = {}
    for row in plan.rows:
        pk = numbers.get(row.number) if row.number else externals.get(row.external_id)
        if pk is not None:
            found[row.line] = pk
    return found


def _ids(standing: QuerySet, name: str, texts: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    asked = sorted(set(texts) - {""})
    if not (asked and standing.exists()):
        return found
    for some in parts(asked):
        found |= dict(standing.filter(**{f"{name}__in": some}).values_list(name, "pk"))
    return found


def pairs(rows: Iterable[Planned], standing: dict[int, int]) -> list[tuple[int, Planned]]:
    """(id, row) of the rows whose record stands, in the order of the ids."""
    return sorted(((standing[row.line], row) for row in rows if row.line in standing), key=lambda pair: pair[0])
