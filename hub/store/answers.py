"""What publishers are to be told: written with the commit that made it true, and handed to who tells it."""

import json
from collections.abc import Collection, Iterable

import sqlalchemy as sa

from hub.ports.answers import Due
from hub.store.scoped import Scoped
from hub.store.tables_answers import answers

Row = dict[str, object]

_NEW = (
    "tenant", "partner", "published_as", "message_id", "hop", "type", "outcome", "code", "attempt", "at",
    "claimed_until",
)  # fmt: skip
_DUE = tuple(name for name in ("id", *_NEW) if name not in ("tenant", "claimed_until"))


class Answers(Scoped):
    """What the other parts of the store use to say that somebody is to be told."""

    def _prepare(self) -> None:
        super()._prepare()
        self._new_answer = self._database.prepare(sa.insert(answers), _NEW)

    def claim_answers(self, now: int, until: int, limit: int) -> list[Due]:
        """See the port."""
        query = (
            sa.select(*(answers.c[name] for name in _DUE))
            .where(
                self._is_mine(answers),
                # a claim by a clock far ahead of ours is not waited for: told twice, it is the same answer
                sa.or_(answers.c.claimed_until <= now, answers.c.claimed_until > until + (until - now)),
            )
            .order_by(answers.c.id)
            .limit(limit)
        )

        def work(connection: sa.Connection) -> list[Due]:
            found = [Due(*row) for row in connection.execute(query.with_for_update(skip_locked=True)).all()]
            ids = [due.id for due in found]
            connection.execute(sa.update(answers).values(claimed_until=until).where(answers.c.id.in_(ids)))
            return found

        # most of the time nobody is to be told anything: then no transaction is begun
        if not self._database.read(lambda connection: connection.execute(query.limit(1)).first()):
            return []
        return self._database.write(work)

    def answered(self, ids: Collection[int]) -> None:
        """See the port."""
        query = sa.delete(answers).where(self._is_mine(answers), answers.c.id.in_(ids))
        self._database.write(lambda connection: connection.execute(query))

    def _answer(self, connection: sa.Connection, rows: Iterable[Row]) -> None:
        """Rows of all that is in `Due` but the id."""
        self._new_answer.run(connection, [row | {"tenant": self._tenant, "claimed_until": 0} for row in rows])

    def _answer_end(self, connection: sa.Connection, envelope: str, ended: Row) -> None:
        """A message came to its end at a person's word: its publisher is told, where that is wanted.

        `envelope`: the JSON kept beside its body; `ended`: its row of the journal.
        """
        kept = json.loads(envelope)
        if kept.get("published_as") is not None:
            told = {name: ended[name] for name in ("message_id", "hop", "type", "outcome", "code", "attempt")}
            whom = {"partner": kept["source"], "published_as": kept["published_as"], "at": ended["settled_at"]}
            self._answer(connection, [told | whom])
