"""Proofs that a row is in a seal: its place in the tree, and the hashes beside its way up to the root."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .models import Seal, SealLeaf
from .tree import path_to, proves


@dataclass(frozen=True)
class Proof:
    """`leaf` leads by `path` from `position` among `count` to `root`, which the seal's `head` holds; hexadecimal."""

    kind: str
    row_id: int
    seal: int
    position: int
    count: int
    leaf: str
    path: tuple[str, ...]
    root: str
    head: str

    def as_json(self) -> dict[str, Any]:
        """The proof as JSON values."""
        return {**vars(self), "path": list(self.path)}

    @property
    def holds(self) -> bool:
        """Whether the stored leaf leads to the stored root."""
        path = [bytes.fromhex(node) for node in self.path]
        return proves(bytes.fromhex(self.leaf), self.position, self.count, path, bytes.fromhex(self.root))


def proof_of(kind: str, row_id: int) -> Proof | None:
    """The proof of one row, in three queries; None where no seal holds it yet."""
    return next(proofs_of([(kind, row_id)]), None)


def proofs_of(rows: Iterable[tuple[str, int]]) -> Iterator[Proof]:
    """Proofs of those rows that are sealed, by seal and place: a query per kind of row, two per seal."""
    by_kind: dict[str, list[int]] = {}
    for kind, row_id in rows:
        by_kind.setdefault(kind, []).append(row_id)
    found: dict[int, list[SealLeaf]] = {}
    for kind, ids in by_kind.items():
        for leaf in SealLeaf.objects.filter(kind=kind, row_id__in=ids):
            found.setdefault(leaf.seal, []).append(leaf)
    for number in sorted(found):
        yield from _of_seal(number, found[number])


def _of_seal(number: int, wanted: list[SealLeaf]) -> Iterator[Proof]:
    seal = Seal.objects.get(number=number)
    stored = SealLeaf.objects.filter(seal=number).order_by("position").values_list("leaf", flat=True)
    leaves = [bytes(leaf) for leaf in stored]
    for each in sorted(wanted, key=lambda leaf: leaf.position):
        path = tuple(node.hex() for node in _path(each.position, leaves))
        told = bytes(each.leaf).hex()
        yield Proof(each.kind, each.row_id, number, each.position, len(leaves), told, path, seal.root, seal.head)


def _path(position: int, leaves: list[bytes]) -> list[bytes]:
    """None of the tree where leaves were taken away: then nothing is proven, and `holds` says so."""
    return path_to(position, leaves) if position < len(leaves) else []
