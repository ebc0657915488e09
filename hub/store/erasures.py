"""Erasing: bodies emptied, their data keys destroyed, and what had no end yet ended, in one commit."""

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from hub.ports.audit import Entry
from hub.ports.erasure import Erasure, ErasureState, Found, Lying
from hub.ports.holds import HoldState
from hub.ports.store import Alias, End, PersonRef, SealedBody
from hub.store.answers import Answers
from hub.store.dead_letters import naming
from hub.store.people import People
from hub.store.tables import aliases, dead_letters, journal, keys, messages, sequence
from hub.store.tables_edits import edits
from hub.store.tables_erasures import erasures
from hub.store.tables_fence import fence_names, holds

ERASED = "erased"  # the purpose of a destroyed key: its row stays, so that its bodies are known to be erased
_AT_ONCE = 500
_OPEN = ("open", "replaying")
_UNDECIDED = (HoldState.OPEN.value, HoldState.REVIEWED.value, HoldState.APPROVED.value)


@dataclass(frozen=True, slots=True)
class _Lying:
    """Rows with a body that name a person, and the keys of the person."""

    letters: list[sa.Row[Any]]
    held: list[sa.Row[Any]]
    edited: list[sa.Row[Any]]
    waiting: list[sa.Row[Any]]
    keys: frozenset[str]
    kept: int

    @property
    def unended(self) -> list[tuple[sa.Row[Any], str]]:
        """Those whose message may have no end yet, with the code it waits or died for."""
        found = [(row, row.code) for row in self.letters if row.state in _OPEN]
        found += [(row, row.code) for row in self.held if row.state in _UNDECIDED]
        return found + [(row, "") for row in self.waiting]

    def found(self) -> Found:
        counts = (len(self.letters), len(self.held), len(self.edited), len(self.waiting))
        return Found(*counts, unended=len({(row.message_id, row.hop) for row, _ in self.unended}), kept=self.kept)


