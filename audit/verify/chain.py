"""The seals themselves: their numbers, their chain, their signatures, and the trees over their leaves."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django.db import connection

from audit import keys
from audit.models import Seal, SealLeaf
from audit.seals import head_of
from audit.tree import root_of

from .look import Look
from .report import Found

_LABEL, _TABLE = Seal._meta.label_lower, Seal._meta.db_table
_LEAVES = SealLeaf._meta.db_table


def check(look: Look) -> Iterator[Found]:
    """Every seal: the number after the last one's, chained to its head, its own head and its signature right."""
    before, unknown_keys = None, set()
    for seal in _seals(look).iterator(chunk_size=200):
        yield from _judge(seal, before)
        fits = keys.fits(seal.head, seal.mac, seal.key_name) if _is_hex(seal.head) else False
        if fits is False:
            yield _found("mac_wrong", seal)
        elif fits is None and seal.key_name not in unknown_keys:
            unknown_keys.add(seal.key_name)
            yield _found("key_missing", seal, key=seal.key_name)
        before = seal


def _seals(look: Look) -> Any:
    newest = look.newest
    return Seal.objects.filter(number__lte=newest.number).order_by("number") if newest else Seal.objects.none()


def _judge(seal: Seal, before: Seal | None) -> Iterator[Found]:
    number, head = (before.number, before.head) if before else (0, "")
    if seal.number != number + 1:
        missing = seal.number - number - 1
        yield _found("seals_missing", seal, missing=missing, first=number + 1)
    elif seal.previous != head:
        yield _found("chain_broken", seal)
    if head_of(seal) != seal.head:
        yield _found("seal_altered", seal)


def _is_hex(text: str) -> bool:
    try:
        return len(bytes.fromhex(text)) == 32
    except ValueError:
        return False


def _found(code: str, seal: Seal, **facts: Any) -> Found:
    return Found(code, _LABEL, seal.pk, facts={"table": _TABLE, "row": seal.pk, "seal": seal.number} | facts)


def trees(look: Look) -> Iterator[Found]:
    """The leaves of every seal, in their places, give its root."""
    seals = {seal.number: seal for seal in _seals(look).filter(number__gte=look.since).defer("columns")}
    if seals:
        sql = f"SELECT seal, position, leaf FROM {_LEAVES} WHERE seal BETWEEN %s AND %s ORDER BY seal, position"
        leaves = look.stream(sql, [min(seals), max(seals)])
        for number, rows in groupby(leaves, key=lambda row: row[0]):
            yield from _tree(seals.pop(number, None), number, list(rows))
    for seal in seals.values():
        yield _found("leaves_differ", seal, held=0, said=seal.count)
    yield from _beyond(look)


def _tree(seal: Seal | None, number: int, rows: list[tuple[Any, ...]]) -> Iterator[Found]:
    if seal is None:
        facts = {"table": _LEAVES, "seal": number, "rows": len(rows)}
        yield Found("leaves_without_seal", SealLeaf._meta.label_lower, about=str(number), facts=facts)
        return
    if len(rows) != seal.count or [row[1] for row in rows] != list(range(len(rows))):
        yield _found("leaves_differ", seal, held=len(rows), said=seal.count)
    elif root_of([bytes(row[2]) for row in rows]).hex() != seal.root:
        yield _found("root_differs", seal)


def _beyond(look: Look) -> Iterator[Found]:
    """Leaves of seals that are newer than the newest."""
    newest = look.newest.number if look.newest else 0
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*), min(seal) FROM {_LEAVES} WHERE seal > %s", [newest])
        rows, number = cursor.fetchone()
    if rows:
        facts = {"table": _LEAVES, "seal": number, "rows": rows}
        yield Found("leaves_without_seal", SealLeaf._meta.label_lower, about=str(number), facts=facts)
