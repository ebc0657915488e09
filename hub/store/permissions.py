"""Lists of permitted inquiries."""

import json
from dataclasses import asdict, astuple
from hashlib import sha256

import sqlalchemy as sa

from hub.ports.audit import Entry
from hub.ports.permissions import Combination, ListSummary, Permission, PermissionList
from hub.store.recording import Recording
from hub.store.tables_permissions import permission_lists, permitted


class Permissions(Recording):
    """See `hub.ports.permissions.Permissions`."""

    def keep_list(self, found: PermissionList, now: int) -> bool:
        """See the port."""
        head = {
            "tenant": self._tenant,
            "version": found.version,
            "valid_from": found.valid_from,
            "valid_until": found.valid_until,
            "taken_at": now,
            "size": len(found.combinations),
            "digest": _digest(found),
        }
        rows = [
            {"tenant": self._tenant, "version": found.version, **asdict(one)}
            for one in sorted(found.combinations, key=astuple)
        ]
        mine = sa.select(permission_lists.c.digest).where(
            self._is_mine(permission_lists), permission_lists.c.version == found.version
        )

        def work(connection: sa.Connection) -> bool:
            insert = self._database.insert(permission_lists).values(**head).on_conflict_do_nothing()
            new = connection.execute(insert.returning(permission_lists.c.version)).scalar() is not None
            if new and rows:
                connection.execute(sa.insert(permitted), rows)
            if new:
                kept = Entry("permission.keep", (f"list:{found.version}",), now, details={"digest": _digest(found)})
                self._record(connection, [kept])
            return bool(connection.execute(mine).scalar() == head["digest"])

        return self._database.write(work)

    def permission(self, asked: Combination, now: int) -> Permission | None:
        """See the port."""
        listed = sa.exists().where(
            permitted.c.tenant == permission_lists.c.tenant,
            permitted.c.version == permission_lists.c.version,
            *(permitted.c[name] == value for name, value in asdict(asked).items()),
        )
        query = (
            sa.select(permission_lists.c.version, permission_lists.c.valid_until, listed)
            .where(self._is_mine(permission_lists), permission_lists.c.valid_from <= now)
            .order_by(permission_lists.c.version.desc())
            .limit(1)
        )
        row = self._database.read(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else Permission(row[0], row[1], bool(row[2]))

    def permission_lists(self) -> list[ListSummary]:
        """See the port."""
        columns = ("version", "valid_from", "valid_until", "taken_at", "size")
        query = (
            sa.select(*(permission_lists.c[name] for name in columns))
            .where(self._is_mine(permission_lists))
            .order_by(permission_lists.c.version.desc())
        )
        return [ListSummary(*row) for row in self._database.read(lambda connection: connection.execute(query).all())]


def _digest(found: PermissionList) -> str:
    said = [found.valid_from, found.valid_until, sorted(astuple(one) for one in found.combinations)]
    return sha256(json.dumps(said).encode()).hexdigest()
