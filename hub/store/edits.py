"""Edits of dead letters. When one is released, the new message takes the original's place in the same commit."""

import json
from collections.abc import Collection
from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from hub.errors import Refused
from hub.ports.audit import Entry
from hub.ports.edits import Edit, EditState, NewEdit
from hub.ports.store import End, SealedBody
from hub.store.answers import Answers
from hub.store.recording import Recording
from hub.store.scoped import persons_of
from hub.store.tables import dead_letters, journal, leases, messages, sequence, versions
from hub.store.tables_edits import edits

_OF_LETTER = {"original_id": "message_id", "hop": "hop", "type": "type", "queue": "queue"}
_LISTED = [
    dead_letters.c[_OF_LETTER[field.name]].label(field.name) if field.name in _OF_LETTER else edits.c[field.name]
    for field in fields(Edit)
]
_OPEN = "open"


class Edits(Recording, Answers):
    """See `hub.ports.edits`. A change locks its dead letter first, so an edit and a replay of it cannot both win."""

    def propose_edit(self, new: NewEdit) -> int | None:
        """See the port."""
        row = {
            "tenant": self._tenant, "dead_id": new.dead_id, "message_id": new.message_id, "digest": new.digest,
            "state": EditState.PROPOSED.value, "fields": json.dumps(new.fields, ensure_ascii=False), "who": new.who,
            "reason": new.reason, "ticket": new.ticket, "at": new.at, "envelope": new.envelope,
            "key_id": new.body.key_id, "ciphertext": new.body.ciphertext,
        }  # fmt: skip
        another = sa.select(edits.c.id).where(
            self._is_mine(edits), edits.c.dead_id == new.dead_id, edits.c.state == EditState.PROPOSED.value
        )

        def work(connection: sa.Connection) -> int | None:
            letter = self._letter(connection, new.dead_id)
            if letter is None or letter.state != _OPEN or connection.execute(another).first() is not None:
                return None
            if self._in_doubt(connection, letter.hop, letter.message_id):
                return None
            edit_id = int(connection.execute(sa.insert(edits).values(row).returning(edits.c.id)).scalar_one())
            self._record(connection, [_acted("edit.propose", edit_id, letter, new.at, new.who, new.reason)])
            return edit_id

        return self._database.write(work)

    def edits(self, states: Collection[EditState], after_id: int = 0, limit: int = 100) -> list[Edit]:
        """See the port."""
        wanted = edits.c.state.in_([state.value for state in states])
        query = self._all_edits().where(wanted, edits.c.id > after_id).order_by(edits.c.id).limit(limit)
        return [_edit(row) for row in self._database.read(lambda connection: connection.execute(query).all())]

    def edit(self, edit_id: int) -> Edit | None:
        """See the port."""
        query = self._all_edits().where(edits.c.id == edit_id)
        row = self._database.read(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else _edit(row)

    def edits_of(self, dead_id: int) -> list[Edit]:
        """See the port."""
        query = self._all_edits().where(edits.c.dead_id == dead_id).order_by(edits.c.id)
        return [_edit(row) for row in self._database.read(lambda connection: connection.execute(query).all())]

    def edit_body(self, edit_id: int) -> tuple[str, SealedBody]:
        """See the port."""
        query = sa.select(edits.c.envelope, edits.c.key_id, edits.c.ciphertext).where(self._is_edit(edit_id))
        row = self._database.read(lambda connection: connection.execute(query).one_or_none())
        if row is None:
            raise Refused("edit.unknown", f"there is no edit {edit_id}")
        return row.envelope, SealedBody(row.key_id, bytes(row.ciphertext))

    def decide_edit(self, edit_id: int, state: EditState, who: str, reason: str, at: int) -> bool:
        """See the port."""

        def work(connection: sa.Connection) -> bool:
            if not self._decide(connection, edit_id, state, who, reason, at):
                return False
            what = (f"edit:{edit_id}",)
            self._record(connection, [Entry("edit.refuse", what, at, purpose=reason, actor=who)])
            return True

        return self._database.write(work)

    def release_edit(self, edit_id: int, who: str, reason: str, at: int) -> bool:
        """See the port."""
        columns = (edits.c.dead_id, edits.c.message_id, edits.c.digest)
        query: sa.Select[Any] = sa.select(*columns).where(self._is_edit(edit_id))

        def work(connection: sa.Connection) -> bool:
            new = connection.execute(query).one_or_none()
            letter = None if new is None else self._letter(connection, new.dead_id)
            if new is None or letter is None or letter.state != _OPEN:
                return False
            if not self._decide(connection, edit_id, EditState.APPROVED, who, reason, at):
                return False
            self._replace(connection, letter, new, at)
            closed = {"state": "edited", "closed_by": who, "closed_reason": reason, "closed_at": at}
            connection.execute(sa.update(dead_letters).values(closed).where(dead_letters.c.id == letter.id))
            self._record(connection, [_acted("edit.approve", edit_id, letter, at, who, reason, new.message_id)])
            return True

        return self._database.write(work)

    def mark_edit_sent(self, edit_id: int) -> None:
        """See the port."""
        query = (
            sa.update(edits)
            .values(state=EditState.SENT.value)
            .where(self._is_edit(edit_id), edits.c.state == EditState.APPROVED.value)
        )
        self._database.write(lambda connection: connection.execute(query))

    def may_have_arrived(self, hop: str, message_id: str) -> bool:
        """See the port."""
        return self._database.read(lambda connection: self._in_doubt(connection, hop, message_id))

    def _in_doubt(self, connection: sa.Connection, hop: str, message_id: str) -> bool:
        query = sa.select(leases.c.owner).where(
            self._is_mine(leases), leases.c.message_id == message_id, leases.c.hop == hop,
            sa.or_(leases.c.in_doubt.is_(True), leases.c.deadline.is_not(None)),
        )  # fmt: skip
        return connection.execute(query).first() is not None

    def _replace(self, connection: sa.Connection, letter: sa.Row[Any], new: sa.Row[Any], at: int) -> None:
        """The original ends, and the new message is accepted in its place."""
        mine = {"tenant": self._tenant, "message_id": letter.message_id, "hop": letter.hop}
        old = connection.execute(
            sa.update(messages)
            .values(end=End.REPLACED.value, end_at=at)
            .where(_equal(messages, mine), messages.c["end"].is_(None))
            .returning(messages.c.digest, messages.c.due_at)
        ).one_or_none()
        happened = {
            "correlation_id": letter.correlation_id, "attempt": letter.attempt, "outcome": End.REPLACED.value,
            "occurrence": 0, "code": letter.code, "type": letter.type, "source": letter.source, "started_at": at,
            "settled_at": at,
        }  # fmt: skip
        connection.execute(self._database.insert(journal).values(mine | happened).on_conflict_do_nothing())
        self._answer_end(connection, letter.envelope, mine | happened)
        accepted = {
            "message_id": new.message_id, "digest": new.digest, "type": letter.type,
            "correlation_id": letter.correlation_id, "accepted_at": at,
            "due_at": None if old is None else old.due_at,
        }  # fmt: skip
        connection.execute(self._database.insert(messages).values(mine | accepted).on_conflict_do_nothing())
        connection.execute(
            sa.update(sequence)
            .values(message_id=new.message_id)
            .where(_equal(sequence, mine), sequence.c.ended.is_(False))
        )
        if old is not None:  # a version that was claimed for content the partner refused is claimed for the new one
            record = sa.select(leases.c.state_key).where(_equal(leases, mine)).scalar_subquery()
            connection.execute(
                sa.update(versions)
                .values(digest=new.digest)
                .where(
                    self._is_mine(versions), versions.c.hop == letter.hop, versions.c.state_key == record,
                    versions.c.digest == old.digest, versions.c.delivered.is_(False),
                )
            )  # fmt: skip

    def _letter(self, connection: sa.Connection, dead_id: int) -> sa.Row[Any] | None:
        """The dead letter, its message locked before it as `settle` does."""
        query = sa.select(dead_letters).where(self._is_mine(dead_letters), dead_letters.c.id == dead_id)
        row = connection.execute(query).one_or_none()
        if row is None:
            return None
        mine = {"tenant": self._tenant, "message_id": row.message_id, "hop": row.hop}
        connection.execute(sa.select(messages.c["end"]).where(_equal(messages, mine)).with_for_update())
        return connection.execute(query.with_for_update()).one_or_none()

    def _decide(
        self, connection: sa.Connection, edit_id: int, state: EditState, who: str, reason: str, at: int
    ) -> bool:
        moved = connection.execute(
            sa.update(edits)
            .values(state=state.value, decided_by=who, decided_reason=reason, decided_at=at)
            .where(self._is_edit(edit_id), edits.c.state == EditState.PROPOSED.value)
        )
        return moved.rowcount == 1

    def _all_edits(self) -> sa.Select[Any]:
        of_letter = sa.and_(dead_letters.c.tenant == edits.c.tenant, dead_letters.c.id == edits.c.dead_id)
        return sa.select(*_LISTED).join_from(edits, dead_letters, of_letter).where(self._is_mine(edits))

    def _is_edit(self, edit_id: int) -> sa.ColumnElement[bool]:
        return sa.and_(self._is_mine(edits), edits.c.id == edit_id)


def _acted(act: str, edit_id: int, letter: sa.Row[Any], at: int, who: str, why: str, message_id: str = "") -> Entry:
    messages_ = (letter.message_id, message_id) if message_id else (letter.message_id,)
    what = (f"edit:{edit_id}", f"dead:{letter.id}", *(f"message:{one}" for one in messages_))
    return Entry(act, what, at, persons_of(letter.persons), why, actor=who)


def _equal(table: sa.Table, values: dict[str, str]) -> sa.ColumnElement[bool]:
    return sa.and_(*(table.c[name] == value for name, value in values.items()))


def _edit(row: sa.Row[Any]) -> Edit:
    found = row._asdict()
    return Edit(**{**found, "state": EditState(found["state"]), "fields": tuple(json.loads(found["fields"]))})
