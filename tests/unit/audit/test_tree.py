"""The tree beside a naive one, and the vectors known from RFC 6962's test suites."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.audit.tree import TILE, TILE_LEVELS, Frontier, Proofs
from hub.audit.verifier import continues, includes, leaf_hash, node_hash

# The eight inputs and their roots that certificate transparency implementations are tested with.
INPUTS = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                                           "606162636465666768696a6b6c6d6e6f")]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def naive(leaves: list[bytes]) -> bytes:
    """MTH as RFC 6962, 2.1 defines it."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + naive(leaves[:k]) + naive(leaves[k:])).digest()


def grown(leaves: list[bytes]) -> tuple[Frontier, Proofs]:
    """A tree and proofs over the tiles it emitted."""
    tree, levels = Frontier(), {0: [leaf_hash(leaf) for leaf in leaves]}
    for leaf in levels[0]:
        for tile in tree.append(leaf):
            level = levels.setdefault(tile.level, [])
            assert tile.position == len(level)
            level.append(tile.hash)
    return tree, Proofs(lambda level, start: levels.get(level, [])[start : start + TILE])


def data(size: int) -> list[bytes]:
    return [f"leaf {number}".encode() for number in range(size)]


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_known_roots(size: int) -> None:
    tree, proofs = grown(INPUTS[: size + 1])

    assert tree.root().hex() == ROOTS[size]
    assert proofs.root(size + 1) == tree.root()


def test_known_proofs() -> None:
    """Paths known from the same suites."""
    _, proofs = grown(INPUTS)

    assert [one.hex() for one in proofs.inclusion(0, 8)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    assert [one.hex() for one in proofs.consistency(1, 8)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]


def test_an_empty_tree() -> None:
    assert Frontier().root() == naive([])


@given(st.integers(0, 700))
def test_it_is_the_tree_of_the_rfc(size: int) -> None:
    leaves = data(size)
    tree, proofs = grown(leaves)

    assert tree.root() == naive(leaves) == proofs.root(size)


@given(st.integers(1, 600).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1))))
def test_every_leaf_can_be_proved_and_no_other(given_: tuple[int, int]) -> None:
    size, place = given_
    leaves = data(size)
    tree, proofs = grown(leaves)
    path, root, leaf = proofs.inclusion(place, size), tree.root(), leaf_hash(leaves[place])

    assert includes(leaf, place, size, path, root)
    assert not includes(leaf_hash(b"another"), place, size, path, root)
    assert not includes(leaf, place, size, [*path, root], root)
    assert not includes(leaf, size, size, path, root)
    if path:
        assert not includes(leaf, place, size, path[:-1], root)
        assert not includes(leaf, place ^ 1, size, path, root)


@given(st.integers(1, 600).flatmap(lambda size: st.tuples(st.integers(1, size), st.just(size))))
def test_every_beginning_can_be_proved_and_no_other(given_: tuple[int, int]) -> None:
    size, newer = given_
    leaves = data(newer)
    _, proofs = grown(leaves)
    old, new, path = naive(leaves[:size]), naive(leaves), proofs.consistency(size, newer)

    assert continues(size, old, newer, new, path)
    assert not continues(size, leaf_hash(b"another"), newer, new, path)
    assert not continues(size, old, newer, leaf_hash(b"another"), path)
    assert not continues(newer + 1, old, newer, new, path)
    if path:
        assert not continues(size, old, newer, new, path[:-1])
        assert not continues(size, old, newer, new, [*path[:-1], leaf_hash(b"another")])


def test_a_large_tree_reads_one_tile_for_each_level() -> None:
    """70,000 leaves: proving needs a few tiles, not the leaves."""
    reads: list[tuple[int, int]] = []
    tree, levels = Frontier(), {0: [leaf_hash(one) for one in data(70_000)]}
    for leaf in levels[0]:
        for tile in tree.append(leaf):
            levels.setdefault(tile.level, []).append(tile.hash)

    def read(level: int, start: int) -> list[bytes]:
        reads.append((level, start))
        return levels.get(level, [])[start : start + TILE]

    path = Proofs(read).inclusion(12_345, 70_000)

    assert includes(levels[0][12_345], 12_345, 70_000, path, tree.root())
    assert len(reads) <= 6
    assert sorted(levels) == [0, TILE_LEVELS, 2 * TILE_LEVELS]


def test_nodes_and_leaves_differ() -> None:
    """A leaf that looks like a node is none."""
    one, other = leaf_hash(b"a"), leaf_hash(b"b")
    assert node_hash(one, other) != leaf_hash(one + other)
