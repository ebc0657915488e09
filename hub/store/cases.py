"""Cases: dead letters counted by cause, and what people say of them."""

from dataclasses import asdict

import sqlalchemy as sa

from hub.ports.cases import CaseRow, CaseState, Cause, Count, Note
from hub.store.scoped import Scoped
from hub.store.tables import dead_letters
from hub.store.tables_cases import case_notes, cases

_OPEN = ("open", "replaying")
_HOUR = 3_600_000_000
_SAID = ("state", "owner", "ticket")


class Cases(Scoped):
    """Counting reads an index that holds all it needs."""

    def causes(self, now: int) -> list[Count]:
        """See the port."""
        group = (dead_letters.c.code, dead_letters.c.hop, dead_letters.c.type)
        at = dead_letters.c.at
        lately = sa.func.count().filter(at > now - _HOUR)
        before = sa.func.count().filter(at.between(now - 2 * _HOUR + 1, now - _HOUR))
        query = (
            sa.select(*group, sa.func.count(), sa.func.min(at), sa.func.max(at), lately, before)
            .where(self._is_mine(dead_letters), dead_letters.c.state.in_(_OPEN))
            .group_by(*group)
            .order_by(*group)
        )
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return [Count(Cause(*row[:3]), *row[3:]) for row in rows]

    def case_rows(self) -> list[CaseRow]:
        """See the port."""
        query = sa.select(cases).where(self._is_mine(cases)).order_by(cases.c.case_id)
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return [
            CaseRow(
                case_id=row.case_id,
                cause=Cause(row.code, row.hop, row.type),
                state=CaseState(row.state),
                owner=row.owner,
                ticket=row.ticket,
            )
            for row in rows
        ]

    def write_case(self, row: CaseRow, note: Note) -> None:
        """See the port."""
        insert = self._database.insert(cases).values(
            tenant=self._tenant,
            case_id=row.case_id,
            **asdict(row.cause),
            state=row.state.value,
            owner=row.owner,
            ticket=row.ticket,
        )
        written = insert.on_conflict_do_update(
            index_elements=[cases.c.tenant, cases.c.case_id], set_={name: insert.excluded[name] for name in _SAID}
        )
        said = sa.insert(case_notes).values(tenant=self._tenant, case_id=row.case_id, **asdict(note))

        def work(connection: sa.Connection) -> None:
            connection.execute(written)
            connection.execute(said)

        self._database.write(work)

    def case_notes(self, case_id: str) -> list[Note]:
        """See the port."""
        columns = (case_notes.c.at, case_notes.c.who, case_notes.c.act, case_notes.c.note)
        query = (
            sa.select(*columns)
            .where(self._is_mine(case_notes), case_notes.c.case_id == case_id)
            .order_by(case_notes.c.id)
        )
        return [Note(*row) for row in self._database.read(lambda connection: connection.execute(query).all())]
