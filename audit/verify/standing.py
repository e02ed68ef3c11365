"""What stands now against the history: each live row is its last history row, none lacks, none is too many."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db import models

from .look import Look, about, histories, quoted
from .report import Found

_SHOWN = (bool, int, dt.date, dt.datetime, Decimal)  # values a finding repeats; never texts, which may be personal


def check(look: Look) -> Iterator[Found]:
    """Every tracked table, in two queries each that give only rows that do not fit."""
    for model, history in histories().items():
        yield from _live_rows(look, model, history)
        yield from _lost_rows(look, model, history)


def shared_columns(model: type[models.Model], history: type[models.Model]) -> list[str]:
    """The columns that a tracked table and its history both have."""
    told = {field.column for field in history._meta.concrete_fields}
    return [field.column for field in model._meta.concrete_fields if field.column in told]


def _live_rows(look: Look, model: type[models.Model], history: type[models.Model]) -> Iterator[Found]:
    names = shared_columns(model, history)
    live, told = quoted(model._meta.db_table), quoted(history._meta.db_table)
    differ = " OR ".join(f"l.{quoted(n)} {look.differs} h.{quoted(n)}" for n in names)
    pairs = ", ".join(f"l.{quoted(n)}, h.{quoted(n)}" for n in names)
    sql = (
        f"SELECT l.id, h.history_id, h.history_type, {pairs} FROM {live} l LEFT JOIN {told} h "
        f"ON h.history_id = (SELECT max(history_id) FROM {told} n WHERE n.id = l.id) "
        f"WHERE h.history_id IS NULL OR h.history_type = '-' OR {differ}"
    )
    for pk, row_id, kind, *values in look.stream(sql):
        place = {"kind": model._meta.label_lower, "row_id": pk, **about(model, pk)}
        facts: dict[str, Any] = {"table": model._meta.db_table, "row": pk, "history": row_id}
        if row_id is None:
            yield Found("live_unknown", **place, facts=facts)
        elif kind == "-":
            yield Found("live_after_end", **place, facts=facts)
        else:
            yield Found("live_differs", **place, facts=facts | _differences(names, values))


def _differences(names: list[str], values: list[Any]) -> dict[str, Any]:
    pairs = dict(zip(names, zip(values[::2], values[1::2], strict=True), strict=True))
    differ = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    shown = {name: pair for name, pair in differ.items() if all(isinstance(v, _SHOWN) for v in pair)}
    return {"columns": list(differ), "values": {name: [str(v) for v in pair] for name, pair in shown.items()}}


def _lost_rows(look: Look, model: type[models.Model], history: type[models.Model]) -> Iterator[Found]:
    live, told = quoted(model._meta.db_table), quoted(history._meta.db_table)
    sql = (
        f"SELECT h.id, h.history_id FROM {told} h LEFT JOIN {live} l ON l.id = h.id "
        f"WHERE l.id IS NULL AND h.history_type <> '-' "
        f"AND NOT EXISTS (SELECT 1 FROM {told} n WHERE n.id = h.id AND n.history_id > h.history_id)"
    )
    for pk, row_id in look.stream(sql):
        facts = {"table": model._meta.db_table, "row": pk, "history": row_id}
        yield Found("live_missing", model._meta.label_lower, pk, **about(model, pk), facts=facts)
