"""The heads kept outside the database: the one thing that somebody with the database and the key cannot rewrite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audit.heads import read_heads
from audit.models import Seal

from .look import Look
from .report import Found

_LABEL, _TABLE = Seal._meta.label_lower, Seal._meta.db_table


def check(look: Look) -> Iterator[Found]:
    """Every head in the file is that of our seal of the number, and the newest seal's head is in the file."""
    newest = look.newest.number if look.newest else 0
    if not look.heads:
        return
    path = Path(look.heads)
    try:
        heads = read_heads(path)
    except FileNotFoundError:
        if newest:
            yield _file("heads_missing", path)
        return
    except (OSError, ValueError) as error:
        yield _file("heads_unreadable", path, why=str(error))
        return
    known = {head["number"]: head for head in heads}
    yield from _differing(heads)
    if absent := [head for number, head in known.items() if number > newest]:
        yield _absent(path, look.newest, absent)
    elif newest and newest not in known:
        behind = newest - max(known, default=0)
        yield _file("heads_behind", path, missing=behind, seal=newest)


def _differing(heads: list[dict[str, Any]]) -> Iterator[Found]:
    """Heads that are not those of our seals."""
    for start in range(0, len(heads), 500):
        some = heads[start : start + 500]
        seals = {seal.number: seal for seal in Seal.objects.filter(number__in=[head["number"] for head in some])}
        for head in some:
            seal = seals.get(head["number"])
            if seal is not None and seal.head != head["head"]:
                facts = {"table": _TABLE, "row": seal.pk, "seal": seal.number, "head": head["head"][:16]}
                yield Found("head_differs", _LABEL, seal.pk, facts=facts, about=head["head"])


def _absent(path: Path, newest: Seal | None, absent: list[dict[str, Any]]) -> Found:
    rows = sum(head["count"] for head in absent if isinstance(head.get("count"), int))
    row, number = (newest.pk, newest.number) if newest else (None, 0)
    facts = {"table": _TABLE, "row": row, "seal": number, "rows": rows, "seals": len(absent), "file": str(path)}
    return Found("copy_restored", _LABEL, row, facts=facts)


def _file(code: str, path: Path, **facts: Any) -> Found:
    return Found(code, about=str(path), facts={"table": str(path), "file": str(path)} | facts)
