"""Messages that wait behind an earlier one of their record, and which of them may go out by now."""

from collections.abc import Collection

import sqlalchemy as sa

from hub.ports.store import SealedBody, Waiting
from hub.store.scoped import Scoped
from hub.store.tables import sequence


class Sequences(Scoped):
    """Places are given and given up by `settle`; here waiting messages are handed back."""

    def claim_releasable(self, hop: str, now: int, until: int, limit: int) -> list[Waiting]:
        """See the port."""
        columns = (sequence.c.id, sequence.c.message_id, sequence.c.envelope, sequence.c.key_id, sequence.c.ciphertext)
        query = (
            sa.select(*columns)
            .where(
                self._is_first(hop),
                # a claim by a clock far ahead of ours is not waited for: released twice, one is dropped by its id
                sa.or_(sequence.c.claimed_until <= now, sequence.c.claimed_until > until + (until - now)),
            )
            .order_by(sequence.c.id)
            .limit(limit)
        )

        def work(connection: sa.Connection) -> list[Waiting]:
            rows = connection.execute(query.with_for_update(of=sequence, skip_locked=True)).all()
            ids = [row.id for row in rows]
            connection.execute(sa.update(sequence).values(claimed_until=until).where(sequence.c.id.in_(ids)))
            return [
                Waiting(row.message_id, row.envelope, SealedBody(row.key_id, bytes(row.ciphertext))) for row in rows
            ]

        # most of the time nothing waits: then no transaction is begun
        if not self._database.read(lambda connection: connection.execute(query).first()):
            return []
        return self._database.write(work)

    def releasable(self, hop: str) -> int:
        """See the port."""
        query = sa.select(sa.func.count()).select_from(sequence).where(self._is_first(hop))
        return self._database.read(lambda connection: connection.execute(query).scalar_one())

    def _is_first(self, hop: str) -> sa.ColumnElement[bool]:
        """It waits, and none of its record before it has no end yet."""
        waits = (sequence.c.ciphertext.is_not(None), sequence.c.ended.is_(False))
        return sa.and_(self._is_mine(sequence), sequence.c.hop == hop, *waits, ~is_behind())

    def released(self, hop: str, message_ids: Collection[str]) -> None:
        """See the port."""
        query = (
            sa.update(sequence)
            .values(envelope=None, key_id=None, ciphertext=None, persons=None, claimed_until=0)
            .where(
                self._is_mine(sequence),
                sequence.c.hop == hop,
                sequence.c.message_id.in_(sorted(message_ids)),
                sequence.c.claimed_until > 0,  # else it waits anew by now
            )
        )
        self._database.write(lambda connection: connection.execute(query))


def is_behind() -> sa.Exists:
    """Of a row of `sequence`: an earlier one of its record has no end yet."""
    other = sequence.alias()
    return sa.exists().where(
        other.c.tenant == sequence.c.tenant,
        other.c.hop == sequence.c.hop,
        other.c.sequence_key == sequence.c.sequence_key,
        other.c.ended.is_(False),
        other.c.id < sequence.c.id,
    )
