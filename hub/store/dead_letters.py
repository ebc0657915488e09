"""Dead letters: open ──▶ replaying ──▶ replayed, or open ──▶ discarded. Each act keeps who, why and when."""

from collections.abc import Collection, Mapping
from dataclasses import fields

import sqlalchemy as sa

from hub.clock import now_us
from hub.errors import Refused
from hub.ports.audit import Entry
from hub.ports.edits import EditState
from hub.ports.store import DeadFilter, DeadLetter, End, SealedBody
from hub.store.answers import Answers
from hub.store.recording import Recording
from hub.store.scoped import persons_of
from hub.store.tables import dead_letter_names, dead_letters, journal, messages, sequence
from hub.store.tables_edits import edits

_LISTED = [dead_letters.c[field.name] for field in fields(DeadLetter)]

CLOSED = ("replayed", "discarded", "edited", "erased")
ABOUT = ("id", "message_id", "hop", "type", "code", "persons")  # what is recorded of one


class DeadLetters(Recording, Answers):
    """Support work on dead letters."""

    def dead_letters(self, where: DeadFilter, after_id: int = 0, limit: int = 100) -> list[DeadLetter]:
        """See the port."""
        query = (
            sa.select(*_LISTED)
            .where(self._is_mine(dead_letters), dead_letters.c.id > after_id, *conditions(self._tenant, where))
            .order_by(dead_letters.c.id)
            .limit(limit)
        )
        return [DeadLetter(*row) for row in self._database.read(lambda connection: connection.execute(query).all())]

    def dead_letter(self, dead_id: int) -> DeadLetter | None:
        """See the port."""
        query = sa.select(*_LISTED).where(self._is(dead_id))
        row = self._database.read(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else DeadLetter(*row)

    def dead_counts(self) -> list[tuple[str, str, str, int, int]]:
        """See the port."""
        group = (dead_letters.c.hop, dead_letters.c.code, dead_letters.c.state)
        query = (
            sa.select(*group, sa.func.count(), sa.func.min(dead_letters.c.at))
            .where(self._is_mine(dead_letters))
            .group_by(*group)
            .order_by(*group)
        )
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return [(hop, code, state, count, oldest) for hop, code, state, count, oldest in rows]

    def dead_body(self, dead_id: int) -> tuple[str, SealedBody]:
        """See the port."""
        found = self.dead_bodies([dead_id])
        if dead_id not in found:
            raise _unknown(dead_id)
        return found[dead_id]

    def dead_bodies(self, dead_ids: Collection[int]) -> Mapping[int, tuple[str, SealedBody]]:
        """See the port."""
        columns = (dead_letters.c[name] for name in ("id", "envelope", "key_id", "ciphertext"))
        query = sa.select(*columns).where(self._is_mine(dead_letters), dead_letters.c.id.in_(dead_ids))
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return {row.id: (row.envelope, SealedBody(row.key_id, bytes(row.ciphertext))) for row in rows}

    def note_look(self, dead_id: int, act: str, why: str = "", path: str = "", beside: str = "") -> None:
        """See the port."""
        about = sa.select(*(dead_letters.c[name] for name in ABOUT)).where(self._is(dead_id))

        def work(connection: sa.Connection) -> None:
            letter = connection.execute(about).one_or_none()
            if letter is None:
                raise _unknown(dead_id)
            what = (f"dead:{letter.id}", f"message:{letter.message_id}", *((beside,) if beside else ()))
            details = {"field": path} if path else {}
            self._record(connection, [Entry(act, what, now_us(), persons_of(letter.persons), why, details=details)])

        self._database.write(work)

    def claim_replay(self, dead_id: int, who: str, reason: str) -> bool:
        """See the port."""
        return self._move(dead_id, ("open", "replaying"), "replaying", who, reason)

    def mark_replayed(self, dead_id: int) -> None:
        """See the port."""
        query = (
            sa.update(dead_letters)
            .values(state="replayed", closed_at=now_us())
            .where(self._is(dead_id), dead_letters.c.state == "replaying")
        )
        self._database.write(lambda connection: connection.execute(query))

    def discard(self, dead_id: int, who: str, reason: str) -> bool:
        """See the port. A message that has its end all the same, by another copy, keeps it."""
        now = now_us()
        columns = ("tenant", "correlation_id", "message_id", "hop", "attempt", "code", "type", "source", "envelope")
        letter = sa.select(*(dead_letters.c[name] for name in columns)).where(self._is(dead_id))

        def work(connection: sa.Connection) -> bool:
            row = connection.execute(letter).one_or_none()
            if row is None:
                return False
            mine = sa.and_(self._is_mine(messages), messages.c.message_id == row.message_id, messages.c.hop == row.hop)
            place = sa.and_(self._is_mine(sequence), sequence.c.message_id == row.message_id, sequence.c.hop == row.hop)
            # in the order of `settle`, which has the message before its dead letter
            connection.execute(sa.select(messages.c["end"]).where(mine).with_for_update())
            if not self._closed(connection, dead_id, ("open",), "discarded", who, reason):
                return False
            ended = {"end": End.DISCARDED.value, "end_at": now}
            connection.execute(sa.update(messages).values(ended).where(mine, messages.c["end"].is_(None)))
            gone = {"envelope": None, "key_id": None, "ciphertext": None, "persons": None}
            connection.execute(sa.update(sequence).values(ended=True, **gone).where(place))
            happened = {"outcome": End.DISCARDED.value, "occurrence": 0, "started_at": now, "settled_at": now}
            entry = {name: value for name, value in row._mapping.items() if name != "envelope"} | happened
            connection.execute(self._database.insert(journal).values(entry).on_conflict_do_nothing())
            self._answer_end(connection, row.envelope, entry)
            return True

        return self._database.write(work)

    def empty_closed(self, types: Collection[str]) -> int:
        """See the port."""
        spent = sa.and_(
            self._is_mine(dead_letters), dead_letters.c.state.in_(CLOSED), dead_letters.c.type.in_(sorted(types))
        )
        of_them = sa.select(dead_letters.c.id).where(spent).scalar_subquery()
        over = edits.c.state.not_in([EditState.PROPOSED.value, EditState.APPROVED.value])
        emptied = sa.update(dead_letters).values(ciphertext=b"").where(spent, dead_letters.c.ciphertext != b"")
        edited = (
            sa.update(edits)
            .values(ciphertext=b"")
            .where(self._is_mine(edits), over, edits.c.ciphertext != b"", edits.c.dead_id.in_(of_them))
        )

        def work(connection: sa.Connection) -> int:
            connection.execute(edited)
            return connection.execute(emptied).rowcount

        return self._database.write(work)

    def _move(self, dead_id: int, from_: tuple[str, ...], to: str, who: str, reason: str) -> bool:
        return self._database.write(lambda connection: self._closed(connection, dead_id, from_, to, who, reason))

    def _closed(
        self, connection: sa.Connection, dead_id: int, from_: tuple[str, ...], to: str, who: str, reason: str
    ) -> bool:
        """False where it is in none of the states `from_`: someone else was first."""
        now = now_us()
        moved = connection.execute(
            sa.update(dead_letters)
            .values(state=to, closed_by=who, closed_reason=reason, closed_at=now)
            .where(self._is(dead_id), dead_letters.c.state.in_(from_))
            .returning(*(dead_letters.c[name] for name in ABOUT))
        ).one_or_none()
        if moved is None:
            return False
        act = "dead.discard" if to == "discarded" else "dead.replay"
        self._record(connection, [closing(act, moved, now, who, reason)])
        return True

    def _is(self, dead_id: int) -> sa.ColumnElement[bool]:
        return sa.and_(self._is_mine(dead_letters), dead_letters.c.id == dead_id)


def _unknown(dead_id: int) -> Refused:
    return Refused("letter.unknown", f"there is no failed message {dead_id}")


def closing(act: str, letter: sa.Row[tuple[object, ...]], at: int, who: str, why: str, plan: str = "") -> Entry:
    """What is recorded of a dead letter that somebody sends again or closes. `letter`: its columns ABOUT."""
    return Entry(
        act,
        (f"dead:{letter.id}", f"message:{letter.message_id}", *((plan,) if plan else ())),
        at,
        persons_of(letter.persons),
        why,
        details={"hop": letter.hop, "type": letter.type, "code": letter.code},
        actor=who,
    )


def naming(tenant: str, hashes: Collection[str]) -> sa.ColumnElement[bool]:
    """Dead letters that name one of these keyed hashes."""
    mine = sa.and_(dead_letter_names.c.tenant == tenant, dead_letter_names.c.hash.in_(sorted(hashes)))
    return dead_letters.c.id.in_(sa.select(dead_letter_names.c.dead_id).where(mine))


def conditions(tenant: str, where: DeadFilter) -> list[sa.ColumnElement[bool]]:
    """What the rows of `dead_letters` must meet, beside being of this tenant."""
    found: list[sa.ColumnElement[bool]] = []
    for name in ("code", "source", "hop", "type", "state", "message_id", "correlation_id"):
        value = getattr(where, name)
        if value is not None:
            found.append(dead_letters.c[name] == value)
    if where.ids is not None:
        found.append(dead_letters.c.id.in_(where.ids))
    if where.hops is not None:
        found.append(dead_letters.c.hop.in_(where.hops))
    if where.types is not None:
        found.append(dead_letters.c.type.in_(where.types))
    if where.since is not None:
        found.append(dead_letters.c.at >= where.since)
    if where.until is not None:
        found.append(dead_letters.c.at < where.until)
    if where.origin is not None:
        found.append(dead_letters.c.hop.startswith(f"{where.origin}.", autoescape=True))
    if where.persons is not None:
        found.append(naming(tenant, where.persons))
    return found
