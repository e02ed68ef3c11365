"""What the tests of seals share: rows to seal, and the whole chain looked at by hand."""

from __future__ import annotations

import hashlib
import hmac
import json
from itertools import pairwise
from typing import Any

from django.conf import settings

from audit.canonical import RowFormat
from audit.kept import sealed_models
from audit.models import Event, Seal, SealLeaf
from tests.cast import NOW


def event(**values: Any) -> Event:
    """One row to be sealed."""
    return Event.objects.create(**{"at": NOW, "kind": "export", "channel": "web"} | values)


def sealed_rows() -> list[tuple[str, int]]:
    """(kind, id) of every leaf, by seal and place."""
    return list(SealLeaf.objects.order_by("seal", "position").values_list("kind", "row_id"))


def stored_rows() -> list[tuple[str, int]]:
    """(kind, id) of every row that seals should hold."""
    return [
        (m._meta.label_lower, pk) for m in sealed_models() for pk in m._default_manager.values_list("pk", flat=True)
    ]


def assert_chain() -> None:
    """Numbers without a gap, each seal's root made of its rows as they are now, its head of what it says, signed."""
    chain = list(Seal.objects.order_by("number"))
    assert [seal.number for seal in chain] == list(range(1, len(chain) + 1))
    assert all(after.previous == before.head for before, after in pairwise(chain))
    for seal in chain:
        leaves = [_leaf(seal, row) for row in SealLeaf.objects.filter(seal=seal.number).order_by("position")]
        assert (len(leaves), _root(leaves).hex()) == (seal.count, seal.root)
        facts = {name: getattr(seal, name) for name in ("number", "previous", "root", "count", "columns")}
        facts["at"] = seal.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        told = json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()
        assert seal.head == hashlib.sha256(told).hexdigest()
        key = settings.SEAL_KEY.encode()
        assert seal.mac == hmac.new(key, bytes.fromhex(seal.head), hashlib.sha256).hexdigest()


def _leaf(seal: Seal, row: SealLeaf) -> bytes:
    model = next(m for m in sealed_models() if m._meta.label_lower == row.kind)
    row_format = RowFormat(model, seal.columns[row.kind])
    ((_, data),) = row_format.rows(f"t.{model._meta.pk.column} = %s", [row.row_id], limit=1)
    assert bytes(row.leaf) == hashlib.sha256(b"\x00" + data).digest()
    return bytes(row.leaf)


def _root(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + _root(leaves[:split]) + _root(leaves[split:])).digest()