class Erasures(People, Answers):
    """See `hub.ports.erasure`."""

    def lies_here(self, aliases: Collection[Alias]) -> Found:
        """See the port."""
        return self._database.read(lambda connection: self._lying(connection, aliases).found())

    def bodies_of(self, aliases: Collection[Alias]) -> list[Lying]:
        """See the port."""

        def work(connection: sa.Connection) -> list[Lying]:
            lying = self._lying(connection, aliases)
            return [
                *self._bodies(connection, "dead", dead_letters, lying.letters),
                *self._bodies(connection, "hold", holds, lying.held),
                *self._bodies(connection, "edit", edits, lying.edited),
                *self._bodies(connection, "waiting", sequence, lying.waiting),
            ]

        return self._database.read(work)

    def ask_erasure(self, aliases: Collection[Alias], who: str, reason: str, ticket: str | None, at: int) -> int:
        """See the port."""
        pairs = json.dumps(sorted([alias.kind, alias.hash] for alias in aliases))

        def work(connection: sa.Connection) -> int:
            row = {
                "tenant": self._tenant, "state": ErasureState.ASKED.value, "aliases": pairs, "who": who,
                "reason": reason, "ticket": ticket, "at": at,
                "found": json.dumps(asdict(self._lying(connection, aliases).found())),
            }  # fmt: skip
            made = int(connection.execute(sa.insert(erasures).values(row).returning(erasures.c.id)).scalar_one())
            self._record(connection, [_acted("erase.ask", made, at, aliases, who, reason)])
            return made

        return self._database.write(work)

    def erasures(self, states: Collection[ErasureState], after_id: int = 0, limit: int = 100) -> list[Erasure]:
        """See the port."""
        wanted = erasures.c.state.in_([state.value for state in states])
        query = (
            sa.select(erasures)
            .where(self._is_mine(erasures), wanted, erasures.c.id > after_id)
            .order_by(erasures.c.id)
            .limit(limit)
        )
        return [_erasure(row) for row in self._database.read(lambda connection: connection.execute(query).all())]

    def erasure(self, erasure_id: int) -> Erasure | None:
        """See the port."""
        query = sa.select(erasures).where(self._is_erasure(erasure_id))
        row = self._database.read(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else _erasure(row)

    def refuse_erasure(self, erasure_id: int, who: str, reason: str, at: int) -> bool:
        """See the port."""

        def work(connection: sa.Connection) -> bool:
            row = self._decided(connection, erasure_id, ErasureState.REFUSED, who, reason, at)
            if row is None:
                return False
            self._record(connection, [_acted("erase.refuse", erasure_id, at, _aliases(row), who, reason)])
            return True

        return self._database.write(work)

    def erase(self, erasure_id: int, who: str, reason: str, at: int) -> Found | None:
        """See the port."""

        def retire(connection: sa.Connection) -> frozenset[str]:
            """What is sealed from now on is sealed under another key: it came after the erasure."""
            row = connection.execute(sa.select(erasures).where(self._is_erasure(erasure_id))).one_or_none()
            if row is None or row.state != ErasureState.ASKED.value:
                return frozenset()
            retired = self._lying(connection, _aliases(row)).keys
            self._destroy(connection, retired, wipe=False)
            return retired

        def work(connection: sa.Connection) -> Found | None:
            row = self._decided(connection, erasure_id, ErasureState.DONE, who, reason, at)
            if row is None:
                return None
            lying = self._lying(connection, _aliases(row))
            self._end(connection, lying, at)
            self._empty(connection, lying, who, reason, at)
            self._destroy(connection, retired | _sealing(lying), wipe=True)
            found = lying.found()
            written = sa.update(erasures).values(found=json.dumps(asdict(found))).where(erasures.c.id == erasure_id)
            connection.execute(written)
            self._record(connection, [_acted("erase.done", erasure_id, at, _aliases(row), who, reason)])
            return found

        retired = self._database.write(retire)
        return self._database.write(work)

    def _lying(self, connection: sa.Connection, wanted: Collection[Alias]) -> _Lying:
        same = self._same(connection, wanted)
        hashes = sorted({alias.hash for others in same.values() for alias in others} | {one.hash for one in wanted})
        person = sa.select(aliases.c.person_id).where(self._is_mine(aliases), aliases.c.hash.in_(hashes))
        own = sa.select(keys.c.key_id).where(
            self._is_mine(keys), keys.c.purpose.in_(("person", ERASED)), keys.c.subject.in_(person)
        )
        own_keys = frozenset(connection.execute(own).scalars())
        letters = self._with_body(connection, dead_letters, naming(self._tenant, hashes))
        edited: list[sa.Row[Any]] = []
        for chunk in _chunks([row.id for row in letters]):
            of_letters: sa.Select[Any] = sa.select(edits.c.id, edits.c.key_id).where(
                self._is_mine(edits), edits.c.dead_id.in_(chunk), edits.c.ciphertext != b""
            )
            edited += connection.execute(of_letters).all()
        names = ("id", "message_id", "hop", "key_id", "envelope")
        waits: sa.Select[Any] = sa.select(*(sequence.c[name] for name in names)).where(
            self._is_mine(sequence), sequence.c.ciphertext.is_not(None), _names(sequence, hashes)
        )
        acts = sa.select(sa.func.count()).where(self._is_mine(fence_names), fence_names.c.hash.in_(hashes))
        return _Lying(
            letters,
            self._with_body(connection, holds, _names(holds, hashes)),
            edited,
            list(connection.execute(waits).all()),
            own_keys,
            int(connection.execute(acts.select_from(fence_names)).scalar_one()),
        )

    def _bodies(self, connection: sa.Connection, kind: str, table: sa.Table, rows: list[sa.Row[Any]]) -> list[Lying]:
        at = table.c.at if "at" in table.c else sa.null()
        found: list[Lying] = []
        for chunk in _chunks([row.id for row in rows]):
            query = sa.select(table.c.id, at, table.c.envelope, table.c.key_id, table.c.ciphertext).where(
                self._is_mine(table), table.c.id.in_(chunk)
            )
            for id_, when, text, key_id, ciphertext in connection.execute(query.order_by(table.c.id)):
                found.append(Lying(f"{kind}:{id_}", when, text, SealedBody(key_id, bytes(ciphertext))))
        return found

    def _with_body(
        self, connection: sa.Connection, table: sa.Table, named: sa.ColumnElement[bool]
    ) -> list[sa.Row[Any]]:
        """Those of the rows named that still have their body."""
        names = ("id", "message_id", "hop", "state", "code", "key_id", "correlation_id", "type", "source", "envelope")
        query = sa.select(*(table.c[name] for name in names)).where(
            self._is_mine(table), named, table.c.ciphertext != b""
        )
        return list(connection.execute(query.order_by(table.c.message_id, table.c.hop)).all())

    def _end(self, connection: sa.Connection, lying: _Lying, at: int) -> None:
        """Messages without an end have one now, and whoever waits behind them may go."""
        for row, code in sorted(lying.unended, key=lambda pair: (pair[0].message_id, pair[0].hop)):
            mine = {"tenant": self._tenant, "message_id": row.message_id, "hop": row.hop}
            ended = connection.execute(
                sa.update(messages)
                .values(end=End.ERASED.value, end_at=at)
                .where(*(messages.c[name] == value for name, value in mine.items()), messages.c["end"].is_(None))
                .returning(messages.c.correlation_id, messages.c.type)
            ).one_or_none()
            connection.execute(
                sa.update(sequence)
                .values(ended=True, envelope=None, key_id=None, ciphertext=None, persons=None)
                .where(*(sequence.c[name] == value for name, value in mine.items()))
            )
            if ended is None:
                continue
            entry = mine | {
                "correlation_id": ended.correlation_id, "attempt": 0, "outcome": End.ERASED.value, "occurrence": 0,
                "code": code or None, "type": ended.type, "source": getattr(row, "source", ""), "started_at": at,
                "settled_at": at,
            }  # fmt: skip
            connection.execute(self._database.insert(journal).values(entry).on_conflict_do_nothing())
            self._answer_end(connection, row.envelope, entry)

    def _empty(self, connection: sa.Connection, lying: _Lying, who: str, reason: str, at: int) -> None:
        """Nothing of a body is left in these rows."""
        closed = {"closed_by": who, "closed_reason": reason, "closed_at": at}
        for table, rows, open_, extra in (
            (dead_letters, lying.letters, _OPEN, closed),
            (holds, lying.held, _UNDECIDED, {}),
        ):
            still = [row.id for row in rows if row.state in open_]
            for chunk in _chunks(still):
                connection.execute(sa.update(table).values(state=ERASED, **extra).where(table.c.id.in_(chunk)))
            for chunk in _chunks([row.id for row in rows]):
                connection.execute(sa.update(table).values(ciphertext=b"").where(table.c.id.in_(chunk)))
        for chunk in _chunks([row.id for row in lying.edited]):
            connection.execute(sa.update(edits).values(ciphertext=b"").where(edits.c.id.in_(chunk)))

    def _destroy(self, connection: sa.Connection, key_ids: Collection[str], wipe: bool) -> None:
        values: dict[str, object] = {"purpose": ERASED} | ({"wrapped": b""} if wipe else {})
        for chunk in _chunks(sorted(key_ids)):
            connection.execute(sa.update(keys).values(**values).where(self._is_mine(keys), keys.c.key_id.in_(chunk)))

    def _decided(
        self, connection: sa.Connection, erasure_id: int, state: ErasureState, who: str, reason: str, at: int
    ) -> sa.Row[Any] | None:
        decided = (
            sa.update(erasures)
            .values(state=state.value, decided_by=who, decided_reason=reason, decided_at=at)
            .where(self._is_erasure(erasure_id), erasures.c.state == ErasureState.ASKED.value)
            .returning(erasures)
        )
        return connection.execute(decided).one_or_none()

    def _is_erasure(self, erasure_id: int) -> sa.ColumnElement[bool]:
        return sa.and_(self._is_mine(erasures), erasures.c.id == erasure_id)


def _names(table: sa.Table, hashes: Collection[str]) -> sa.ColumnElement[bool]:
    """Rows whose column `persons` has one of these keyed hashes."""
    return sa.or_(sa.false(), *(table.c.persons.contains(f'"{one}"') for one in hashes))


def _sealing(lying: _Lying) -> frozenset[str]:
    """Keys of these bodies: the person's own, and those of several persons, of which each seals one body alone."""
    rows = (*lying.letters, *lying.held, *lying.edited, *lying.waiting)
    return frozenset(row.key_id for row in rows)


def _acted(act: str, erasure_id: int, at: int, aliases: Collection[Alias], who: str, why: str) -> Entry:
    return Entry(act, (f"erasure:{erasure_id}",), at, (PersonRef("subject", tuple(aliases)),), why, actor=who)


def _aliases(row: sa.Row[Any]) -> list[Alias]:
    return [Alias(kind, hash_) for kind, hash_ in json.loads(row.aliases)]


def _chunks(ids: Collection[Any]) -> Iterable[list[Any]]:
    listed = list(ids)
    return (listed[start : start + _AT_ONCE] for start in range(0, len(listed), _AT_ONCE))


def _erasure(row: sa.Row[Any]) -> Erasure:
    return Erasure(
        id=row.id,
        state=ErasureState(row.state),
        hashes=tuple(alias.hash for alias in _aliases(row)),
        who=row.who,
        reason=row.reason,
        ticket=row.ticket,
        at=row.at,
        found=Found(**json.loads(row.found)),
        decided_by=row.decided_by,
        decided_reason=row.decided_reason,
        decided_at=row.decided_at,
    )
