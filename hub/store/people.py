"""Who is who: numbers of one person, linked as messages that name it by several of them are settled."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import sqlalchemy as sa

from hub.fence import ANCHOR
from hub.ports.persons import Alias, PersonRef
from hub.store.recording import Recording
from hub.store.tables_fence import links

_LINK = ("tenant", "hash", "kind", "other_hash", "other_kind")
_AT_ONCE = 500  # parameters of one query
_CACHED = 200_000


class People(Recording):
    """Links are only ever added, so what this process has seen committed need not be written again."""

    def _prepare(self) -> None:
        super()._prepare()
        self._new_link = self._database.prepare(self._database.insert(links).on_conflict_do_nothing(), _LINK)
        self._stored_links: set[tuple[Alias, Alias]] = set()

    def linked(self, aliases: Collection[Alias]) -> frozenset[Alias]:
        """See the port."""

        def work(connection: sa.Connection) -> frozenset[Alias]:
            found: frozenset[Alias] = frozenset()
            return found.union(*self._same(connection, aliases).values())

        return self._database.write(work)

    def _new_links(self, persons: Iterable[PersonRef]) -> list[tuple[Alias, Alias]]:
        """Those not known to be stored, sorted: batches that meet cannot deadlock."""
        pairs = {
            (one, other) for person in persons for one in person.aliases for other in person.aliases if one != other
        }
        return sorted(
            pairs - self._stored_links, key=lambda pair: (pair[0].hash, pair[0].kind, pair[1].hash, pair[1].kind)
        )

    def _write_links(self, connection: sa.Connection, new: Sequence[tuple[Alias, Alias]]) -> None:
        self._new_link.run(
            connection,
            [
                {
                    "tenant": self._tenant,
                    "hash": one.hash,
                    "kind": one.kind,
                    "other_hash": other.hash,
                    "other_kind": other.kind,
                }
                for one, other in new
            ],
        )

    def _remember_links(self, committed: Iterable[tuple[Alias, Alias]]) -> None:
        if len(self._stored_links) > _CACHED:
            self._stored_links.clear()
        self._stored_links.update(committed)

    def _same(self, connection: sa.Connection, aliases: Collection[Alias]) -> Mapping[Alias, frozenset[Alias]]:
        """For each alias, all that belong to the same person, itself included."""
        neighbours: dict[Alias, set[Alias]] = {}
        frontier = set(aliases)
        while frontier:
            for alias in frontier:
                neighbours[alias] = set()
            for one, other in self._neighbours(connection, sorted({alias.hash for alias in frontier})):
                if one in frontier:
                    neighbours[one].add(other)
            frontier = {other for one in frontier for other in neighbours[one]} - neighbours.keys()
        return _components(neighbours)

    def _neighbours(self, connection: sa.Connection, hashes: Sequence[str]) -> Iterable[tuple[Alias, Alias]]:
        columns = (links.c.kind, links.c.hash, links.c.other_kind, links.c.other_hash)
        for start in range(0, len(hashes), _AT_ONCE):
            chunk = hashes[start : start + _AT_ONCE]
            query = sa.select(*columns).where(self._is_mine(links), links.c.hash.in_(chunk))
            for kind, hash_, other_kind, other_hash in connection.execute(query):
                yield Alias(kind, hash_), Alias(other_kind, other_hash)


def everyone(person: PersonRef, same: Mapping[Alias, frozenset[Alias]]) -> frozenset[Alias]:
    """All numbers of a person."""
    return frozenset(other for alias in person.aliases for other in same[alias])


def is_known(aliases: Collection[Alias]) -> bool:
    """The city knows whom they name."""
    return any(alias.kind == ANCHOR for alias in aliases)


def _components(neighbours: Mapping[Alias, set[Alias]]) -> dict[Alias, frozenset[Alias]]:
    found: dict[Alias, frozenset[Alias]] = {}
    for start in neighbours:
        if start in found:
            continue
        reached, frontier = {start}, {start}
        while frontier:
            frontier = {other for one in frontier for other in neighbours[one]} - reached
            reached |= frontier
        component = frozenset(reached)
        found |= dict.fromkeys(component, component)
    return found
