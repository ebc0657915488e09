"""Replay plans: frozen, judged, and run by one process at a time."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, fields
from typing import Any

import sqlalchemy as sa

from hub.clock import now_us
from hub.ports.audit import Entry
from hub.ports.letters import DeadFilter
from hub.ports.plans import Item, ItemState, Judged, NewPlan, Plan, PlanState, Prospect
from hub.store.dead_letters import conditions
from hub.store.plan_items import PlanItems
from hub.store.tables import dead_letters
from hub.store.tables_plans import plan_items, plans

_REPLAYABLE = ("open", "replaying")
_COPIED = ("message_id", "correlation_id", "hop", "type", "code", "attempt")
_IDS_AT_ONCE = 500
_MOVES = {PlanState.PAUSED: "replay.pause", PlanState.CANCELLED: "replay.cancel"}
_ENDED = (PlanState.DONE, PlanState.CANCELLED)
_PLAN = [plans.c[field.name] for field in fields(Plan)]
_ITEM = [plan_items.c[field.name] for field in fields(Item)]


class Plans(PlanItems):
    """Plans as wholes; their items' way through a run is `PlanItems`."""

    def create_plan(self, new: NewPlan) -> Plan:
        """See the port."""
        newest = sa.select(sa.func.coalesce(sa.func.max(dead_letters.c.id), 0)).where(self._is_mine(dead_letters))

        def work(connection: sa.Connection) -> int:
            row: dict[str, Any] = {
                "tenant": self._tenant,
                "state": PlanState.PLANNED.value,
                "selection": _selection(new.where),
                "rate": new.rate,
                "insist": new.insist,
                "who": new.who,
                "reason": new.reason,
                "created_at": now_us(),
                "frozen_at": connection.execute(newest).scalar_one(),
                "runner_until": 0,
                "next_at": 0,
                "entered_pending": 0,
            }
            plan_id = int(connection.execute(sa.insert(plans).values(row).returning(plans.c.id)).scalar_one())
            for where in _in_parts(new.where):
                chosen = sa.select(
                    sa.literal(self._tenant),
                    sa.literal(plan_id),
                    dead_letters.c.id,
                    *(dead_letters.c[name] for name in _COPIED),
                    dead_letters.c.outgoing,
                    sa.literal(ItemState.PENDING.value),
                ).where(
                    self._is_mine(dead_letters), dead_letters.c.state.in_(_REPLAYABLE), *conditions(self._tenant, where)
                )
                names = ["tenant", "plan_id", "dead_id", *_COPIED, "was", "state"]
                connection.execute(self._database.insert(plan_items).from_select(names, chosen))
            made = Entry("replay.create", (f"plan:{plan_id}",), row["created_at"], purpose=new.reason, actor=new.who)
            self._record(connection, [made])
            return plan_id

        plan = self.plan(self._database.write(work))
        assert plan is not None
        return plan

    def plan(self, plan_id: int) -> Plan | None:
        """See the port."""
        query = sa.select(*_PLAN).where(self._is_plan(plan_id))
        row = self._database.read(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else _plan(row)

    def plans(self, before_id: int | None = None, limit: int = 50) -> list[Plan]:
        """See the port."""
        query = sa.select(*_PLAN).where(self._is_mine(plans)).order_by(plans.c.id.desc()).limit(limit)
        if before_id is not None:
            query = query.where(plans.c.id < before_id)
        return [_plan(row) for row in self._database.read(lambda connection: connection.execute(query).all())]

    def plan_scope(self, plan_id: int) -> list[tuple[str, str]]:
        """See the port."""
        query = sa.select(plan_items.c.hop, plan_items.c.type).where(self._of_plan(plan_id)).distinct()
        return sorted((hop, type_) for hop, type_ in self._database.read(lambda c: c.execute(query).all()))

    def standing_plan(self, where: DeadFilter) -> Plan | None:
        """See the port."""
        over = plans.c.state.in_([state.value for state in _ENDED])
        query = (
            sa.select(*_PLAN)
            .where(self._is_mine(plans), plans.c.insist, plans.c.selection == _selection(where), ~over)
            .order_by(plans.c.id.desc())
            .limit(1)
        )
        row = self._database.read(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else _plan(row)

    def plan_items(
        self, plan_id: int, states: Collection[ItemState] = (), after_id: int = 0, limit: int = 100,
        prospect: Prospect | None = None, not_hops: Collection[str] = (),
    ) -> list[Item]:  # fmt: skip
        """See the port."""
        query = (
            sa.select(*_ITEM)
            .where(self._of_plan(plan_id), plan_items.c.dead_id > after_id)
            .order_by(plan_items.c.dead_id)
            .limit(limit)
        )
        if states:
            query = query.where(plan_items.c.state.in_([state.value for state in states]))
        if prospect is not None:
            query = query.where(plan_items.c.prospect == prospect.value)
        if not_hops:
            query = query.where(plan_items.c.hop.not_in(sorted(not_hops)))
        return [_item(row) for row in self._database.read(lambda connection: connection.execute(query).all())]

    def save_judged(self, plan_id: int, judged: Sequence[Judged]) -> None:
        """See the port."""
        query = (
            sa.update(plan_items)
            .values({name: sa.bindparam(f"its_{name}") for name in _JUDGED})
            .where(self._of_plan(plan_id), plan_items.c.dead_id == sa.bindparam("its_id"))
        )
        rows = [
            {f"its_{name}": value for name, value in _judged(one).items()} | {"its_id": one.dead_id} for one in judged
        ]
        if rows:
            self._database.write(lambda connection: connection.execute(query, rows))

    def rank_records(self, plan_id: int, judged_at: int) -> None:
        """See the port."""
        first = plan_items.alias()
        goes = (Prospect.DELIVER.value, Prospect.WAITS.value)
        earlier = sa.exists().where(
            first.c.tenant == self._tenant,
            first.c.plan_id == plan_id,
            first.c.hop == plan_items.c.hop,
            first.c.record == plan_items.c.record,
            first.c.prospect.in_(goes),
            first.c.dead_id < plan_items.c.dead_id,
        )
        query = (
            sa.update(plan_items)
            .values(prospect=Prospect.WAITS.value, detail="behind an earlier one of its record in this plan")
            .where(self._of_plan(plan_id), plan_items.c.prospect == Prospect.DELIVER.value, earlier)
        )
        judged = sa.update(plans).values(judged_at=judged_at).where(self._is_plan(plan_id))

        def work(connection: sa.Connection) -> None:
            connection.execute(query)
            connection.execute(judged)

        self._database.write(work)

    def enter_plan(
        self, plan_id: int, runner: str, now: int, until: int, states: Collection[PlanState], settle_only: bool = False
    ) -> bool:
        """See the port. A runner whose time lies further ahead than one whole turn has a clock ahead of ours."""
        free = sa.or_(
            plans.c.runner.is_(None),
            plans.c.runner == runner,
            plans.c.runner_until <= now,
            plans.c.runner_until > until + (until - now),
        )
        pending = (
            sa.select(sa.func.count())
            .where(self._of_plan(plan_id), plan_items.c.state == ItemState.PENDING.value)
            .scalar_subquery()
        )
        changed: dict[str, Any] = {"runner": runner, "runner_until": until}
        if not settle_only:
            changed |= {"state": PlanState.RUNNING.value, "halted_by": None, "ended_at": None}
            changed |= {"entered_at": now, "entered_pending": pending}
        query = (
            sa.update(plans)
            .values(changed)
            .where(self._is_plan(plan_id), plans.c.state.in_([state.value for state in states]), free)
        )
        started = [] if settle_only else [Entry("replay.start", (f"plan:{plan_id}",), now)]
        return self._moved(query, started)

    def renew_plan(self, plan_id: int, runner: str, until: int) -> PlanState | None:
        """See the port."""
        query = (
            sa.update(plans)
            .values(runner_until=until)
            .where(self._is_plan(plan_id), plans.c.runner == runner)
            .returning(plans.c.state)
        )
        state = self._database.write(lambda connection: connection.execute(query).scalar_one_or_none())
        return None if state is None else PlanState(state)

    def leave_plan(self, plan_id: int, runner: str, state: PlanState | None = None, why: str | None = None) -> None:
        """See the port."""
        mine = sa.and_(self._is_plan(plan_id), plans.c.runner == runner)
        ended = now_us() if state in _ENDED else None
        move = sa.update(plans).where(mine, plans.c.state == PlanState.RUNNING.value)
        leave = sa.update(plans).values(runner=None, runner_until=0).where(mine)

        def work(connection: sa.Connection) -> None:
            if state is not None:
                connection.execute(move.values(state=state.value, halted_by=why, ended_at=ended))
            connection.execute(leave)

        self._database.write(work)

    def move_plan(self, plan_id: int, states: Collection[PlanState], to: PlanState) -> bool:
        """See the port."""
        query = (
            sa.update(plans)
            .values(state=to.value, ended_at=now_us() if to in _ENDED else None)
            .where(self._is_plan(plan_id), plans.c.state.in_([state.value for state in states]))
        )
        moved = [Entry(_MOVES[to], (f"plan:{plan_id}",), now_us())] if to in _MOVES else []
        return self._moved(query, moved)

    def _moved(self, query: sa.Update, happened: Sequence[Entry]) -> bool:
        """Whether it was in a state that allowed it; then it is recorded as well."""

        def work(connection: sa.Connection) -> bool:
            if connection.execute(query).rowcount != 1:
                return False
            self._record(connection, happened)
            return True

        return self._database.write(work)


_JUDGED = ("prospect", "detail", "outgoing", "record", "differs")


def _judged(one: Judged) -> dict[str, object]:
    return {name: getattr(one, name) for name in _JUDGED} | {"prospect": one.prospect.value}


def _plan(row: sa.Row[Any]) -> Plan:
    return Plan(**(dict(row._mapping) | {"state": PlanState(row.state)}))


def _item(row: sa.Row[Any]) -> Item:
    prospect = Prospect(row.prospect) if row.prospect else None
    return Item(**(dict(row._mapping) | {"state": ItemState(row.state), "prospect": prospect}))


def _selection(where: DeadFilter) -> str:
    """As JSON. Hashes of a person's numbers are not kept: only that the selection was by person."""
    found = {name: value for name, value in asdict(where).items() if value is not None and name != "state"}
    if where.persons is not None:
        found["persons"] = True
    if where.ids is not None:
        found["ids"] = len(where.ids)
    return json.dumps(found, separators=(",", ":"))


def _in_parts(where: DeadFilter) -> list[DeadFilter]:
    """So many ids at once as a statement takes. The state is what the plan says, not the filter."""
    everything = asdict(where) | {"state": None}
    if where.ids is None:
        return [DeadFilter(**everything)]
    ids = sorted(set(where.ids))
    return [
        DeadFilter(**(everything | {"ids": tuple(ids[at : at + _IDS_AT_ONCE])}))
        for at in range(0, len(ids), _IDS_AT_ONCE)
    ]
