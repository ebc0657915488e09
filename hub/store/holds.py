"""Holds: read, decided on by people, and written by settling. Every act keeps who, why and when."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, fields

import sqlalchemy as sa

from hub.errors import Refused
from hub.ports.audit import Entry
from hub.ports.holds import Hold, HoldAct, HoldState
from hub.ports.sealed import SealedBody
from hub.ports.store import End
from hub.store.answers import Answers
from hub.store.recording import Recording
from hub.store.scoped import persons_of
from hub.store.tables import journal, messages, sequence
from hub.store.tables_fence import hold_acts, holds

_LISTED = [holds.c[field.name] for field in fields(Hold)]
_ABOUT = ("id", "message_id", "hop", "type", "code", "part", "outgoing", "persons")
DECIDABLE = (HoldState.OPEN.value, HoldState.REVIEWED.value, HoldState.APPROVED.value)


class Holds(Recording, Answers):
    """See `hub.ports.holds.Holds`."""

    def holds(self, states: Collection[HoldState], after_id: int = 0, limit: int = 100) -> list[Hold]:
        """See the port. Oldest first."""
        query = (
            sa.select(*_LISTED)
            .where(
                self._is_mine(holds),
                holds.c.state.in_([state.value for state in states]),
                holds.c.id > after_id,
            )
            .order_by(holds.c.id)
            .limit(limit)
        )
        return [_hold(row) for row in self._database.read(lambda connection: connection.execute(query).all())]

    def hold(self, hold_id: int) -> Hold | None:
        """See the port."""
        query = sa.select(*_LISTED).where(self._is_hold(hold_id))
        row = self._database.read(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else _hold(row)

    def holds_of(self, message_id: str) -> list[Hold]:
        """See the port."""
        query = sa.select(*_LISTED).where(self._is_mine(holds), holds.c.message_id == message_id).order_by(holds.c.id)
        return [_hold(row) for row in self._database.read(lambda connection: connection.execute(query).all())]

    def hold_acts(self, hold_id: int) -> list[HoldAct]:
        """See the port."""
        columns = [hold_acts.c[field.name] for field in fields(HoldAct)]
        query = (
            sa.select(*columns).where(self._is_mine(hold_acts), hold_acts.c.hold_id == hold_id).order_by(hold_acts.c.id)
        )
        return [HoldAct(*row) for row in self._database.read(lambda connection: connection.execute(query).all())]

    def hold_body(self, hold_id: int) -> tuple[str, SealedBody]:
        """See the port."""
        query = sa.select(holds.c.envelope, holds.c.key_id, holds.c.ciphertext).where(self._is_hold(hold_id))
        row = self._database.read(lambda connection: connection.execute(query).one_or_none())
        if row is None:
            raise Refused("hold.unknown", f"there is no hold {hold_id}")
        return row.envelope, SealedBody(row.key_id, bytes(row.ciphertext))

    def move_hold(
        self,
        hold_id: int,
        before: Collection[HoldState],
        after: HoldState,
        act: HoldAct,
        agreed: str | None = None,
    ) -> bool:
        """See the port."""
        ends = after is HoldState.REFUSED
        return self._move_hold(hold_id, before, {"state": after.value}, act, ends, agreed)

    def review_hold(self, hold_id: int, before: Collection[HoldState], withheld: str, part: str, act: HoldAct) -> bool:
        """See the port."""
        reviewed = {"state": HoldState.REVIEWED.value, "withheld": withheld, "part": part}
        return self._move_hold(hold_id, before, reviewed, act)

    def _move_hold(
        self,
        hold_id: int,
        before: Collection[HoldState],
        values: Mapping[str, str],
        act: HoldAct,
        ends: bool = False,
        agreed: str | None = None,
    ) -> bool:
        same = (
            sa.true()
            if agreed is None
            else sa.func.coalesce(sa.func.nullif(holds.c.part, ""), holds.c.outgoing) == agreed
        )
        move = (
            sa.update(holds)
            .values(**values)
            .where(self._is_hold(hold_id), holds.c.state.in_([state.value for state in before]), same)
            .returning(holds)
        )

        def work(connection: sa.Connection) -> bool:
            row = connection.execute(move).one_or_none()
            if row is None:
                return False
            self._note_act(connection, row, act)
            if ends:
                self._end_held(connection, row, act.at)
            return True

        return self._database.write(work)

    def note_hold(self, hold_id: int, act: HoldAct) -> None:
        """See the port."""
        about = sa.select(*(holds.c[name] for name in _ABOUT)).where(self._is_hold(hold_id))

        def work(connection: sa.Connection) -> None:
            row = connection.execute(about).one_or_none()
            if row is not None:
                self._note_act(connection, row, act)

        self._database.write(work)

    def hold_counts(self) -> list[tuple[str, str, int, int]]:
        """See the port."""
        group = (holds.c.hop, holds.c.code)
        query = (
            sa.select(*group, sa.func.count(), sa.func.min(holds.c.at))
            .where(self._is_mine(holds), holds.c.state.in_(DECIDABLE))
            .group_by(*group)
            .order_by(*group)
        )
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return [(hop, code, count, oldest) for hop, code, count, oldest in rows]

    def _is_hold(self, hold_id: int) -> sa.ColumnElement[bool]:
        return sa.and_(self._is_mine(holds), holds.c.id == hold_id)

    def _note_act(self, connection: sa.Connection, row: sa.Row[tuple[object, ...]], act: HoldAct) -> None:
        connection.execute(sa.insert(hold_acts).values(tenant=self._tenant, hold_id=row.id, **asdict(act)))
        happened = Entry(
            f"hold.{act.act}",
            (f"hold:{row.id}", f"message:{row.message_id}"),
            act.at,
            persons_of(row.persons),
            act.reason,
            details={
                "hop": row.hop,
                "type": row.type,
                "code": row.code,
                "digest": row.part or row.outgoing,
                **({} if act.ticket is None else {"ticket": act.ticket}),
            },
            actor=act.who,
        )
        self._record(connection, [happened])

    def _end_held(self, connection: sa.Connection, row: sa.Row[tuple[object, ...]], at: int) -> None:
        """Its message ends as discarded, and whoever waits behind it may go."""
        mine = {"tenant": self._tenant, "message_id": row.message_id, "hop": row.hop}
        connection.execute(
            sa.update(messages)
            .values(end=End.DISCARDED.value, end_at=at)
            .where(*(messages.c[name] == value for name, value in mine.items()), messages.c["end"].is_(None))
        )
        connection.execute(
            sa.update(sequence)
            .values(ended=True, envelope=None, key_id=None, ciphertext=None, persons=None)
            .where(*(sequence.c[name] == value for name, value in mine.items()))
        )
        entry = {
            **mine, "correlation_id": row.correlation_id, "attempt": 0, "outcome": End.DISCARDED.value,
            "occurrence": 0, "code": row.code, "type": row.type, "source": row.source, "started_at": row.at,
            "settled_at": at,
        }  # fmt: skip
        connection.execute(self._database.insert(journal).values(entry).on_conflict_do_nothing())
        self._answer_end(connection, row.envelope, entry)


def _hold(row: sa.Row[tuple[object, ...]]) -> Hold:
    found = row._asdict()
    return Hold(**{**found, "state": HoldState(found["state"])})
