"""Wrapping data keys under another master key. See `hub.ports.keys`."""

from collections.abc import Sequence
from dataclasses import fields

import sqlalchemy as sa

from hub.clock import now_us
from hub.ports.audit import Entry
from hub.ports.keys import KnownMaster, MasterState, WrappedKey
from hub.store.recording import Recording
from hub.store.tables import keys, masters

_KEY = [keys.c[field.name] for field in fields(WrappedKey)]


class KeyRotation(Recording):
    """Master keys by id, and the data keys that are not under the current one."""

    def current_master(self, candidate: str) -> str:
        """See the port."""
        query = sa.select(masters.c.key_id).where(self._is_mine(masters), self._in_state(MasterState.CURRENT))
        found = self._database.read(lambda connection: connection.execute(query).scalar_one_or_none())
        if found is not None:
            return str(found)

        def work(connection: sa.Connection) -> str:
            # where two are first at once, the second one waits for the first and finds its row
            row = {"tenant": self._tenant, "key_id": candidate, "state": MasterState.CURRENT.value, "since": now_us()}
            connection.execute(self._database.insert(masters).values(row).on_conflict_do_nothing())
            return str(connection.execute(query).scalars().first())

        return self._database.write(work)

    def masters(self) -> list[KnownMaster]:
        """See the port."""
        counts = (
            sa.select(keys.c.master, sa.func.count())
            .where(self._is_mine(keys), keys.c.wrapped != b"")
            .group_by(keys.c.master)
        )
        query = sa.select(masters.c.key_id, masters.c.state, masters.c.since).where(self._is_mine(masters))

        def work(connection: sa.Connection) -> list[KnownMaster]:
            held = {row[0]: int(row[1]) for row in connection.execute(counts)}
            found = [
                KnownMaster(row.key_id, MasterState(row.state), row.since, held.pop(row.key_id, 0))
                for row in connection.execute(query.order_by(masters.c.since.desc(), masters.c.key_id))
            ]
            return found + [KnownMaster(key_id, MasterState.RETIRING, 0, count) for key_id, count in held.items()]

        return self._database.read(work)

    def rotate_master(self, key_id: str, now: int) -> bool:
        """See the port."""

        def work(connection: sa.Connection) -> bool:
            mine = sa.select(masters.c.key_id, masters.c.state).where(self._is_mine(masters)).with_for_update()
            states = {row.key_id: MasterState(row.state) for row in connection.execute(mine)}
            if states.get(key_id) is MasterState.CURRENT:
                return False
            retiring = sa.update(masters).values(state=MasterState.RETIRING.value, since=now)
            connection.execute(retiring.where(self._is_mine(masters), self._in_state(MasterState.CURRENT)))
            connection.execute(sa.delete(masters).where(self._is_mine(masters), masters.c.key_id == key_id))
            row = {"tenant": self._tenant, "key_id": key_id, "state": MasterState.CURRENT.value, "since": now}
            connection.execute(sa.insert(masters).values(row))
            self._record(connection, [Entry("keys.rotate", (f"master:{key_id}",), now)])
            return True

        return self._database.write(work)

    def keys_to_rewrap(self, after: int, limit: int) -> list[tuple[int, WrappedKey]]:
        """See the port."""
        current = sa.select(masters.c.key_id).where(self._is_mine(masters), self._in_state(MasterState.CURRENT))
        query = (
            sa.select(keys.c.id, *_KEY)
            .where(self._is_mine(keys), keys.c.master.not_in(current), keys.c.wrapped != b"", keys.c.id > after)
            .order_by(keys.c.id)
            .limit(limit)
        )
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return [(row[0], WrappedKey(*row[1:])) for row in rows]

    def rewrap(self, pairs: Sequence[tuple[WrappedKey, WrappedKey]]) -> int:
        """See the port."""

        def work(connection: sa.Connection) -> int:
            done = 0
            for old, new in pairs:
                change = (
                    sa.update(keys)
                    .values(wrapped=new.wrapped, master=new.master)
                    .where(self._is_mine(keys), keys.c.key_id == old.key_id, keys.c.wrapped == old.wrapped)
                )
                done += connection.execute(change).rowcount
            return done

        return self._database.write(work)

    def retire_masters(self, now: int) -> list[str]:
        """See the port. No new data key can come under one that is retiring: `add_key` holds its row."""
        unused = ~sa.exists().where(
            self._is_mine(keys), keys.c.master.in_([masters.c.key_id, ""]), keys.c.wrapped != b""
        )
        retire = (
            sa.update(masters)
            .values(state=MasterState.RETIRED.value, since=now)
            .where(self._is_mine(masters), self._in_state(MasterState.RETIRING), unused)
            .returning(masters.c.key_id)
        )

        def work(connection: sa.Connection) -> list[str]:
            found = sorted(connection.execute(retire).scalars())
            self._record(connection, [Entry("keys.retire", (f"master:{one}",), now) for one in found])
            return found

        return self._database.write(work)

    def _in_state(self, state: MasterState) -> sa.ColumnElement[bool]:
        return masters.c.state == state.value
