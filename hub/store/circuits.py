"""Circuits: one row per connector, read, computed by `hub.circuit` and written under its lock."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, fields, replace

import sqlalchemy as sa

from hub import circuit as rules
from hub.clock import now_us
from hub.ports.audit import Entry
from hub.ports.store import Circuit
from hub.store.database import Database
from hub.store.recording import Recording
from hub.store.scoped import matches
from hub.store.tables import circuits, leases

_STATE = [circuits.c[field.name] for field in fields(Circuit)]
# built once: building a statement costs more than running it
_ONE = sa.select(*_STATE).where(matches(circuits, "tenant", "connector"))
_LOCKED = _ONE.with_for_update()


def save_circuit(connection: sa.Connection, tenant: str, connector: str, circuit: Circuit) -> None:
    """Write a circuit locked by `lock_circuits`."""
    connection.execute(
        sa.update(circuits)
        .values(asdict(circuit))
        .where(circuits.c.tenant == tenant, circuits.c.connector == connector)
    )


def connector_of(hop: str) -> str:
    """The connector a delivery hop sends to."""
    return hop.removeprefix("delivery.")


def lock_circuits(
    database: Database, connection: sa.Connection, tenant: str, connectors: Iterable[str]
) -> Mapping[str, Circuit]:
    """The circuits of these connectors, none of which another transaction changes or sends through meanwhile.

    Locked in the order of their names; those that do not exist are created closed.
    """
    names = sorted(set(connectors))
    found = _locked(connection, tenant, names)
    if len(found) < len(names):
        new = [{"tenant": tenant, "connector": name, **asdict(Circuit())} for name in names]
        connection.execute(database.insert(circuits).on_conflict_do_nothing(), new)
        found = _locked(connection, tenant, names)
    return found


def _locked(connection: sa.Connection, tenant: str, names: Sequence[str]) -> dict[str, Circuit]:
    found = {}
    for name in names:
        row = connection.execute(_LOCKED, {"tenant": tenant, "connector": name}).one_or_none()
        if row is not None:
            found[name] = Circuit(*row)
    return found


class Circuits(Recording):
    """Circuit state per connector."""

    def circuit(self, connector: str) -> Circuit:
        """See the port. A connector nobody has sent to is closed."""
        mine = {"tenant": self._tenant, "connector": connector}
        row = self._database.read(lambda connection: connection.execute(_ONE, mine).one_or_none())
        return Circuit() if row is None else Circuit(*row)

    def circuit_success(self, connector: str, now: int) -> Circuit:
        """See the port."""
        return self._change(connector, rules.success)

    def circuit_failure(self, connector: str, now: int, unavailable: bool, retry_after: float | None) -> Circuit:
        """See the port."""
        return self._change(connector, lambda circuit: rules.failure(circuit, now, unavailable, retry_after))

    def claim_probe(self, connector: str, owner: str, now: int, until: int) -> bool:
        """See the port."""

        def work(connection: sa.Connection) -> bool:
            circuit = lock_circuits(self._database, connection, self._tenant, [connector])[connector]
            claimed = rules.claim_probe(circuit, owner, now, until)
            if claimed is None:
                return False
            save_circuit(connection, self._tenant, connector, claimed)
            return True

        return self._database.write(work)

    def give_back_probe(self, connector: str, owner: str) -> Circuit:
        """See the port."""
        return self._change(connector, lambda circuit: rules.give_back_probe(circuit, owner))

    def set_paused(self, connector: str, reason: str | None) -> Circuit:
        """See the port."""
        paused = reason is not None
        return self._change(
            connector,
            lambda circuit: replace(circuit, paused=paused, paused_reason=reason, draining=False),
            [_acted("connector.pause" if paused else "connector.resume", connector, reason or "")],
        )

    def drain(self, connector: str, reason: str) -> Circuit:
        """See the port."""
        return self._change(
            connector,
            lambda circuit: circuit if circuit.paused else replace(circuit, draining=True, paused_reason=reason),
            [_acted("connector.drain", connector, reason)],
        )

    def in_flight(self, hop: str, now: int) -> int:
        """See the port."""
        query = sa.select(sa.func.count()).where(self._is_mine(leases), leases.c.hop == hop, leases.c.deadline > now)
        return int(self._database.read(lambda connection: connection.execute(query).scalar_one()))

    def _change(self, connector: str, change: Callable[[Circuit], Circuit], happened: Sequence[Entry] = ()) -> Circuit:
        def work(connection: sa.Connection) -> Circuit:
            circuit = lock_circuits(self._database, connection, self._tenant, [connector])[connector]
            changed = change(circuit)
            if changed != circuit:
                save_circuit(connection, self._tenant, connector, changed)
            self._record(connection, happened)
            return changed

        return self._database.write(work)


def _acted(act: str, connector: str, reason: str) -> Entry:
    return Entry(act, (f"connector:{connector}",), now_us(), purpose=reason)
