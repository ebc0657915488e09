"""Reading what happened: known messages, the trace of one, the balance of all."""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from hub.ports.store import Balance, End, JournalEntry, Known
from hub.store.holds import DECIDABLE
from hub.store.scoped import Scoped
from hub.store.tables import dead_letters, journal, leases, messages, sequence
from hub.store.tables_fence import holds

_ENDS = tuple(end.value for end in End)
RECENT = 20_000  # entries of the journal that `traffic` looks at
_DEAD = ("open", "replaying")  # not yet back in a queue, as far as is known


class Journal(Scoped):
    """Reads. Each but `trace` is one statement, and so one snapshot."""

    def known(self, hop: str, message_ids: Collection[str]) -> Mapping[str, Known]:
        """See the port."""
        if not message_ids:
            return {}
        query = sa.select(messages.c.message_id, messages.c.digest, messages.c["end"]).where(
            self._is_mine(messages), messages.c.hop == hop, messages.c.message_id.in_(sorted(message_ids))
        )
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return {message_id: Known(digest, End(end) if end else None) for message_id, digest, end in rows}

    def trace(self, message_id: str) -> list[JournalEntry]:
        """See the port. `message_id` may be a correlation id as well.

        A copy that a partner sent under another correlation id is found by that one.
        """
        flow = sa.select(messages.c.correlation_id).where(self._is_mine(messages), messages.c.message_id == message_id)

        def work(connection: sa.Connection) -> list[sa.Row[Any]]:
            # one after the other: asked for in one condition, both databases read the whole journal
            flows = {message_id, *connection.execute(flow).scalars()}
            query = (
                sa.select(journal)
                .where(self._is_mine(journal), journal.c.correlation_id.in_(sorted(flows)))
                .order_by(journal.c.settled_at, journal.c.id)
            )
            return list(connection.execute(query).all())

        rows = self._database.read(work)
        return [
            JournalEntry(
                at=row.settled_at,
                hop=row.hop,
                message_id=row.message_id,
                type=row.type,
                source=row.source,
                attempt=row.attempt,
                outcome=row.outcome,
                code=row.code,
                duration_us=row.settled_at - row.started_at,
            )
            for row in rows
        ]

    def balances(self) -> list[Balance]:
        """See the port. Reads every row of the tenant: for reconciling, not for polling."""
        query = sa.union_all(
            self._accepted(), self._ended(), self._dead(), self._leased(), self._waiting(), self._held()
        )
        rows = self._database.read(lambda connection: connection.execute(query).all())
        counts: dict[str, dict[str, int]] = {}
        for hop, what, count in rows:
            counts.setdefault(hop, {})[what] = count
        return [
            Balance(
                hop=hop,
                accepted=found.get("accepted", 0),
                ends={end: found[end] for end in _ENDS if end in found},
                dead=found.get("dead", 0),
                leased=found.get("leased", 0),
                waiting=found.get("waiting", 0),
                held=found.get("held", 0),
            )
            for hop, found in sorted(counts.items())
        ]

    def awaited(self) -> list[tuple[str, str, int, int]]:
        """See the port."""
        return self._awaited(sa.true())

    def overdue(self, now: int) -> list[tuple[str, str, int, int]]:
        """See the port."""
        return self._awaited(messages.c.due_at < now)

    def _awaited(self, which: sa.ColumnElement[bool]) -> list[tuple[str, str, int, int]]:
        oldest = sa.func.min(messages.c.due_at)
        query = (
            sa.select(messages.c.hop, messages.c.type, sa.func.count(), oldest)
            .where(self._is_mine(messages), which, messages.c.due_at.is_not(None))
            .where(messages.c["end"].is_(None))
            .group_by(messages.c.hop, messages.c.type)
            .order_by(messages.c.hop, messages.c.type)
        )
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return [(hop, type_, count, due_at) for hop, type_, count, due_at in rows]

    def backlog(self, hops: Collection[str]) -> Mapping[str, tuple[int, int | None]]:
        """See the port."""
        if not hops:
            return {}
        counted = (
            sa.select(messages.c.hop, sa.literal("open"), sa.func.count())
            .where(self._is_mine(messages), messages.c["end"].is_(None), messages.c.hop.in_(sorted(hops)))
            .group_by(messages.c.hop)
        )
        query = sa.union_all(counted, *(self._oldest(hop) for hop in sorted(hops)))
        rows = self._database.read(lambda connection: connection.execute(query).all())
        oldest = {hop: at for hop, what, at in rows if what == "oldest"}
        return {hop: (count, oldest.get(hop)) for hop, what, count in rows if what == "open"}

    def _oldest(self, hop: str) -> sa.Select[Any]:
        """Stops at the first that waits for no person."""
        found = (
            sa.select(messages.c.accepted_at)
            .where(self._is_mine(messages), messages.c.hop == hop, messages.c["end"].is_(None))
            .where(
                ~self._waits(dead_letters, dead_letters.c.state == "open"),
                ~self._waits(holds, holds.c.state.in_(DECIDABLE)),
                ~self._waits(sequence, sequence.c.ciphertext.is_not(None)),
            )
            .order_by(messages.c.accepted_at)
            .limit(1)
            .subquery()
        )
        return sa.select(sa.literal(hop), sa.literal("oldest"), found.c.accepted_at)

    def _waits(self, table: sa.Table, condition: sa.ColumnElement[bool]) -> sa.Exists:
        same = (self._is_mine(table), table.c.message_id == messages.c.message_id, table.c.hop == messages.c.hop)
        return sa.exists().where(*same, condition)

    def traffic(self, since: int) -> list[tuple[str, str, int]]:
        """See the port. Walks back along the primary key, whatever the journal's length."""
        newest = sa.select(sa.func.max(journal.c.id)).scalar_subquery()
        query = (
            sa.select(journal.c.hop, journal.c.type, sa.func.count())
            .where(self._is_mine(journal), journal.c.id > newest - RECENT, journal.c.settled_at >= since)
            .where(journal.c.outcome.in_(_ENDS))
            .group_by(journal.c.hop, journal.c.type)
            .order_by(journal.c.hop, journal.c.type)
        )
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return [(hop, type_, count) for hop, type_, count in rows]

    def _accepted(self) -> sa.Select[Any]:
        what = sa.literal("accepted").label("what")
        return sa.select(messages.c.hop, what, sa.func.count()).where(self._is_mine(messages)).group_by(messages.c.hop)

    def _ended(self) -> sa.Select[Any]:
        """A message counts by its first end; copies of it that came later are not messages of their own."""
        nth = sa.func.row_number().over(partition_by=(journal.c.hop, journal.c.message_id), order_by=journal.c.id)
        ends = (
            sa.select(journal.c.hop, journal.c.outcome, nth.label("nth"))
            .where(self._is_mine(journal), journal.c.outcome.in_(_ENDS))
            .subquery()
        )
        return (
            sa.select(ends.c.hop, ends.c.outcome, sa.func.count())
            .where(ends.c.nth == 1)
            .group_by(ends.c.hop, ends.c.outcome)
        )

    def _dead(self) -> sa.Select[Any]:
        """Messages, not letters: one that was delivered all the same, or died twice, is not to be counted twice."""
        ended = sa.exists().where(
            self._is_mine(journal),
            journal.c.correlation_id == dead_letters.c.correlation_id,
            journal.c.message_id == dead_letters.c.message_id,
            journal.c.hop == dead_letters.c.hop,
            journal.c.outcome.in_(_ENDS),
        )
        return (
            sa.select(dead_letters.c.hop, sa.literal("dead"), sa.func.count(dead_letters.c.message_id.distinct()))
            .where(self._is_mine(dead_letters), dead_letters.c.state.in_(_DEAD), ~ended)
            .group_by(dead_letters.c.hop)
        )

    def _leased(self) -> sa.Select[Any]:
        """Sends begun and not settled, abandoned ones included, of messages that have no end yet."""
        ended = sa.exists().where(
            self._is_mine(messages),
            messages.c.message_id == leases.c.message_id,
            messages.c.hop == leases.c.hop,
            messages.c["end"].is_not(None),
        )
        return (
            sa.select(leases.c.hop, sa.literal("leased"), sa.func.count())
            .where(self._is_mine(leases), leases.c.deadline.is_not(None), ~ended)
            .group_by(leases.c.hop)
        )

    def _waiting(self) -> sa.Select[Any]:
        """Kept here, not in a queue. One that also came back by another copy and has its end counts by that."""
        return (
            sa.select(sequence.c.hop, sa.literal("waiting"), sa.func.count())
            .where(self._is_mine(sequence), sequence.c.ciphertext.is_not(None), sequence.c.ended.is_(False))
            .group_by(sequence.c.hop)
        )

    def _held(self) -> sa.Select[Any]:
        """Kept for people to look at. One that has its end all the same counts by that."""
        ended = sa.exists().where(
            self._is_mine(messages),
            messages.c.message_id == holds.c.message_id,
            messages.c.hop == holds.c.hop,
            messages.c["end"].is_not(None),
        )
        return (
            sa.select(holds.c.hop, sa.literal("held"), sa.func.count(holds.c.message_id.distinct()))
            .where(self._is_mine(holds), holds.c.state.in_(DECIDABLE), ~ended)
            .group_by(holds.c.hop)
        )
