"""Trees as in RFC 9162, against the vectors that Certificate Transparency tests with, and proofs for every size."""

from __future__ import annotations

from hashlib import sha256

import pytest

from audit.tree import leaf_of, path_to, proves, root_by, root_of

# of google/certificate-transparency and transparency-dev/merkle: eight inputs, the root over the first n of them
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_of(bytes.fromhex(text)) for text in INPUTS]


@pytest.mark.parametrize("count", range(9))
def test_the_known_roots(count):
    assert root_of(LEAVES[:count]).hex() == ROOTS[count]


@pytest.mark.parametrize(
    ("position", "count", "path"),
    [
        (0, 1, []),
        (
            0,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    ],
)
def test_the_known_proofs(position, count, path):
    assert [node.hex() for node in path_to(position, LEAVES[:count])] == path


def split_root(leaves):
    """As the RFC words it, by splitting at the largest power of two below the count."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + split_root(leaves[:split]) + split_root(leaves[split:])).digest()


def test_every_leaf_of_every_size_is_proven_and_no_other():
    leaves = [leaf_of(b"%d" % n) for n in range(70)]
    for count in range(1, 71):
        tree = leaves[:count]
        root = root_of(tree)
        assert root == split_root(tree)
        for position in range(count):
            path = path_to(position, tree)
            assert proves(tree[position], position, count, path, root)
            assert not proves(leaf_of(b"x"), position, count, path, root)
            assert not proves(tree[position], (position + 1) % count, count, path, root) or count == 1
            assert root_by(tree[position], position, count, [*path, root]) is None
            assert not path or root_by(tree[position], position, count, path[:-1]) is None


def test_a_place_outside_the_tree_has_no_proof():
    with pytest.raises(IndexError):
        path_to(3, LEAVES[:3])
    assert not proves(LEAVES[0], 3, 3, [], LEAVES[0])
    assert not proves(LEAVES[0], -1, 3, [], LEAVES[0])
