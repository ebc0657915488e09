"""Emergencies: one open for a person at a time, begun and ended on the record."""

from dataclasses import asdict, fields

import sqlalchemy as sa

from hub.ports.audit import Entry
from hub.ports.emergencies import Emergency, NewEmergency
from hub.store.recording import Recording
from hub.store.tables_emergencies import emergencies

_COLUMNS = [emergencies.c[field.name] for field in fields(Emergency)]


class Emergencies(Recording):
    """See `hub.ports.emergencies`."""

    def begin_emergency(self, new: NewEmergency) -> int | None:
        """See the port."""
        standing = sa.select(emergencies.c.id).where(self._open(new.at), emergencies.c.who == new.who)
        insert = sa.insert(emergencies).values(asdict(new) | {"tenant": self._tenant}).returning(emergencies.c.id)

        def work(connection: sa.Connection) -> int | None:
            if connection.execute(standing).first() is not None:
                return None
            made = int(connection.execute(insert).scalar_one())
            details = {"until": new.until}
            self._record(
                connection,
                [Entry("emergency.begin", (_name(made),), new.at, purpose=new.reason, details=details, actor=new.who)],
            )
            return made

        return self._database.write(work)

    def end_emergency(self, emergency_id: int, who: str, at: int) -> bool:
        """See the port."""
        end = (
            sa.update(emergencies)
            .values(ended_at=at, ended_by=who)
            .where(self._open(at), emergencies.c.id == emergency_id)
        )

        def work(connection: sa.Connection) -> bool:
            if connection.execute(end).rowcount == 0:
                return False
            self._record(connection, [Entry("emergency.end", (_name(emergency_id),), at, actor=who)])
            return True

        return self._database.write(work)

    def emergency(self, emergency_id: int) -> Emergency | None:
        """See the port."""
        query = sa.select(*_COLUMNS).where(self._is_mine(emergencies), emergencies.c.id == emergency_id)
        row = self._database.read(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else Emergency(**row._mapping)

    def emergencies(self, open_at: int | None = None, before_id: int | None = None, limit: int = 50) -> list[Emergency]:
        """See the port."""
        query = sa.select(*_COLUMNS).where(self._is_mine(emergencies) if open_at is None else self._open(open_at))
        if before_id is not None:
            query = query.where(emergencies.c.id < before_id)
        query = query.order_by(emergencies.c.id.desc()).limit(limit)
        return [Emergency(**row._mapping) for row in self._database.read(lambda c: c.execute(query).all())]

    def _open(self, now: int) -> sa.ColumnElement[bool]:
        return sa.and_(self._is_mine(emergencies), emergencies.c.ended_at.is_(None), emergencies.c.until > now)


def _name(emergency_id: int) -> str:
    return f"emergency:{emergency_id}"
