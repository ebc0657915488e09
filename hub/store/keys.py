"""Wrapped data keys, and the persons they may belong to."""

from dataclasses import asdict, fields
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from hub.errors import StoreUnavailable
from hub.ports.keys import MasterKeySupersededError, MasterState
from hub.ports.store import Alias, PersonRef, WrappedKey
from hub.store.key_rotation import KeyRotation
from hub.store.tables import aliases, keys, masters

_COLUMNS = [keys.c[field.name] for field in fields(WrappedKey)]
_MOST_TRIES = 10


class Keys(KeyRotation):
    """Keys and aliases."""

    def key(self, key_id: str) -> WrappedKey | None:
        """See the port."""
        query = sa.select(*_COLUMNS).where(self._is_mine(keys), keys.c.key_id == key_id)
        return self._database.read(lambda connection: _one_key(connection, query))

    def current_key(self, purpose: str, subject: str | None) -> WrappedKey | None:
        """See the port. Newest is the last one added: the clocks of several machines may disagree."""
        query = self._newest(purpose, subject)
        return self._database.read(lambda connection: _one_key(connection, query))

    def add_key(self, key: WrappedKey) -> WrappedKey:
        """See the port."""
        row = {"tenant": self._tenant, **asdict(key)}
        query = self._newest(key.purpose, key.subject)
        # held until the commit: a rotation that begins meanwhile sees this key
        state = (
            sa.select(masters.c.state)
            .where(self._is_mine(masters), masters.c.key_id == key.master)
            .with_for_update(read=True)
        )

        def work(connection: sa.Connection) -> WrappedKey:
            if key.master and connection.execute(state).scalar_one_or_none() != MasterState.CURRENT.value:
                raise MasterKeySupersededError
            # a person's second key meets the unique index on persons
            connection.execute(self._database.insert(keys).values(row).on_conflict_do_nothing())
            current = _one_key(connection, query) if key.purpose == "person" else None
            return current or key

        return self._database.write(work)

    def person_id(self, person: PersonRef) -> str:
        """See the port. A person without aliases is a new one each time.

        Where the aliases already belong to different persons, nothing is linked, and the person of the first alias by
        kind and hash is returned: merging persons is for people to decide.
        """
        if not person.aliases:
            return str(uuid4())
        wanted = sorted(set(person.aliases), key=lambda alias: (alias.kind, alias.hash))
        for _ in range(_MOST_TRIES):
            found = self._linked(wanted)
            persons = {found[alias] for alias in wanted if alias in found}
            if len(persons) > 1 or len(found) == len(wanted):
                return next(found[alias] for alias in wanted if alias in found)
            chosen = persons.pop() if persons else str(uuid4())
            if self._link([alias for alias in wanted if alias not in found], chosen):
                return chosen
        raise StoreUnavailable("a person's aliases are being changed all the time")

    def _linked(self, wanted: list[Alias]) -> dict[Alias, str]:
        pairs = sa.tuple_(aliases.c.kind, aliases.c.hash).in_([(alias.kind, alias.hash) for alias in wanted])
        query = sa.select(aliases.c.kind, aliases.c.hash, aliases.c.person_id).where(self._is_mine(aliases), pairs)
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return {Alias(kind, hash_): person_id for kind, hash_, person_id in rows}

    def _link(self, new: list[Alias], person_id: str) -> bool:
        """All or, when another process was first with one of them, none."""

        def work(connection: sa.Connection) -> None:
            for alias in new:
                row = {"tenant": self._tenant, "kind": alias.kind, "hash": alias.hash, "person_id": person_id}
                insert = self._database.insert(aliases).values(row).on_conflict_do_nothing()
                if not connection.execute(insert.returning(aliases.c.hash)).all():
                    raise _TakenError

        try:
            self._database.write(work)
        except _TakenError:
            return False
        return True

    def _newest(self, purpose: str, subject: str | None) -> sa.Select[Any]:
        return (
            sa.select(*_COLUMNS)
            .where(self._is_mine(keys), keys.c.purpose == purpose, keys.c.subject.is_not_distinct_from(subject))
            .order_by(keys.c.id.desc())
            .limit(1)
        )


class _TakenError(Exception):
    """Another process linked the alias first; undoes the transaction."""


def _one_key(connection: sa.Connection, query: sa.Select[Any]) -> WrappedKey | None:
    row = connection.execute(query).one_or_none()
    return None if row is None else WrappedKey(*row)
