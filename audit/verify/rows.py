"""Every sealed row hashed again, against the leaf that its seal holds; and rows that no seal could have missed."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, models

from audit import seals
from audit.canonical import RowFormat, UnknownColumns, fetch, kind_of
from audit.kept import sealed_models
from audit.models import Seal, SealLeaf
from audit.seals import LATE
from audit.tree import leaf_of

from .look import Look, about, originals, quoted
from .report import Found

AT_ONCE = 5_000
_LOWEST = -(2**62)  # below every id, also of rows that somebody gave negative ones
_LEAVES = SealLeaf._meta.db_table


def check(look: Look) -> Iterator[Found]:
    """All sealed tables, one after the other."""
    if look.newest is None:
        return
    runs, limits = _runs(look)
    for model in sealed_models():
        table = _Table(look, model, limits)
        for first, last, columns in runs.get(kind_of(model), ()):
            yield from table.hashed(first, last, columns)
    yield from _unknown_kinds()


def late(look: Look) -> Iterator[Found]:
    """Rows without a leaf, older than a seal that held all there was: it would have held them, had they been there."""
    held_all = Seal.objects.filter(count__lt=seals.MOST).order_by("-number").first()
    if held_all is None:
        return
    before = _as_stored(held_all.at - LATE)
    for model in sealed_models():
        table, key = quoted(model._meta.db_table), quoted(model._meta.pk.column)
        sql = (
            f"SELECT t.{key}, {_record_column(model)}, CAST({_moment_column(model)} AS text) FROM {table} t "
            f"WHERE NOT EXISTS (SELECT 1 FROM {_LEAVES} l WHERE l.kind = %s AND l.row_id = t.{key}) "
            f"AND {_moment_column(model)} < %s"
        )
        place = _Table(look, model, {})
        for row_id, record, at in look.stream(sql, [kind_of(model), before]):
            yield place.found("row_late", row_id, record, at=at, seal=held_all.number)


def _runs(look: Look) -> tuple[dict[str, list[tuple[int, int, list[str]]]], dict[int, str]]:
    """Per kind the seals that hold its rows, as (first, last, columns), anew where columns differ; and the limits.

    The limit of a seal: its rows were written after the seal before it, or a while before that, where that seal held
    all that there was.
    """
    runs: dict[str, list[tuple[int, int, list[str]]]] = defaultdict(list)
    limits: dict[int, str] = {}
    before = None
    rows = Seal.objects.filter(number__lte=look.newest.number).order_by("number")
    for number, at, count, held in rows.values_list("number", "at", "count", "columns").iterator(chunk_size=200):
        if before is not None:
            limits[number] = _as_selected(before - LATE)
        if count < seals.MOST:  # a full one left rows waiting
            before = at
        for kind, columns in held.items() if number >= look.since else ():
            known = runs[kind]
            if known and known[-1][2] == columns:
                known[-1] = (known[-1][0], number, known[-1][2])
            else:
                known.append((number, number, columns))
    return runs, limits


@dataclass
class _Table:
    """One sealed table. `limits` maps a seal's number to the moment before which its rows should not lie."""

    look: Look
    model: type[models.Model]
    limits: dict[int, str]

    def hashed(self, first: int, last: int, columns: list[str]) -> Iterator[Found]:
        """What the leaves of the seals from `first` to `last` say of the rows."""
        try:
            rows = RowFormat(self.model, columns)
        except UnknownColumns as gone:
            facts = {"table": self.model._meta.db_table, "columns": gone.names, "seal": first, "last": last}
            yield Found("columns_gone", kind_of(self.model), about=f"{first}", facts=facts)
            return
        moment, brought = (_place(rows, name) for name in (_moment_name(self.model), "brought_in_at"))
        for seal, leaf, row_id, row in self._pages(rows, first, last):
            if row[0] is None:
                if not self.look.purges.holds(rows.kind, row_id):
                    yield self.found("row_deleted", row_id, None, seal=seal)
            elif leaf_of(rows.bytes_of(row)) != leaf:
                yield self.found("row_altered", row_id, self._record(rows, row), seal=seal)
            else:
                at = (brought and row[brought]) or row[moment]
                if str(at) < self.limits.get(seal, ""):
                    yield self.found("row_late", row_id, self._record(rows, row), at=str(at), seal=seal - 1)

    def _pages(self, rows: RowFormat, first: int, last: int) -> Iterator[tuple[int, bytes, int, tuple[Any, ...]]]:
        """(seal, leaf, id of the row, its columns) of the leaves of these seals, by id.

        PostgreSQL streams one query, a merge of two indexes. SQLite is read in pages, as bytes that are no text have
        to be read another way, and its joins begin anywhere.
        """
        table, key = quoted(self.model._meta.db_table), quoted(self.model._meta.pk.column)
        sql = (
            f"SELECT l.seal, l.leaf, l.row_id, {rows.selected()} FROM {_LEAVES} l LEFT JOIN {table} t "
            f"ON t.{key} = l.row_id WHERE l.kind = %s AND l.seal BETWEEN %s AND %s AND l.row_id > %s ORDER BY l.row_id"
        )
        if self.look.vendor == "postgresql":
            pages = self.look.pages(sql, [rows.kind, first, last, _LOWEST])
        else:
            pages = _steps(f"{sql} LIMIT {AT_ONCE}", [rows.kind, first, last])
        for page in pages:
            for seal, leaf, row_id, *row in page:
                yield seal, bytes(leaf), row_id, tuple(row)
            self.look.counted(len(page))

    def _record(self, rows: RowFormat, row: tuple[Any, ...]) -> Any:
        return row[1 + rows.columns.index("id")] if self.model in originals() else None

    def found(self, code: str, row_id: int, record: Any, **facts: Any) -> Found:
        """A finding about a row of this table."""
        facts = {"table": self.model._meta.db_table, "row": row_id} | facts
        model = originals().get(self.model)
        place = about(model, record) if model is not None and isinstance(record, int) else {}
        return Found(code, kind_of(self.model), row_id, **place, facts=facts)


def _steps(sql: str, params: list[Any]) -> Iterator[list[Any]]:
    """The pages of a query whose last parameter is the id to go on after, and whose third column is the id."""
    after = _LOWEST
    while page := fetch(sql, [*params, after]):
        yield page
        after = page[-1][2]


def _moment_name(model: type[models.Model]) -> str:
    return "history_date" if model in originals() else "at"


def _moment_column(model: type[models.Model]) -> str:
    return "COALESCE(t.brought_in_at, t.history_date)" if model in originals() else "t.at"


def _record_column(model: type[models.Model]) -> str:
    return "t.id" if model in originals() else "NULL"


def _place(rows: RowFormat, name: str) -> int:
    return 1 + rows.columns.index(name) if name in rows.columns else 0


def _as_selected(at: dt.datetime) -> str:
    """A moment as `RowFormat.selected` gives it."""
    between = "T" if connection.vendor == "postgresql" else " "
    return at.astimezone(dt.UTC).strftime(f"%Y-%m-%d{between}%H:%M:%S.%f")


def _as_stored(at: dt.datetime) -> Any:
    return at if connection.vendor == "postgresql" else _as_selected(at)


def _unknown_kinds() -> Iterator[Found]:
    known = {kind_of(model) for model in sealed_models()}
    for kind in SealLeaf.objects.order_by().values_list("kind", flat=True).distinct():
        if kind not in known:
            yield Found("kind_unknown", kind, about=kind, facts={"table": kind})
