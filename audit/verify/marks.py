"""What a found row holds, as a hash: so that what was explained is told from what was altered again."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from hashlib import sha256
from typing import Any

from django.apps import apps

from audit.canonical import RowFormat, canonical, fetch

from .look import histories, quoted
from .report import Found
from .standing import shared_columns

AT_ONCE = 500


def marked(findings: list[Found]) -> list[Found]:
    """The findings, those that name a row with its `hash` among their facts: "" where the row is gone."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for found in findings:
        if found.kind and found.row_id is not None:
            wanted[found.kind].add(found.row_id)
    hashes = {kind: _hashes(kind, sorted(ids)) for kind, ids in wanted.items()}
    return [_with(found, hashes.get(found.kind, {})) for found in findings]


def digest(facts: Any) -> str:
    """A hash of all that a finding says: equal where exactly the same was found."""
    return sha256(canonical(facts)).hexdigest()


def _with(found: Found, hashes: dict[int, str]) -> Found:
    if not found.kind or found.row_id is None:
        return found
    return replace(found, facts=found.facts | {"hash": hashes.get(found.row_id, "")})


def _hashes(kind: str, ids: list[int]) -> dict[int, str]:
    """By id the hash of each row of that model as it stands; of tracked rows what their history tells too."""
    try:
        model = apps.get_model(kind)
    except (LookupError, ValueError):
        return {}
    rows = RowFormat(model, shared_columns(model, histories()[model]) if model in histories() else None)
    table, key = quoted(model._meta.db_table), quoted(model._meta.pk.column)
    found: dict[int, str] = {}
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        marks = ", ".join(["%s"] * len(some))
        sql = f"SELECT {rows.selected()} FROM {table} t WHERE t.{key} IN ({marks})"
        found |= {row[0]: sha256(rows.bytes_of(row)).hexdigest() for row in fetch(sql, some)}
    return found
