"""A growing RFC 6962 tree without its leaves: what is kept to go on, and to prove what is in it.

To append, the hashes of the complete subtrees that make up the size are enough (`Frontier`). To prove, hashes of
subtrees of 256, 65,536, … leaves ("tiles") and the rows of one such subtree are (`Proofs`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from hub.audit.verifier import node_hash

TILE_LEVELS = 8
TILE = 1 << TILE_LEVELS


@dataclass(frozen=True, slots=True)
class Tile:
    """The hash of the complete subtree `position` of 2**level leaves; `level` a multiple of TILE_LEVELS."""

    level: int
    position: int
    hash: bytes


@dataclass(slots=True)
class Frontier:
    """`hashes`: of the complete subtrees that make up `size`, largest first."""

    size: int = 0
    hashes: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> list[Tile]:
        """Add a leaf (its hash); returns the tiles it completes."""
        position, level, found = self.size, 0, leaf
        tiles = []
        while position & 1:
            found = node_hash(self.hashes.pop(), found)
            position, level = position >> 1, level + 1
            if level % TILE_LEVELS == 0:
                tiles.append(Tile(level, position, found))
        self.hashes.append(found)
        self.size += 1
        return tiles

    def root(self) -> bytes:
        if not self.hashes:
            return sha256(b"").digest()
        found = self.hashes[-1]
        for one in reversed(self.hashes[:-1]):
            found = node_hash(one, found)
        return found


class Proofs:
    """Proofs about the tree of the first `size` leaves. `read`: hashes of the TILE subtrees of one level from a
    position on, fewer at the right edge; level 0 are the leaves.
    """

    def __init__(self, read: Callable[[int, int], Sequence[bytes]]) -> None:
        self._read = read
        self._tiles: dict[tuple[int, int], Sequence[bytes]] = {}
        self._nodes: dict[tuple[int, int], bytes] = {}

    def root(self, size: int) -> bytes:
        return self._hash(0, size)

    def inclusion(self, leaf: int, size: int) -> list[bytes]:
        """RFC 6962, 2.1.1: siblings from the leaf upwards."""
        return self._path(leaf, 0, size)

    def consistency(self, size: int, newer: int) -> list[bytes]:
        """RFC 6962, 2.1.2."""
        return self._subproof(size, 0, newer, True) if 0 < size < newer else []

    def _path(self, leaf: int, start: int, end: int) -> list[bytes]:
        if end - start == 1:
            return []
        middle = start + _split(end - start)
        if leaf < middle:
            return [*self._path(leaf, start, middle), self._hash(middle, end)]
        return [*self._path(leaf, middle, end), self._hash(start, middle)]

    def _subproof(self, size: int, start: int, end: int, known: bool) -> list[bytes]:
        if size == end:
            return [] if known else [self._hash(start, end)]
        middle = start + _split(end - start)
        if size <= middle:
            return [*self._subproof(size, start, middle, known), self._hash(middle, end)]
        return [*self._subproof(size, middle, end, False), self._hash(start, middle)]

    def _hash(self, start: int, end: int) -> bytes:
        count = end - start
        if count == 0:
            return sha256(b"").digest()
        if count & (count - 1) == 0:
            level = count.bit_length() - 1
            return self._node(level, start >> level)
        middle = start + _split(count)
        return node_hash(self._hash(start, middle), self._hash(middle, end))

    def _node(self, level: int, position: int) -> bytes:
        if level % TILE_LEVELS == 0:
            tile = position // TILE * TILE
            if (level, tile) not in self._tiles:
                self._tiles[level, tile] = self._read(level, tile)
            return self._tiles[level, tile][position - tile]
        if (level, position) not in self._nodes:
            left, right = self._node(level - 1, 2 * position), self._node(level - 1, 2 * position + 1)
            self._nodes[level, position] = node_hash(left, right)
        return self._nodes[level, position]


def _split(count: int) -> int:
    """The largest power of two below."""
    return 1 << ((count - 1).bit_length() - 1)
