"""Leases: may this message be sent now? Decided and written down in one transaction, before anything leaves."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from hub import circuit as rules
from hub.ports.audit import HUB, UNSIGNED_US, Entry
from hub.ports.fence import Fate, Guard, Judgement, RegistryState
from hub.ports.store import Circuit, End, Known, LeaseRequest, LeaseVerdict
from hub.store.circuits import connector_of, lock_circuits, save_circuit
from hub.store.fences import Fences
from hub.store.scoped import matches, persons_json
from hub.store.sequences import is_behind
from hub.store.tables import leases, messages, sequence, versions
from hub.store.verdicts import Grant, Hop, Lease, Version

_MESSAGE = ("tenant", "message_id", "hop", "digest", "type", "correlation_id", "accepted_at")
_LEASE = ("owner", "attempt", "state_key", "opened_at", "deadline", "in_doubt", "persons")
_LEASE_READ = ("message_id", "owner", "state_key", "opened_at", "deadline", "in_doubt", "attempt")
_VERSION = ("version", "digest", "delivered")


class Leases(Fences):
    """Opens leases. One transaction at a time per connector, whose circuit's row is the lock.

    Where something leaves the city, the fence's lock is shared: a raise waits for the leases being opened, and none is
    opened after it that it should have stopped.
    """

    def _prepare(self) -> None:
        super()._prepare()
        insert, prepare = self._database.insert, self._database.prepare
        self._accept = prepare(insert(messages).on_conflict_do_nothing(), _MESSAGE)
        lease = insert(leases)
        self._lease = prepare(
            lease.on_conflict_do_update(
                index_elements=[leases.c.tenant, leases.c.message_id, leases.c.hop],
                set_={name: lease.excluded[name] for name in _LEASE},
            ),
            ("tenant", "message_id", "hop", *_LEASE),
        )
        self._shorten = prepare(
            sa.update(leases)
            .values(deadline=sa.bindparam("latest"))
            .where(matches(leases, "tenant", "message_id", "hop"), leases.c.deadline.is_not(None))
        )
        version = insert(versions)
        self._version = prepare(
            version.on_conflict_do_update(
                index_elements=[versions.c.tenant, versions.c.hop, versions.c.state_key],
                set_={name: version.excluded[name] for name in _VERSION},
                where=versions.c.version < version.excluded.version,
            ),
            ("tenant", "hop", "state_key", *_VERSION),
        )
        self._known_query = self._of_hop(messages, "message_id", ("message_id", "digest", "end"))
        self._own_query = self._of_hop(leases, "message_id", _LEASE_READ)
        self._alive_query = self._of_hop(leases, "state_key", _LEASE_READ).where(
            leases.c.deadline > sa.bindparam("now")
        )
        self._version_query = self._of_hop(versions, "state_key", ("state_key", *_VERSION))
        self._ahead_query = self._of_hop(sequence, "message_id", ("message_id",)).add_columns(is_behind())

    def _of_hop(self, table: sa.Table, among: str, columns: Sequence[str]) -> sa.Select[Any]:
        """Built once: building a statement costs more than running it."""
        mine = (matches(table, "tenant", "hop"), self._database.among(table.c[among], "values"))
        return sa.select(*(table.c[name] for name in columns)).where(*mine)

    def open_leases(self, requests: Sequence[LeaseRequest]) -> list[LeaseVerdict]:
        """See the port."""

        guarded = [request for request in requests if request.guard is not None]

        def work(connection: sa.Connection) -> list[LeaseVerdict]:
            if guarded:
                self._lock_fences(connection, shared=True)
            connectors = {connector_of(request.hop) for request in requests}
            circuits = lock_circuits(self._database, connection, self._tenant, connectors)
            names = sorted({request.hop for request in requests})
            hops = {name: self._read(connection, name, [one for one in requests if one.hop == name]) for name in names}
            # After the messages: an intake that is seen to be committed has its links seen as well.
            fates = self._fates(connection, guarded) if guarded else {}
            for hop in hops.values():
                hop.fates = fates
            limited = self._refill(circuits, hops, requests)
            verdicts = [
                hops[one.hop].decide(one, rules.may_send(circuits[connector_of(one.hop)], one.owner))
                for one in requests
            ]
            for name in names:
                self._write(connection, hops[name].grants)
                self._shorten.run(connection, self._shortened_rows(name, hops[name]))
                if name in limited and hops[name].grants:
                    left = replace(limited[name], allowance=hops[name].allowance or 0)
                    save_circuit(connection, self._tenant, connector_of(name), left)
            return verdicts

        return self._database.write(work) if requests else []

    def _fates(self, connection: sa.Connection, requests: Sequence[LeaseRequest]) -> dict[str, Judgement]:
        state = self._registry(connection)
        guards = {one.message_id: (one.hop, one.guard) for one in requests if one.guard is not None}
        judged = self._judgements(connection, guards, min(one.now for one in requests))
        behind = self._is_unsigned(connection, max(one.now for one in requests))
        for message_id, (_hop, guard) in guards.items():
            if behind or not _ready(state, guard):
                judged[message_id] = Judgement(Fate.UNREADY)
        return judged

    def _is_unsigned(self, connection: sa.Connection, now: int) -> bool:
        """The record has not been signed, or its checkpoints not been written outside, for too long."""
        since = self._audit_head(connection).since
        return since is not None and now - since > UNSIGNED_US

    def _refill(
        self, circuits: Mapping[str, Circuit], hops: Mapping[str, Hop], requests: Sequence[LeaseRequest]
    ) -> dict[str, Circuit]:
        """Circuits of hops with a rate, by hop, with what it allows by now."""
        found = {}
        for one in requests:
            if one.rate is not None and one.hop not in found:
                found[one.hop] = rules.refill(circuits[connector_of(one.hop)], one.now, one.rate)
                hops[one.hop].allowance = found[one.hop].allowance
        return found

    def _read(self, connection: sa.Connection, hop: str, requests: Sequence[LeaseRequest]) -> Hop:
        """All that the verdicts on these requests depend on."""
        now = min(request.now for request in requests)

        def found(query: sa.Select[Any], values: Collection[str], **more: object) -> Sequence[Any]:
            if not values:
                return ()
            given = {"tenant": self._tenant, "hop": hop, "values": self._database.listed(values)}
            return connection.execute(query, given | more).all()

        ids = {request.message_id for request in requests}
        keys = {request.state_key for request in requests if request.state_key is not None}
        placed = {request.message_id for request in requests if request.sequenced}
        rows = [*found(self._own_query, ids), *found(self._alive_query, keys, now=now)]
        return Hop(
            known={row[0]: Known(row[1], End(row[2]) if row[2] else None) for row in found(self._known_query, ids)},
            leases={row[0]: Lease(*row[1:]) for row in rows},
            versions={row[0]: Version(*row[1:]) for row in found(self._version_query, keys)},
            ahead={row[0]: bool(row[1]) for row in found(self._ahead_query, placed)},
        )

    def _shortened_rows(self, hop: str, found: Hop) -> list[dict[str, object]]:
        granted = {grant.request.message_id for grant in found.grants}
        return [
            {"tenant": self._tenant, "message_id": message_id, "hop": hop, "latest": latest}
            for message_id, latest in sorted(found.shortened.items())
            if message_id not in granted
        ]

    def _write(self, connection: sa.Connection, grants: Sequence[Grant]) -> None:
        self._record(connection, [_entry(grant, grant.request.guard) for grant in grants if grant.request.guard])
        requests = sorted((grant.request for grant in grants), key=lambda request: request.message_id)
        in_doubt = {grant.request.message_id: grant.prior_in_doubt for grant in grants}
        self._accept.run(
            connection,
            [
                {
                    "tenant": self._tenant,
                    "message_id": one.message_id,
                    "hop": one.hop,
                    "digest": one.digest,
                    "type": one.type,
                    "correlation_id": one.correlation_id,
                    "accepted_at": one.now,
                }
                for one in requests
            ],
        )
        self._lease.run(
            connection,
            [
                {
                    "tenant": self._tenant,
                    "message_id": one.message_id,
                    "hop": one.hop,
                    "owner": one.owner,
                    "attempt": one.attempt,
                    "state_key": one.state_key,
                    "opened_at": one.now,
                    "deadline": one.deadline,
                    "in_doubt": in_doubt[one.message_id],
                    "persons": persons_json(one.persons),
                }
                for one in requests
            ],
        )
        self._version.run(
            connection,
            [
                {
                    "tenant": self._tenant,
                    "hop": one.hop,
                    "state_key": one.state_key,
                    "version": one.version,
                    "digest": one.digest,
                    "delivered": False,
                }
                for one in requests
                if one.state_key is not None and one.version is not None
            ],
        )


def _entry(grant: Grant, guard: Guard) -> Entry:
    """What is about to leave the city, as it is recorded. `lease`: names it together with message and hop."""
    one = grant.request
    details: dict[str, str | int] = {
        "hop": one.hop,
        "edge": guard.edge,
        "type": one.type,
        "source": one.source,
        "correlation": one.correlation_id,
        "attempt": one.attempt,
        "lease": one.now,
        "digest": guard.outgoing,
    }
    if guard.items:
        details["items"] = ",".join(guard.items)
    if one.withheld:
        details["withheld"] = one.withheld
    if grant.prior_in_doubt:
        details["prior"] = "in_doubt"
    what = (f"message:{one.message_id}",)
    return Entry("disclose.send", what, one.now, guard.persons, one.purpose, one.basis, details, HUB)


def _ready(state: RegistryState | None, guard: Guard) -> bool:
    """The registry is the one this process has made sure of, and was confirmed. What protects may always go."""
    if guard.edge == "protects" and guard.shields:
        return True
    seen = guard.seen
    if state is None or seen is None or state.confirmed_by is None:
        return False
    return state.at.epoch == seen.epoch and state.at.position >= seen.position
