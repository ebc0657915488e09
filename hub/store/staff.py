"""The personnel feed: what it says and what follows from it for accounts, in one commit."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import date
from typing import Any

import sqlalchemy as sa

from hub.ports.audit import Entry
from hub.ports.staff import Alteration, Employee, Feed, Standing
from hub.store.accounts import Accounts
from hub.store.tables_staff import staff, staff_feeds

_FEED = [staff_feeds.c[field.name] for field in fields(Feed)]
_EMPLOYEE = [staff.c[field.name] for field in fields(Employee)]


class Staff(Accounts):
    """See `hub.ports.staff`."""

    def staff_feed(self) -> Feed | None:
        """See the port."""
        query = sa.select(*_FEED).where(self._is_mine(staff_feeds))
        row = self._database.read(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else Feed(date.fromisoformat(row.of), row.digest, row.people, row.at, row.who)

    def staff(self, listed: bool = True) -> list[Employee]:
        """See the port."""
        query = sa.select(*_EMPLOYEE).where(self._is_mine(staff)).order_by(staff.c.account)
        if listed:
            query = query.where(staff.c.listed)
        return [_employee(row) for row in self._database.read(lambda connection: connection.execute(query).all())]

    def apply_staff(self, feed: Feed, people: Sequence[Employee], altered: Sequence[Alteration]) -> bool:
        """See the port. The feed's row is the lock."""
        values = asdict(feed) | {"of": feed.of.isoformat()}
        insert = self._database.insert(staff_feeds).values(tenant=self._tenant, **values)
        keep = insert.on_conflict_do_update(
            index_elements=[staff_feeds.c.tenant], set_=values, where=staff_feeds.c.of <= values["of"]
        ).returning(staff_feeds.c.of)

        def work(connection: sa.Connection) -> bool:
            if not self._are_as_looked_at(connection, altered):
                return False
            if connection.execute(keep).one_or_none() is None:
                return False
            self._list(connection, people)
            details = {"of": values["of"], "digest": feed.digest, "people": feed.people, "changed": len(altered)}
            self._record(connection, [Entry("account.feed", (), feed.at, details=details, actor=feed.who)])
            for one in altered:
                self._alter(connection, one.after, one.change)
            return True

        return self._database.write(work)

    def _are_as_looked_at(self, connection: sa.Connection, altered: Sequence[Alteration]) -> bool:
        """Locks them, in the order of their names."""
        return all(
            self._locked_account(connection, one.before.name) == one.before
            for one in sorted(altered, key=lambda one: one.before.name)
        )

    def _list(self, connection: sa.Connection, people: Sequence[Employee]) -> None:
        connection.execute(sa.update(staff).values(listed=False).where(self._is_mine(staff)))
        insert = self._database.insert(staff)
        told = {column.name: insert.excluded[column.name] for column in (*_EMPLOYEE, staff.c.listed)}
        insert = insert.on_conflict_do_update(index_elements=[staff.c.tenant, staff.c.account], set_=told)
        if people:
            connection.execute(insert, [{"tenant": self._tenant, "listed": True, **_row(one)} for one in people])


def _row(one: Employee) -> dict[str, object]:
    return asdict(one) | {
        "since": one.since.isoformat(),
        "until": None if one.until is None else one.until.isoformat(),
        "standing": one.standing.value,
    }


def _employee(row: sa.Row[Any]) -> Employee:
    until = None if row.until is None else date.fromisoformat(row.until)
    return Employee(
        row.account, row.staff_id, row.department, date.fromisoformat(row.since), until, Standing(row.standing)
    )
