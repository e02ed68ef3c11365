"""Many small selects sent as one statement: each keeps its own order and limit, and so its own index."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from .sources import Ref, Source

Part = tuple[Source, QuerySet]
MOST = 200  # selects in one statement


def together(selects: list[Part]) -> Iterator[Ref]:
    """The rows of all selects, in no order."""
    compiled = list(_compiled(selects))
    for start in range(0, len(compiled), MOST):
        some = compiled[start : start + MOST]
        arms = (f"SELECT {number} AS place, r.* FROM ({sql}) r" for number, (_s, sql, _p) in enumerate(some))
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(arms), [value for _s, _sql, params in some for value in params])
            found = cursor.fetchall()
        for place, at, pk, earlier in found:
            yield Ref(_moment(at), some[place][0].slug, pk, earlier)


def _moment(at: Any) -> dt.datetime:
    """SQLite gives what it stores: UTC, without saying so."""
    at = dt.datetime.fromisoformat(at) if isinstance(at, str) else at
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)


def _compiled(selects: list[Part]) -> Iterator[tuple[Source, str, tuple[Any, ...]]]:
    for source, rows in selects:
        try:
            sql, params = rows.query.sql_with_params()
        except EmptyResultSet:
            continue
        yield source, sql, params


def counted(parts: list[Part], most: int) -> int:
    """How many rows the streams hold together, of each table no further than `most`; one query."""
    selects = [(source, rows.order_by().values(source.pk)[:most]) for source, rows in parts]
    by_source: dict[str, list[tuple[str, tuple[Any, ...]]]] = {}
    for source, sql, params in _compiled(selects):
        by_source.setdefault(source.slug, []).append((f"SELECT * FROM ({sql}) r", params))
    if not by_source:
        return 0
    tables = list(by_source.values())
    counts = (f"(SELECT COUNT(*) FROM ({' UNION '.join(sql for sql, _params in each)}) c)" for each in tables)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {' + '.join(counts)}", [v for each in tables for _sql, params in each for v in params])
        return cursor.fetchone()[0]
