"""Merkle trees as in RFC 9162: leaves and nodes hashed apart, a lone last node promoted; proofs of inclusion."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256


def leaf_of(data: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\x00" + data).digest()


def _levels(leaves: Sequence[bytes]) -> list[Sequence[bytes]]:
    """The leaves, then each level above, up to the root alone."""
    levels = [leaves]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = zip(below[::2], below[1::2], strict=False)
        above = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
        levels.append(above + [below[-1]] * (len(below) % 2))
    return levels


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over hashes of leaves, in their order; over none, the hash of nothing."""
    return _levels(leaves)[-1][0] if leaves else sha256(b"").digest()


def path_to(position: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The proof that the leaf at `position` is in the tree: the hashes beside its way up. IndexError for none such."""
    if not 0 <= position < len(leaves):
        raise IndexError(position)
    path = []
    for level in _levels(leaves)[:-1]:
        beside = position ^ 1
        if beside < len(level):
            path.append(level[beside])
        position >>= 1
    return path


def root_by(leaf: bytes, position: int, count: int, path: Sequence[bytes]) -> bytes | None:
    """The root to which the path leads from a leaf of a tree of `count`; None where it has not the right length."""
    if not 0 <= position < count:
        return None
    found, last, left = leaf, count - 1, list(path)
    while last:
        if position % 2 or position < last:  # not the lone last node, which is promoted as it is
            if not left:
                return None
            beside = left.pop(0)
            pair = beside + found if position % 2 else found + beside
            found = sha256(b"\x01" + pair).digest()
        position, last = position >> 1, last >> 1
    return None if left else found


def proves(leaf: bytes, position: int, count: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path proves that the leaf stands at `position` in the tree of that root."""
    return root_by(leaf, position, count, path) == root
