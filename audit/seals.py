"""Sealing: rows that no seal holds become leaves of a tree, its root chained to the seal before it and signed.

Which rows are sealed is membership (a SealLeaf), never "all ids up to": on PostgreSQL a transaction that commits late
brings smaller ids than those already sealed. Usually only ids above a mark are looked at, the highest sealed two hours
ago; the first time in a day it is all of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction

from . import heads, keys
from .canonical import RowFormat, canonical, kind_of
from .kept import sealed_models
from .models import Seal, SealLeaf
from .tree import leaf_of, root_of

Clock = Callable[[], dt.datetime]
MOST = 20_000  # rows of one seal: a proof reads all its leaves, and SQLite has one writer at a time
LOCK = 72_017  # the advisory lock of sealers, beside that of the rules (records/services/locks.py)
LATE = dt.timedelta(hours=2)  # a transaction open for longer is caught by the first seal of the next day
_LEAVES = SealLeaf._meta.db_table


@dataclass(frozen=True)
class Leaf:
    """A row to be sealed."""

    kind: str
    row_id: int
    hash: bytes


def seal(clock: Clock, *, whole: bool | None = None) -> Seal | None:
    """Seal every row that no seal holds; gives the last seal made, or None. Raises NoKey."""
    made = seal_all(clock, whole=whole)
    return made[-1] if made else None


def seal_all(clock: Clock, *, whole: bool | None = None) -> list[Seal]:
    """Seal every row that no seal holds, in as many seals as it takes; gives those. Heads go out afterwards.

    `whole`: look at all rows, not only above the mark; by default the first time in a day. Raises NoKey. Two at once
    make one chain: the second waits for the first.
    """
    key = keys.current()
    made: list[Seal] = []
    while each := _seal_once(clock, key, whole):
        made.append(each)
        if each.count < MOST:
            break
    heads.send_out(made)
    return made


def seal_if_due(clock: Clock) -> Seal | None:
    """Seal when SEAL_EVERY minutes went by since the last seal and rows are waiting. For the worker's loop."""
    if not keys.usable(settings.SEAL_KEY) or next_due(clock) > clock() or not waiting(1):
        return None
    return seal(clock)


def last_seal() -> Seal | None:
    """The newest seal."""
    return Seal.objects.order_by("-number").first()


def next_due(clock: Clock) -> dt.datetime:
    """When the next seal is due: now, where it is overdue or the first."""
    now, last = clock(), last_seal()
    return max(now, last.at + dt.timedelta(minutes=settings.SEAL_EVERY)) if last else now


def waiting(limit: int = 1000) -> int:
    """How many rows are newer than the newest sealed of their table, counted no further than `limit`; one query."""
    parts, params = [], []
    for model in sealed_models():
        table, key = model._meta.db_table, model._meta.pk.column
        newest = f"coalesce((SELECT max(row_id) FROM {_LEAVES} WHERE kind = %s), 0)"
        part = f"SELECT {key} FROM {table} WHERE {key} > {newest} ORDER BY {key} LIMIT %s"
        parts.append(f"SELECT count(*) AS n FROM ({part}) AS w")
        params += [kind_of(model), limit]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT sum(n) FROM ({' UNION ALL '.join(parts)}) AS all_kinds", params)
        return min(int(cursor.fetchone()[0]), limit)


def head_of(seal: Seal) -> str:
    """The head of a seal: what it says, and through `previous` what all before it said, as one hash."""
    facts = {
        "number": seal.number,
        "previous": seal.previous,
        "root": seal.root,
        "count": seal.count,
        "at": moment(seal.at),
        "columns": seal.columns,
    }
    return sha256(canonical(facts)).hexdigest()


def moment(at: dt.datetime) -> str:
    """A moment as in canonical rows."""
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


# ---- one seal ----


def _seal_once(clock: Clock, key: str, whole: bool | None) -> Seal | None:
    with transaction.atomic(durable=True):
        _lock()
        at, last = clock(), last_seal()
        if whole is None:
            whole = last is None or last.at.date() != at.date()
        leaves, columns = _collect(None if whole else _marked(at))
        if not leaves:
            return None
        made = _make(at, last, leaves, columns, key)
        _store(made.number, leaves)
        made.save(force_insert=True)
    return made


def _lock() -> None:
    """One sealer at a time, to the end of the transaction; on SQLite the IMMEDIATE transaction is the lock."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _marked(at: dt.datetime) -> int | None:
    """The number of the newest seal so old that no open transaction is expected to hold smaller ids."""
    return Seal.objects.filter(at__lte=at - LATE).order_by("-number").values_list("number", flat=True).first()


def _collect(mark: int | None) -> tuple[list[Leaf], dict[str, list[str]]]:
    """Up to MOST unsealed rows, by kind and id, and the columns of each kind among them."""
    leaves: list[Leaf] = []
    columns: dict[str, list[str]] = {}
    for model in sealed_models():
        before, row_format = len(leaves), RowFormat(model)
        leaves += _unsealed(row_format, mark, MOST - before)
        if len(leaves) > before:
            columns[row_format.kind] = row_format.columns
        if len(leaves) >= MOST:
            break
    return leaves, columns


def _unsealed(row_format: RowFormat, mark: int | None, limit: int) -> Iterator[Leaf]:
    kind, key = row_format.kind, row_format.model._meta.pk.column
    free = f"NOT EXISTS (SELECT 1 FROM {_LEAVES} l WHERE l.kind = %s AND l.row_id = t.{key})"
    params: list[Any] = [kind]
    if mark is not None:
        newest = SealLeaf.objects.filter(kind=kind, seal__lte=mark).aggregate(models.Max("row_id"))["row_id__max"]
        free += f" AND t.{key} > %s"
        params.append(newest or 0)
    for row_id, data in row_format.rows(free, params, limit=limit):
        yield Leaf(kind, row_id, leaf_of(data))


def _make(at: dt.datetime, last: Seal | None, leaves: list[Leaf], columns: dict[str, list[str]], key: str) -> Seal:
    made = Seal(
        number=last.number + 1 if last else 1,
        at=at,
        previous=last.head if last else "",
        root=root_of([leaf.hash for leaf in leaves]).hex(),
        count=len(leaves),
        columns=columns,
        key_name=keys.name_of(key),
    )
    made.head = head_of(made)
    made.mac = keys.mac_of(key, made.head)
    return made


def _store(number: int, leaves: list[Leaf]) -> None:
    names = "seal, position, kind, row_id, leaf"
    rows = [(number, place, leaf.kind, leaf.row_id, leaf.hash) for place, leaf in enumerate(leaves)]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {_LEAVES} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            cursor.executemany(f"INSERT INTO {_LEAVES} ({names}) VALUES (%s, %s, %s, %s, %s)", rows)
