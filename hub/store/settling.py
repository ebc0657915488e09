"""Settling a batch: the rows that say what became of each message."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import sqlalchemy as sa

from hub.ports.audit import HUB, Entry
from hub.ports.holds import HoldState, NewHold
from hub.ports.permissions import Exchanged
from hub.ports.store import End, NewDeadLetter, Progress, Settlement, Waiting
from hub.store.answers import Answers
from hub.store.circuits import connector_of, lock_circuits
from hub.store.people import People
from hub.store.scoped import matches, persons_json
from hub.store.tables import dead_letter_names, dead_letters, journal, leases, messages, sequence, versions
from hub.store.tables_fence import holds

Row = dict[str, object]

_MESSAGE = ("tenant", "message_id", "hop", "digest", "type", "correlation_id", "accepted_at", "end", "end_at", "due_at")
_JOURNAL = (
    "tenant", "correlation_id", "message_id", "hop", "attempt", "outcome", "occurrence", "code", "type", "source",
    "started_at", "settled_at",
)  # fmt: skip
_OCCASION = ("tenant", "correlation_id", "message_id", "hop", "attempt", "outcome", "occurrence")  # one row each
_PLACE = ("tenant", "hop", "sequence_key", "message_id", "ended", "claimed_until")
_DEAD_LETTER = (
    "tenant", "message_id", "hop", "attempt", "correlation_id", "type", "source", "code", "stage", "explanation",
    "queue", "state", "at", "withheld", "part", "persons", "envelope", "key_id", "ciphertext", "outgoing",
)  # fmt: skip
_NAME = ("tenant", "hash", "dead_id")
_HOLD = (
    "tenant", "message_id", "hop", "correlation_id", "type", "source", "code", "version", "outgoing", "queue", "state",
    "at", "withheld", "part", "persons", "envelope", "key_id", "ciphertext",
)  # fmt: skip
# Outcomes a message may honestly meet again with the same attempt: each time is a journal row of its own.
_REPEATABLE = (Progress.WAIT, Progress.WAITING, Progress.HELD, End.DUPLICATE)

# Outcomes a publisher hears of: those that stay until something else happens to the message.
_TOLD = (End.FORWARDED, End.DUPLICATE, End.DELIVERED, End.SUPERSEDED, Progress.DEAD, Progress.HELD)


class Settling(People, Answers):
    """Writes settlements. Rows go in sorted by key: pages are touched once, and batches that meet cannot deadlock."""

    def _prepare(self) -> None:
        super()._prepare()
        insert, prepare = self._database.insert, self._database.prepare
        message = insert(messages)
        # a delivery may be faster than the settlement of what caused it, and not know when it is due
        due_now = sa.and_(messages.c.due_at.is_(None), message.excluded["due_at"].is_not(None))
        self._message = prepare(
            message.on_conflict_do_update(
                index_elements=[messages.c.tenant, messages.c.message_id, messages.c.hop],
                set_={
                    "end": message.excluded["end"],
                    "end_at": message.excluded["end_at"],
                    "due_at": sa.func.coalesce(messages.c.due_at, message.excluded["due_at"]),
                },
                where=sa.and_(messages.c["end"].is_(None), sa.or_(message.excluded["end"].is_not(None), due_now)),
            ),
            _MESSAGE,
        )
        self._journal = prepare(insert(journal).on_conflict_do_nothing(), _JOURNAL)
        self._dead_letter = prepare(insert(dead_letters).on_conflict_do_nothing(), _DEAD_LETTER)
        its = sa.select(dead_letters.c.tenant, sa.bindparam("hash", type_=sa.Text), dead_letters.c.id).where(
            matches(dead_letters, "tenant", "message_id", "hop", "attempt")
        )
        self._name = prepare(insert(dead_letter_names).from_select(_NAME, its).on_conflict_do_nothing())
        held = insert(holds)
        self._hold = prepare(
            held.on_conflict_do_update(  # a content that comes back after another is looked at anew
                index_elements=[holds.c[name] for name in ("tenant", "message_id", "hop", "outgoing", "version")],
                set_={name: held.excluded[name] for name in ("state", "withheld", "part")},
                where=holds.c.state == _state(HoldState.VOID),
            ),
            _HOLD,
        )
        self._void = prepare(
            sa.update(holds)
            .values(state=_state(HoldState.VOID))
            .where(
                matches(holds, "tenant", "message_id", "hop"),
                holds.c.state != _state(HoldState.REFUSED),
                sa.or_(holds.c.outgoing != sa.bindparam("outgoing"), holds.c.version != sa.bindparam("version")),
            )
        )
        self._place = prepare(insert(sequence).on_conflict_do_nothing(), _PLACE)
        self._give_up = prepare(
            sa.update(sequence)
            .values(ended=sa.true(), envelope=sa.null(), key_id=sa.null(), ciphertext=sa.null(), persons=sa.null())
            .where(matches(sequence, "tenant", "message_id", "hop"))
        )
        self._wait = prepare(
            sa.update(sequence)
            .values(
                claimed_until=sa.literal_column("0"),
                **{name: sa.bindparam(f"its_{name}") for name in ("envelope", "key_id", "ciphertext", "persons")},
            )
            .where(matches(sequence, "tenant", "message_id", "hop"), sequence.c.ended.is_(False))
        )
        self._delivered = prepare(
            sa.update(versions)
            .values(delivered=sa.true())
            .where(
                matches(versions, "tenant", "hop", "digest"),
                versions.c.state_key
                == sa.select(leases.c.state_key)
                .where(matches(leases, "tenant", "message_id", "hop"))
                .scalar_subquery(),
            )
        )
        self._close = prepare(
            sa.update(leases)
            .values(deadline=sa.null(), in_doubt=sa.bindparam("doubt"))
            .where(matches(leases, "tenant", "message_id", "hop", "opened_at"))
        )

    def settle(self, batch: Sequence[Settlement]) -> None:
        """See the port."""
        sent = [one for one in batch if one.leased_at is not None]
        message_rows = sorted((row for one in batch for row in self._message_rows(one)), key=_message_key)
        journal_rows = sorted((self._journal_row(one) for one in batch), key=_journal_key)
        dead_rows = [self._dead_row(one, one.dead) for one in batch if one.dead is not None]
        name_rows = [row for one in batch if one.dead is not None for row in self._name_rows(one, one.dead)]
        lease_rows = [self._lease_row(one) for one in sent]
        place_rows = [row for one in batch for row in self._place_rows(one)]  # in the order of the batch
        ended_rows = [self._key(one) for one in batch if one.sequenced and _gives_up_its_place(one)]
        hold_rows = [self._hold_row(one, one.hold) for one in batch if one.hold is not None]
        links = self._new_links(person for one in batch for person in one.links)
        waiting_rows = [self._waiting_row(one, one.waiting) for one in batch if one.waiting is not None]
        version_rows = [self._key(one) | {"digest": one.digest} for one in sent if one.outcome is End.DELIVERED]

        answer_rows = [_answer_row(one) for one in batch if one.told is not None and one.outcome in _TOLD]
        told = [entry for one in sent if (entry := _entry(one)) is not None]
        told += [_exchange(one, one.exchanged) for one in batch if one.exchanged is not None]

        def work(connection: sa.Connection) -> None:
            if sent:
                lock_circuits(self._database, connection, self._tenant, {connector_of(one.hop) for one in sent})
            self._message.run(connection, message_rows)
            if self._journal.run(connection, journal_rows) < len(journal_rows):
                self._note_copies(connection, journal_rows)
            self._place.run(connection, place_rows)
            self._give_up.run(connection, sorted(ended_rows, key=_message_key))
            self._wait.run(connection, sorted(waiting_rows, key=_message_key))
            self._dead_letter.run(connection, sorted(dead_rows, key=_message_key))
            self._name.run(connection, sorted(name_rows, key=_message_key))
            self._void.run(connection, sorted(hold_rows, key=_message_key))
            self._hold.run(connection, sorted(hold_rows, key=_message_key))
            self._write_links(connection, links)
            self._delivered.run(connection, version_rows)
            self._close.run(connection, lease_rows)
            self._record(connection, told)
            self._answer(connection, answer_rows)

        if batch:
            self._database.write(work)
            self._remember_links(links)

    def _key(self, one: Settlement) -> Row:
        return {"tenant": self._tenant, "message_id": one.message_id, "hop": one.hop}

    def _message_rows(self, one: Settlement) -> list[Row]:
        ended = isinstance(one.outcome, End)
        own: Row = {
            "tenant": self._tenant,
            "message_id": one.message_id,
            "hop": one.hop,
            "digest": one.digest,
            "type": one.type,
            "correlation_id": one.correlation_id,
            "accepted_at": one.settled_at,
            "end": one.outcome.value if ended else None,
            "end_at": one.settled_at if ended else None,
            "due_at": None,
        }
        return [own] + [
            {
                "tenant": self._tenant,
                "message_id": child.message_id,
                "hop": child.hop,
                "digest": child.digest,
                "type": child.type,
                "correlation_id": one.correlation_id,
                "accepted_at": one.settled_at,
                "end": None,
                "end_at": None,
                "due_at": child.due_at,
            }
            for child in one.children
        ]

    def _journal_row(self, one: Settlement) -> Row:
        return {
            "tenant": self._tenant,
            "correlation_id": one.correlation_id,
            "message_id": one.message_id,
            "hop": one.hop,
            "attempt": one.attempt,
            "outcome": one.outcome.value,
            "occurrence": one.settled_at if one.outcome in _REPEATABLE else 0,
            "code": one.code,
            "type": one.type,
            "source": one.source,
            "started_at": one.started_at,
            "settled_at": one.settled_at,
        }

    def _note_copies(self, connection: sa.Connection, rows: Sequence[Row]) -> None:
        """Copies decided side by side, each as the first: all but one were duplicates. The same one again is not."""
        for row in rows:
            if row["outcome"] != End.FORWARDED.value:
                continue
            first = connection.execute(
                sa.select(journal.c.started_at, journal.c.settled_at).where(
                    *(journal.c[name] == row[name] for name in _OCCASION)
                )
            ).one()
            if tuple(first) != (row["started_at"], row["settled_at"]):
                copy = {"outcome": End.DUPLICATE.value, "occurrence": row["settled_at"]}
                self._journal.run(connection, [row | copy])

    def _dead_row(self, one: Settlement, letter: NewDeadLetter) -> Row:
        return self._key(one) | {
            "attempt": one.attempt,
            "correlation_id": one.correlation_id,
            "type": one.type,
            "source": one.source,
            "code": letter.code,
            "stage": letter.stage,
            "explanation": letter.explanation,
            "queue": letter.queue,
            "state": "open",
            "at": one.settled_at,
            "persons": persons_json(letter.persons),
            "envelope": letter.envelope,
            "key_id": letter.body.key_id,
            "ciphertext": letter.body.ciphertext,
            "outgoing": letter.outgoing,
        }

    def _name_rows(self, one: Settlement, letter: NewDeadLetter) -> list[Row]:
        hashes = {alias.hash for person in letter.persons for alias in person.aliases}
        return [self._key(one) | {"attempt": one.attempt, "hash": hash_} for hash_ in sorted(hashes)]

    def _hold_row(self, one: Settlement, hold: NewHold) -> Row:
        return self._key(one) | {
            "correlation_id": one.correlation_id,
            "type": one.type,
            "source": one.source,
            "code": hold.code,
            "version": hold.version,
            "outgoing": hold.outgoing,
            "queue": hold.queue,
            "state": HoldState.OPEN.value,
            "at": one.settled_at,
            "withheld": "",
            "part": "",
            "persons": persons_json(hold.persons),
            "envelope": hold.envelope,
            "key_id": hold.body.key_id,
            "ciphertext": hold.body.ciphertext,
        }

    def _place_rows(self, one: Settlement) -> list[Row]:
        return [
            {
                "tenant": self._tenant,
                "hop": child.hop,
                "sequence_key": child.sequence_key,
                "message_id": child.message_id,
                "ended": False,
                "claimed_until": 0,
            }
            for child in one.children
            if child.sequence_key is not None
        ]

    def _waiting_row(self, one: Settlement, waiting: Waiting) -> Row:
        return self._key(one) | {
            "its_envelope": waiting.envelope,
            "its_key_id": waiting.body.key_id,
            "its_ciphertext": waiting.body.ciphertext,
            "its_persons": persons_json(waiting.persons),
        }

    def _lease_row(self, one: Settlement) -> Row:
        return self._key(one) | {"opened_at": one.leased_at, "doubt": one.in_doubt}


def _answer_row(one: Settlement) -> Row:
    return {
        "partner": one.source,
        "published_as": one.told,
        "message_id": one.message_id,
        "hop": one.hop,
        "type": one.type,
        "outcome": one.outcome.value,
        "code": one.code,
        "attempt": one.attempt,
        "at": one.settled_at,
    }


def _entry(one: Settlement) -> Entry | None:
    """What became of something that left the city. `lease` is that of its row "disclose.send"."""
    if one.disclosed is None or one.leased_at is None:
        return None
    details: dict[str, str | int] = {
        "hop": one.hop,
        "type": one.type,
        "attempt": one.attempt,
        "lease": one.leased_at,
        "outcome": one.outcome.value,
    }
    if one.code is not None:
        details["code"] = one.code
    if one.in_doubt:
        details["in_doubt"] = 1
    what = (f"message:{one.message_id}",)
    return Entry("disclose.outcome", what, one.settled_at, one.disclosed, details=details, actor=HUB)


def _exchange(one: Settlement, step: Exchanged) -> Entry:
    """A step of an inquiry between bodies (R30). Whom it is about stands in the disclosure of the same correlation."""
    details: dict[str, str | int] = {"hop": one.hop, "type": one.type, "correlation": one.correlation_id}
    details |= {} if step.combination is None else asdict(step.combination)
    details |= {} if one.code is None else {"code": one.code}
    what = (f"message:{one.message_id}",)
    return Entry(f"exchange.{step.step}", what, one.settled_at, one.links, one.purpose, one.basis, details, actor=HUB)


def _state(state: HoldState) -> sa.ColumnElement[str]:
    """Written out: a prepared statement has no parameters but those of its rows."""
    return sa.literal_column(f"'{state.value}'", sa.Text)


def _gives_up_its_place(one: Settlement) -> bool:
    """A held state with a version stands in nobody's way: a newer one supersedes it, and may be what protects."""
    return isinstance(one.outcome, End) or (one.hold is not None and one.hold.gives_way)


def _message_key(row: Mapping[str, object]) -> tuple[str, str]:
    return str(row["message_id"]), str(row["hop"])


def _journal_key(row: Mapping[str, object]) -> tuple[str, str]:
    return str(row["correlation_id"]), str(row["message_id"])
