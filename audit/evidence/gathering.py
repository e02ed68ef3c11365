"""What goes into an evidence pack: the rows about one record in canonical form, their proofs, the chain of seals."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps

from audit.browse.sources import Ref, sources
from audit.browse.streams import concerning
from audit.canonical import RowFormat, kind_of
from audit.models import Review, Seal
from audit.proofs import Proof, proofs_of
from audit.seals import moment

STEP = 500  # ids in one query


@dataclass(frozen=True)
class Gathered:
    """`refs` are the rows of the trail to be read, newest first; `reviews` of them; `proofs` by (kind, id)."""

    refs: list[Ref]
    reviews: list[Review]
    rows: list[dict[str, Any]]
    proofs: dict[tuple[str, int], Proof]
    seals: list[Seal]


def gather(record: Any, viewer: Any) -> Gathered:
    """All rows about the record that the viewer may see, but for personal details, which stay out of packs."""
    refs = refs_about(record, viewer)
    reviews = list(Review.objects.filter(kind=history_of(record), history_id__in=_own_ids(record)).order_by("id"))
    wanted = [(sources()[ref.slug].label, ref.pk) for ref in refs] + [(kind_of(Review), each.pk) for each in reviews]
    proofs = {(proof.kind, proof.row_id): proof for proof in proofs_of(wanted)}
    seals = chain({proof.seal for proof in proofs.values()})
    return Gathered(refs, reviews, canonical_rows(wanted, proofs, {seal.number: seal for seal in seals}), proofs, seals)


def refs_about(record: Any, viewer: Any) -> list[Ref]:
    """The rows of the trail about the record, newest first: its history, events, who was let in, requests."""
    found: list[Ref] = []
    for source in sources().values():
        if source.of is not None and source.display.personal:
            continue
        rows = concerning(source, source.visible_to(viewer), type(record), [record.pk])
        if rows is not None:
            found += source.refs(rows, rows.count())
    return sorted(found, key=lambda ref: ref.key, reverse=True)


def history_of(record: Any) -> str:
    """The kind of the record's own history rows."""
    return kind_of(record.history.model)


def _own_ids(record: Any) -> Any:
    return record.history.model.objects.filter(id=record.pk).order_by().values("history_id")


def chain(needed: set[int]) -> list[Seal]:
    """The seals from the oldest needed to the newest; the newest alone where none is needed."""
    if needed:
        return list(Seal.objects.filter(number__gte=min(needed)).order_by("number"))
    return list(Seal.objects.order_by("-number")[:1])


def canonical_rows(
    wanted: list[tuple[str, int]], proofs: dict[tuple[str, int], Proof], seals: dict[int, Seal]
) -> list[dict[str, Any]]:
    """The rows as they are hashed, in the order of `wanted`: each with the columns that its seal lists."""
    groups: dict[tuple[str, tuple[str, ...] | None], list[int]] = defaultdict(list)
    for kind, row_id in wanted:
        proof = proofs.get((kind, row_id))
        columns = tuple(seals[proof.seal].columns[kind]) if proof else None
        groups[kind, columns].append(row_id)
    values: dict[tuple[str, int], Any] = {}
    for (kind, columns), ids in groups.items():
        values |= {(kind, pk): json.loads(data)[1] for pk, data in _read(kind, columns, ids)}
    return [
        {"kind": kind, "id": row_id, "seal": _seal(proofs, kind, row_id), "row": values[kind, row_id]}
        for kind, row_id in wanted
    ]


def _seal(proofs: dict[tuple[str, int], Proof], kind: str, row_id: int) -> int | None:
    proof = proofs.get((kind, row_id))
    return proof.seal if proof else None


def _read(kind: str, columns: tuple[str, ...] | None, ids: list[int]) -> Iterator[tuple[int, bytes]]:
    model = apps.get_model(kind)
    row_format = RowFormat(model, columns)
    for start in range(0, len(ids), STEP):
        some = ids[start : start + STEP]
        marks = ", ".join(["%s"] * len(some))
        yield from row_format.rows(f"t.{model._meta.pk.column} IN ({marks})", some, limit=len(some))


# ---- as JSON ----


def heads_json(seals: list[Seal]) -> dict[str, Any]:
    """What each head is made of. Lists of columns stand there once: "columns" of a seal are places in that list."""
    lists: list[list[str]] = []
    told, said = [], ("number", "previous", "root", "count", "head", "mac", "key_name")
    for seal in seals:
        places = {}
        for kind, columns in seal.columns.items():
            if columns not in lists:
                lists.append(columns)
            places[kind] = lists.index(columns)
        facts = {name: getattr(seal, name) for name in said}
        told.append(facts | {"at": moment(seal.at), "columns": places})
    return {"columns": lists, "seals": told}
