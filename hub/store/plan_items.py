"""The items of a replay plan on their way: claimed, published, marked, and what became of them."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.clock import now_us
from hub.ports.letters import DeadFilter
from hub.ports.plans import ItemState, Plan, PlanState, Prospect, Tally
from hub.ports.store import End, Progress
from hub.store.dead_letters import ABOUT, closing, conditions
from hub.store.recording import Recording
from hub.store.sequences import is_behind
from hub.store.tables import dead_letters, journal, sequence, versions
from hub.store.tables_plans import plan_items, plans

_FOLLOWED = (ItemState.SENT.value, ItemState.WAITING.value, ItemState.HELD.value)
_ENDS = tuple(end.value for end in End)
_BECAME = {
    **{end: ItemState(end) for end in _ENDS},
    Progress.DEAD.value: ItemState.FAILED,
    Progress.WAITING.value: ItemState.WAITING,
    "held": ItemState.HELD,
}
_PAGE = 500
_MINUTE_US = 60_000_000


class PlanItems(Recording):
    """Each change names the state it starts from: two processes that meet cannot undo each other's."""

    def claim_items(self, plan_id: int, runner: str, dead_ids: Sequence[int], now: int) -> list[int] | None:
        """See the port."""
        mine = sa.select(plans.c.state, plans.c.runner, plans.c.rate, plans.c.next_at, plans.c.who, plans.c.reason)
        wanted = sa.select(plan_items.c.dead_id).where(
            self._of_plan(plan_id), plan_items.c.dead_id.in_(dead_ids), plan_items.c.state == ItemState.PENDING.value
        )

        def work(connection: sa.Connection) -> list[int] | None:
            plan = connection.execute(mine.where(self._is_plan(plan_id)).with_for_update()).one_or_none()
            if plan is None or plan.runner != runner or plan.state != PlanState.RUNNING.value:
                return None
            at = now_us()
            pending = connection.execute(wanted).scalars().all()
            letters = self._claimed(connection, pending, plan.who, plan.reason, at)
            claimed = [letter.id for letter in letters]
            self._put(connection, plan_id, claimed, ItemState.PENDING, ItemState.CLAIMED)
            self._put(connection, plan_id, sorted(set(pending) - set(claimed)), ItemState.PENDING, ItemState.GONE)
            made = f"plan:{plan_id}"
            self._record(connection, [closing("dead.replay", one, at, plan.who, plan.reason, made) for one in letters])
            if plan.rate is not None:
                step = _MINUTE_US * len(claimed) // plan.rate
                next_at = max(now, plan.next_at) + step
                connection.execute(sa.update(plans).values(next_at=next_at).where(self._is_plan(plan_id)))
            return claimed

        return self._database.write(work)

    def mark_items(self, plan_id: int, dead_ids: Sequence[int]) -> None:
        """See the port."""

        def work(connection: sa.Connection) -> None:
            letters = sa.and_(self._is_mine(dead_letters), dead_letters.c.id.in_(dead_ids))
            connection.execute(
                sa.update(dead_letters)
                .values(state="replayed", closed_at=now_us())
                .where(letters, dead_letters.c.state == "replaying")
            )
            self._put(connection, plan_id, dead_ids, ItemState.CLAIMED, ItemState.SENT)

        if dead_ids:
            self._database.write(work)

    def put_items(self, plan_id: int, dead_ids: Sequence[int], state: ItemState) -> None:
        """See the port."""
        start = {ItemState.KEPT: ItemState.PENDING, ItemState.GONE: ItemState.CLAIMED}[state]
        if dead_ids:
            self._database.write(lambda connection: self._put(connection, plan_id, dead_ids, start, state))

    def observe_items(self, plan_id: int) -> None:
        """See the port. A later round's journal entries alone count: those after the attempt it died at.

        An end counts before anything else: a second copy that the hop drops says nothing of the first.
        """
        rank = sa.case((journal.c.outcome == End.DUPLICATE.value, 1), (journal.c.outcome.in_(_ENDS), 0), else_=2)
        latest = (
            sa.select(journal.c.id)
            .where(
                journal.c.tenant == plan_items.c.tenant,
                journal.c.correlation_id == plan_items.c.correlation_id,
                journal.c.message_id == plan_items.c.message_id,
                journal.c.hop == plan_items.c.hop,
                journal.c.attempt > plan_items.c.attempt,
            )
            .order_by(rank, journal.c.id.desc())
            .limit(1)
            .correlate(plan_items)
            .scalar_subquery()
        )
        page = (
            sa.select(plan_items.c.dead_id, plan_items.c.state, journal.c.outcome, journal.c.code)
            .join(journal, journal.c.id == latest)
            .where(self._of_plan(plan_id), plan_items.c.state.in_(_FOLLOWED))
            .order_by(plan_items.c.dead_id)
            .limit(_PAGE)
        )
        note = (
            sa.update(plan_items)
            .values(state=sa.bindparam("became"), result=sa.bindparam("its_code"))
            .where(
                self._of_plan(plan_id),
                plan_items.c.dead_id == sa.bindparam("its_id"),
                sa.or_(*(plan_items.c.state == state for state in _FOLLOWED)),  # IN does not go with many rows
            )
        )
        after = 0
        while True:
            query = page.where(plan_items.c.dead_id > after)
            rows = self._database.read(lambda connection: connection.execute(query).all())  # noqa: B023 - called at once
            changed = [
                {"became": became.value, "its_code": code, "its_id": dead_id}
                for dead_id, state, outcome, code in rows
                if (became := _BECAME.get(outcome)) is not None and became.value != state
            ]
            if changed:
                self._database.write(lambda connection: connection.execute(note, changed))  # noqa: B023 - called at once
            if len(rows) < _PAGE:
                return
            after = rows[-1].dead_id

    def tally(self, plan: Plan) -> Tally:
        """See the port."""
        group = (plan_items.c.state, plan_items.c.prospect, plan_items.c.result, plan_items.c.differs)
        query = sa.select(*group, sa.func.count()).where(self._of_plan(plan.id)).group_by(*group)
        states: dict[ItemState, int] = {}
        prospects: dict[Prospect, int] = {}
        failures: dict[str, int] = {}
        differing = 0
        for state, prospect, result, differs, count in self._database.read(lambda c: c.execute(query).all()):
            states[ItemState(state)] = states.get(ItemState(state), 0) + count
            if prospect is not None:
                prospects[Prospect(prospect)] = prospects.get(Prospect(prospect), 0) + count
            if state == ItemState.FAILED.value:
                failures[result] = failures.get(result, 0) + count
            differing += count if differs else 0
        return Tally(states, prospects, failures, differing, self._arrivals(plan))

    def items_under_way(self) -> Mapping[ItemState, int]:
        """See the port."""
        ended = (PlanState.DONE.value, PlanState.CANCELLED.value)
        alive = sa.select(plans.c.id).where(self._is_mine(plans), plans.c.state.not_in(ended))
        query = (
            sa.select(plan_items.c.state, sa.func.count())
            .where(self._is_mine(plan_items), plan_items.c.plan_id.in_(alive))
            .group_by(plan_items.c.state)
        )
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return {ItemState(state): count for state, count in rows}

    def newest_versions(self, hop: str, state_keys: Collection[str]) -> Mapping[str, tuple[int, str, bool]]:
        """See the port."""
        query = sa.select(versions.c.state_key, versions.c.version, versions.c.digest, versions.c.delivered).where(
            self._is_mine(versions), versions.c.hop == hop, versions.c.state_key.in_(sorted(state_keys))
        )
        rows = self._database.read(lambda connection: connection.execute(query).all()) if state_keys else []
        return {key: (version, digest, delivered) for key, version, digest, delivered in rows}

    def behind(self, hop: str, message_ids: Collection[str]) -> frozenset[str]:
        """See the port."""
        query = sa.select(sequence.c.message_id).where(
            self._is_mine(sequence),
            sequence.c.hop == hop,
            sequence.c.message_id.in_(sorted(message_ids)),
            sequence.c.ended.is_(False),
            is_behind(),
        )
        rows = self._database.read(lambda connection: connection.execute(query).scalars().all()) if message_ids else []
        return frozenset(rows)

    def _arrivals(self, plan: Plan) -> int:
        """Open dead letters that fit the filter and are younger than the selection; the plan's own are none."""
        chosen = json.loads(plan.selection)
        if "ids" in chosen or "persons" in chosen:
            return 0
        own = sa.exists().where(
            self._of_plan(plan.id),
            plan_items.c.message_id == dead_letters.c.message_id,
            plan_items.c.hop == dead_letters.c.hop,
        )
        query = sa.select(sa.func.count()).where(
            self._is_mine(dead_letters),
            dead_letters.c.id > plan.frozen_at,
            *conditions(self._tenant, DeadFilter(**chosen)),
            ~own,
        )
        return int(self._database.read(lambda connection: connection.execute(query).scalar_one()))

    def _claimed(
        self, connection: sa.Connection, dead_ids: Sequence[int], who: str, why: str, at: int
    ) -> Sequence[sa.Row[Any]]:
        """Those of the dead letters that are not closed, as columns ABOUT, in order; they are locked in that order."""
        found = connection.execute(
            sa.select(*(dead_letters.c[name] for name in ABOUT))
            .where(self._is_mine(dead_letters), dead_letters.c.id.in_(dead_ids))
            .where(dead_letters.c.state.in_(("open", "replaying")))
            .order_by(dead_letters.c.id)
            .with_for_update()
        ).all()
        connection.execute(
            sa.update(dead_letters)
            .values(state="replaying", closed_by=who, closed_reason=why, closed_at=at)
            .where(self._is_mine(dead_letters), dead_letters.c.id.in_([letter.id for letter in found]))
        )
        return found

    def _put(
        self, connection: sa.Connection, plan_id: int, dead_ids: Sequence[int], start: ItemState, to: ItemState
    ) -> None:
        connection.execute(
            sa.update(plan_items)
            .values(state=to.value)
            .where(self._of_plan(plan_id), plan_items.c.dead_id.in_(dead_ids), plan_items.c.state == start.value)
        )

    def _is_plan(self, plan_id: int) -> sa.ColumnElement[bool]:
        return sa.and_(self._is_mine(plans), plans.c.id == plan_id)

    def _of_plan(self, plan_id: int) -> sa.ColumnElement[bool]:
        return sa.and_(self._is_mine(plan_items), plan_items.c.plan_id == plan_id)
