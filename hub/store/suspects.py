"""How often the handling of a suspect was begun and never ended."""

import sqlalchemy as sa

from hub.store.scoped import Scoped
from hub.store.tables import suspects


class Suspects(Scoped):
    """Rows live while a suspect is being handled."""

    def suspect(self, queue: str, fingerprint: str, now: int) -> int:
        """See the port."""
        row = {"tenant": self._tenant, "queue": queue, "fingerprint": fingerprint, "begun": 1, "at": now}
        insert = self._database.insert(suspects).values(row)
        query = insert.on_conflict_do_update(
            index_elements=[suspects.c.tenant, suspects.c.queue, suspects.c.fingerprint],
            set_={"begun": suspects.c.begun + 1, "at": now},
        ).returning(suspects.c.begun)
        return int(self._database.write(lambda connection: connection.execute(query).scalar_one())) - 1

    def absolve(self, queue: str, fingerprint: str) -> None:
        """See the port."""
        query = sa.delete(suspects).where(
            self._is_mine(suspects), suspects.c.queue == queue, suspects.c.fingerprint == fingerprint
        )
        self._database.write(lambda connection: connection.execute(query))
