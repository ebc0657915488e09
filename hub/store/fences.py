"""The registry of fences: acts appended under one lock, and what they say of the persons of a message."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from hashlib import sha256
from typing import Any
from uuid import uuid4
from zlib import crc32

import sqlalchemy as sa

from hub import fence as rules
from hub.fence import Standing
from hub.ports.audit import Entry
from hub.ports.fence import (
    ITEM,
    Act,
    Fate,
    Guard,
    InFlight,
    Judgement,
    NewAct,
    Position,
    Recorded,
    RegistryState,
    Step,
)  # fmt: skip
from hub.ports.holds import HoldState
from hub.ports.persons import Alias, PersonRef
from hub.store.people import People, everyone, is_known
from hub.store.scoped import persons_json
from hub.store.tables import leases
from hub.store.tables_fence import fence_acts, fence_names, fence_registry, holds

_LOCK = 7_365_072  # with the tenant's number: shared by those who open leases, alone for those who record acts
_ACT = [column.name for column in fence_acts.c if column.name not in ("tenant", "mark")]
_NOBODY = PersonRef("", ())
_AGREED = (HoldState.APPROVED.value, HoldState.RELEASED.value)


class Fences(People):
    """See `hub.ports.fence.Fences`."""

    def fence_state(self) -> RegistryState | None:
        """See the port."""
        return self._database.read(self._registry)

    def found_fences(self, epoch: str, who: str, at: int, acts: Sequence[NewAct]) -> Position:
        """See the port."""
        founding = NewAct(Step.FOUND, "", _NOBODY, "", who, at, number=epoch)

        def work(connection: sa.Connection) -> Position:
            self._lock_fences(connection, shared=False)
            self._begin(connection, epoch, who)
            return self._append(connection, [founding, *acts])

        return self._database.write(work)

    def confirm_fences(self, epoch: str, who: str, at: int) -> bool:
        """See the port."""
        complete = NewAct(Step.COMPLETE, "", _NOBODY, "", who, at, number=epoch)

        def work(connection: sa.Connection) -> bool:
            self._lock_fences(connection, shared=False)
            state = self._registry(connection)
            if state is None or state.at.epoch != epoch:
                return False
            if state.confirmed_by is None:
                self._append(connection, [complete])
                connection.execute(
                    sa.update(fence_registry).values(confirmed_by=who).where(self._is_mine(fence_registry))
                )
            return True

        return self._database.write(work)

    def record_acts(self, acts: Sequence[NewAct], after: int | None = None, once: bool = False) -> Recorded | None:
        """See the port."""

        def work(connection: sa.Connection) -> Recorded | None:
            self._lock_fences(connection, shared=False)
            state = self._registry(connection)
            if state is None:
                self._begin(connection, str(uuid4()), "")
            if after is not None and after != (0 if state is None else state.at.position):
                return None
            new = [act for act in acts if not (once and self._is_recorded(connection, act))]
            if not new:
                return None
            at = self._append(connection, new)
            raised = [act for act in new if act.step is Step.RAISE]
            return Recorded(at, self._in_flight(connection, raised) if raised else ())

        return self._database.write(work, ahead=True)

    def acts(self, measures: Collection[str] | None = None) -> list[Act]:
        """See the port."""
        return self._database.read(lambda connection: self._acts(connection, measures))

    def measures_of(self, aliases: Collection[Alias]) -> frozenset[str]:
        """See the port."""

        def work(connection: sa.Connection) -> frozenset[str]:
            same = self._same(connection, aliases)
            named = {alias for others in same.values() for alias in others}
            return frozenset(measure for found in self._named(connection, named).values() for measure in found)

        return self._database.read(work)  # several statements: links and acts only ever come

    def descends(self, seen: Position) -> bool:
        """See the port."""
        epochs = sa.select(fence_acts.c.number, fence_acts.c.position).where(
            self._is_mine(fence_acts), fence_acts.c.step == Step.FOUND.value
        )
        mark = sa.select(fence_acts.c.mark).where(self._is_mine(fence_acts), fence_acts.c.position == seen.position)

        def work(connection: sa.Connection) -> bool:
            state = self._registry(connection)
            if state is None:
                return False
            if state.at.epoch != seen.epoch:
                return seen.epoch in {number for number, _ in connection.execute(epochs)}
            return bool(connection.execute(mark).scalar() == seen.mark)

        return self._database.read(work)  # several statements: acts only ever come

    def judge(self, guards: Mapping[str, tuple[str, Guard]], now: int) -> Mapping[str, Judgement]:
        """See the port."""

        def work(connection: sa.Connection) -> dict[str, Judgement]:
            self._lock_fences(connection, shared=True)
            return self._judgements(connection, guards, now)

        return self._database.write(work) if guards else {}

    def known_persons(self, persons: Sequence[PersonRef]) -> list[bool]:
        """See the port."""

        def work(connection: sa.Connection) -> list[bool]:
            # several statements without a snapshot: links only ever come, and a newer one is as true
            same = self._same(connection, {alias for person in persons for alias in person.aliases})
            all_numbers = [everyone(person, same) for person in persons]
            return [is_known(numbers) and len(numbers) > 1 for numbers in all_numbers]

        return self._database.read(work)

    def _lock_fences(self, connection: sa.Connection, shared: bool) -> None:
        """Held until the transaction ends. SQLite's writers are alone anyway."""
        if connection.dialect.name == "postgresql":
            lock = sa.func.pg_advisory_xact_lock_shared if shared else sa.func.pg_advisory_xact_lock
            connection.execute(sa.select(lock(_LOCK, crc32(self._tenant.encode()) - 2**31)))

    def _registry(self, connection: sa.Connection) -> RegistryState | None:
        columns = ("epoch", "position", "mark", "listed_by", "confirmed_by")
        query = sa.select(*(fence_registry.c[name] for name in columns)).where(self._is_mine(fence_registry))
        row = connection.execute(query).one_or_none()
        return None if row is None else RegistryState(Position(*row[:3]), *row[3:])

    def _begin(self, connection: sa.Connection, epoch: str, who: str) -> None:
        row = {"tenant": self._tenant, "epoch": epoch, "listed_by": who, "confirmed_by": None}
        insert = self._database.insert(fence_registry).values(**row, position=0, mark="")
        connection.execute(insert.on_conflict_do_update(index_elements=[fence_registry.c.tenant], set_=row))

    def _append(self, connection: sa.Connection, acts: Sequence[NewAct]) -> Position:
        """Under the lock. Each act's mark covers all before it."""
        state = self._registry(connection)
        assert state is not None
        position, mark = state.at.position, state.at.mark
        happened = []
        for act in acts:
            position += 1
            row = self._row(act) | {"position": position}
            happened.append(_entry(act, str(row["measure"])))
            mark = sha256(json.dumps([mark, row], sort_keys=True).encode()).hexdigest()
            connection.execute(sa.insert(fence_acts).values(row | {"mark": mark}))
            if act.step is Step.RAISE:
                self._write_links(connection, self._new_links([act.subject]))
                names = [
                    {"tenant": self._tenant, "hash": hash_, "kind": kind, "measure": row["measure"]}
                    for kind, hash_ in rules.names_of(act)
                ]
                connection.execute(self._database.insert(fence_names).on_conflict_do_nothing(), names)
        connection.execute(
            sa.update(fence_registry).values(position=position, mark=mark).where(self._is_mine(fence_registry))
        )
        self._record(connection, happened)
        return Position(state.at.epoch, position, mark)

    def _is_recorded(self, connection: sa.Connection, act: NewAct) -> bool:
        return rules.repeated(self._acts(connection, [rules.measure_of(act)]), act)

    def _row(self, act: NewAct) -> dict[str, object]:
        plain = {field.name: getattr(act, field.name) for field in fields(NewAct)}
        whole_list = act.step in (Step.FOUND, Step.COMPLETE)
        return plain | {
            "tenant": self._tenant,
            "step": act.step.value,
            "subject": persons_json([act.subject]),
            "measure": "" if whole_list else rules.measure_of(act),
        }

    def _acts(self, connection: sa.Connection, measures: Collection[str] | None) -> list[Act]:
        query = sa.select(*(fence_acts.c[name] for name in _ACT)).where(self._is_mine(fence_acts))
        if measures is not None:
            query = query.where(fence_acts.c.measure.in_(sorted(measures)))
        return [_act(row._asdict()) for row in connection.execute(query.order_by(fence_acts.c.position))]

    def _named(self, connection: sa.Connection, aliases: Collection[Alias]) -> dict[Alias, set[str]]:
        """Measures by the numbers that name them."""
        hashes = sorted({alias.hash for alias in aliases})
        query = sa.select(fence_names.c.kind, fence_names.c.hash, fence_names.c.measure).where(
            self._is_mine(fence_names), fence_names.c.hash.in_(hashes)
        )
        found: dict[Alias, set[str]] = {}
        for kind, hash_, measure in connection.execute(query) if hashes else ():
            found.setdefault(Alias(kind, hash_), set()).add(measure)
        return found

    def _judgements(
        self, connection: sa.Connection, guards: Mapping[str, tuple[str, Guard]], now: int
    ) -> dict[str, Judgement]:
        """Under the shared lock: what the fence says to each message, with what people have agreed to."""
        same = self._same(
            connection, {a for _, guard in guards.values() for person in guard.persons for a in person.aliases}
        )
        whose = {
            message_id: [everyone(person, same) for person in guard.persons]
            for message_id, (_, guard) in guards.items()
        }
        items = {message_id: {Alias(ITEM, i) for i in guard.items} for message_id, (_, guard) in guards.items()}
        named = self._named(
            connection, {a for persons in whose.values() for one in persons for a in one} | set().union(*items.values())
        )
        standing = self._standing(connection, {measure for found in named.values() for measure in found})
        judged = {}
        for message_id, (_hop, guard) in guards.items():
            aliases = set().union(*whose[message_id], items[message_id])
            about = [standing[m] for m in {m for alias in aliases for m in named.get(alias, ())}]
            judged[message_id] = rules.judge(guard, [is_known(one) for one in whose[message_id]], about, now)
        return judged | self._agreed(connection, guards, judged)

    def _standing(self, connection: sa.Connection, measures: Collection[str]) -> dict[str, Standing]:
        found = self._acts(connection, measures) if measures else []
        return {one.measure: one for one in rules.standings(found)}

    def _agreed(
        self, connection: sa.Connection, guards: Mapping[str, tuple[str, Guard]], judged: Mapping[str, Judgement]
    ) -> dict[str, Judgement]:
        """Those two persons have let go: that very content, under the very fence they saw."""
        held = sorted(message_id for message_id, one in judged.items() if one.fate is Fate.HELD)
        if not held:
            return {}
        left = sa.case((holds.c.part == "", holds.c.outgoing), else_=holds.c.part)  # see `hub.ports.holds.Hold.agreed`
        columns = (holds.c.message_id, holds.c.hop, left, holds.c.version)
        query = sa.select(*columns).where(
            self._is_mine(holds), holds.c.message_id.in_(held), holds.c.state.in_(_AGREED)
        )
        agreed = {tuple(row) for row in connection.execute(query)}
        return {
            message_id: replace(judged[message_id], fate=Fate.GO)
            for message_id in held
            for hop, guard in [guards[message_id]]
            if (message_id, hop, guard.outgoing, judged[message_id].version) in agreed
        }

    def _in_flight(self, connection: sa.Connection, raised: Iterable[NewAct]) -> tuple[InFlight, ...]:
        """Sends under way that name someone who was just closed, on internal edges as well."""
        same = self._same(connection, {alias for act in raised for alias in act.subject.aliases})
        hashes = {alias.hash for others in same.values() for alias in others}
        query: sa.Select[Any] = sa.select(leases.c.hop, leases.c.message_id, leases.c.deadline, leases.c.persons).where(
            self._is_mine(leases), leases.c.deadline.is_not(None)
        )
        return tuple(
            InFlight(hop, message_id, deadline)
            for hop, message_id, deadline, persons in connection.execute(query)
            if any(hash_ in hashes for _role, aliases in json.loads(persons) for _kind, hash_ in aliases)
        )


def _entry(act: NewAct, measure: str) -> Entry:
    """An act as it is recorded."""
    told = ("source", "item", "number", "target", "ticket")
    details = {name: value for name in told if (value := getattr(act, name))}
    return Entry(
        f"fence.{act.step.value}",
        (f"measure:{measure}",) if measure else ("registry",),
        act.at,
        (act.subject,) if act.subject.aliases else (),
        act.reason,
        details=details,
        actor=act.who,
    )


def _act(row: Mapping[str, Any]) -> Act:
    (role, aliases), *_ = json.loads(row["subject"])
    subject = PersonRef(role, tuple(Alias(kind, hash_) for kind, hash_ in aliases))
    return Act(**{**row, "step": Step(row["step"]), "subject": subject})
