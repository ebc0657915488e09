"""The store as one object."""

from collections.abc import Callable
from functools import cache
from typing import Any

import sqlalchemy as sa

from hub.errors import StoreUnavailable
from hub.store.answers import Answers
from hub.store.audit_tree import AuditTree
from hub.store.cases import Cases
from hub.store.circuits import Circuits
from hub.store.database import Database
from hub.store.dead_letters import DeadLetters
from hub.store.edits import Edits
from hub.store.emergencies import Emergencies
from hub.store.erasures import Erasures
from hub.store.holds import Holds
from hub.store.journal import Journal
from hub.store.keys import Keys
from hub.store.leases import Leases
from hub.store.permissions import Permissions
from hub.store.plans import Plans
from hub.store.requests import Requests
from hub.store.retention import Retention
from hub.store.sequences import Sequences
from hub.store.settling import Settling
from hub.store.staff import Staff
from hub.store.suspects import Suspects
from hub.store.tables import SCHEMA_VERSION


class SqlStore(
    Settling,
    Leases,
    Sequences,
    Suspects,
    Journal,
    Circuits,
    DeadLetters,
    Plans,
    Edits,
    Erasures,
    Emergencies,
    Cases,
    Keys,
    Holds,
    Permissions,
    Requests,
    Retention,
    Staff,
    AuditTree,
    Answers,
):
    """`hub.ports.store.Store` on SQLite or PostgreSQL. Connects when first used.

    `url`: "sqlite:///FILE" (on a local disk: the locks of network file systems do not hold) or
    "postgresql://user:password@host:port/name"; raises ConfigError for others. The database must have been brought up
    to date by `hub.store.migrate`; `check` says so.

    `audit_key`: gives the key of the record when something has to be recorded; many uses of a store never need it.
    """

    def __init__(self, url: str, tenant: str, audit_key: Callable[[], bytes]) -> None:
        self.tenant = tenant
        database = Database(url)
        self.dialect = database.dialect
        super().__init__(database, tenant, cache(audit_key))

    def check(self) -> None:
        """See the port. Asks for a row lock, so a database that can only be read fails too."""
        query: sa.Select[Any] = (
            sa.select(sa.column("version_num", sa.Text))
            .select_from(sa.table("alembic_version"))
            .with_for_update(read=True)
        )
        found = self._database.write(lambda connection: connection.execute(query).scalars().all())
        if found != [SCHEMA_VERSION]:
            at = ", ".join(found) or "empty"
            raise StoreUnavailable(f"the schema is at {at}, this version needs {SCHEMA_VERSION}: run `renkei migrate`")

    def close(self) -> None:
        """See the port."""
        self._database.close()
