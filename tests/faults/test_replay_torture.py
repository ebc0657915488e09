"""Thousands of dead letters replayed by commands that are killed at every step, started twice, and cancelled midway.

Judged from the partners' own ledgers: lost 0, doubled 0, order kept, and the selection is the one that was frozen.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from hub.clock import now_us
from hub.ports.accounts import Actor, Right
from hub.ports.plans import ItemState
from hub.ports.requests import RequestState
from hub.ports.store import DeadFilter
from hub.sandbox.process import wait_until
from hub.support import approvals
from tests.faults.scene import Scene
from tests.installation import HubProcess

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(600)]

MESSAGES, LATER = 2400, 30
HOP = "delivery.integration_platform"
HALTED, ASKED = 1, 7
RATE = 9000  # a minute
# A command whose process is killed by the kernel after the n-th return from one of the three steps; a short turn, so
# that the next one need not wait long.
SHORT_TURN = "import hub.support.runs as r; r.Pace.__init__.__defaults__ = (60.0, 2_000_000, r.STANDS_US)"
DYING = """
import os, signal
{turn}
from hub.store import SqlStore
from hub.brokers.rabbit import RabbitBroker
owner, name, left = {owner}, "{name}", [{calls}]
method = getattr(owner, name)
def struck(*given, **named):
    found = method(*given, **named)
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return found
setattr(owner, name, struck)
pass"""
STEPS = [
    ("SqlStore", "claim_items"),
    ("RabbitBroker", "publish"),
    ("SqlStore", "mark_items"),
    ("SqlStore", "renew_plan"),
]
KILLED = -9


class Commands:
    """`renkei replay` as processes of their own."""

    def __init__(self, scene: Scene) -> None:
        self._hub, self._count = scene.hub, 0

    def start(self, *arguments: str, before: str = SHORT_TURN) -> HubProcess:
        self._count += 1
        log = self._hub.root / f"replay-{self._count}.log"
        command = self._hub._command("replay", *arguments, "--json", before=before)
        process = HubProcess(command, self._hub.environment(), log)
        self._hub.processes.append(process)
        return process

    def dies(self, plan: str, owner: str, name: str, calls: int) -> None:
        """A run that is killed; where the one before still counts as alive, it is tried again."""
        before = DYING.format(turn=SHORT_TURN, owner=owner, name=name, calls=calls)
        deadline = time.monotonic() + 60
        while True:
            process = self.start("resume", plan, before=before)
            if (code := process.wait(60)) == KILLED:
                return
            assert "replay.busy" in process.text(), f"ended with {code}: {process.text()}"
            assert time.monotonic() < deadline

    def ends(self, act: str, plan: str) -> HubProcess:
        """Runs to its end, tried again while another one counts as alive."""
        deadline = time.monotonic() + 120
        while True:
            process = self.start(act, plan)
            process.wait(240)
            if "replay.busy" not in process.text():
                return process
            assert time.monotonic() < deadline

    def agreed(self, plan: str) -> None:
        """Another person agrees to it, as it is of many."""
        asked = self.ends("run", plan)
        assert asked.wait() == ASKED, asked.text()
        app = self._hub.app
        [request] = app.store.requests([RequestState.OPEN], now_us())
        approvals.approve(app.bench, request.id, Actor("supervisor", frozenset({Right.APPROVE})), "as judged")


def shown(scene: Scene, plan: str) -> dict[str, Any]:
    found: dict[str, Any] = scene.hub.json("replay", "show", plan)
    return found


def selected(scene: Scene, plan: str) -> list[int]:
    return [item.dead_id for item in scene.hub.app.store.plan_items(int(plan), limit=10 * MESSAGES)]


def torture(scene: Scene, disturb: Callable[[], object] = lambda: None) -> None:
    commands = Commands(scene)
    store = scene.hub.app.store

    # Given: the partner refuses everything, many messages are later ones of the same records
    platform = scene.partners["integration_platform"]
    platform.mode("400")
    scene.publish(MESSAGES)
    scene.hub.run()
    scene.await_rest()
    assert scene.effects("integration_platform") == []
    dead = sum(count for hop, _code, _state, count, _at in store.dead_counts() if hop == HOP)
    assert dead > MESSAGES // 3

    made = scene.hub.json("replay", "plan", "--hop", HOP, "--rate", str(RATE), "--reason", "healed")
    plan, frozen = str(made["id"]), selected(scene, str(made["id"]))
    assert len(frozen) == made["total"] == dead
    assert made["prospects"].get("superseded", 0) > 0
    assert made["prospects"]["deliver"] > 100

    # When: it is run against the partner as it is, one message goes and no more
    commands.agreed(plan)
    refusals = len(platform.ledger())
    assert commands.ends("run", plan).wait() == HALTED
    assert shown(scene, plan)["halted_by"] == "deliver.rejected"
    assert len(platform.ledger()) - refusals <= 1

    # and more die meanwhile, which are not the plan's
    scene.publish(LATER)
    scene.await_rest()
    arrivals = shown(scene, plan)["arrivals"]
    assert arrivals > 0

    # When: healed, it is killed after every step, early and late
    platform.reset_mode()
    for number, (owner, name) in enumerate(STEPS):
        commands.dies(plan, owner, name, calls=1 + number)
        disturb()
    # and two go at it at once, one of which is killed from outside
    pair = [commands.start("resume", plan), commands.start("resume", plan)]
    wait_until(lambda: shown(scene, plan)["runs"], "one of them runs it", 60)
    time.sleep(1)
    for process in pair:
        process.close()
    # and it is cancelled midway
    last = commands.start("resume", plan)
    wait_until(lambda: "replay.busy" in last.text() or shown(scene, plan)["runs"], "it runs", 60)
    assert commands.ends("cancel", plan).wait() == 0
    cancelled = shown(scene, plan)
    assert cancelled["state"] == "cancelled"

    # Then: the selection is the frozen one, and each message of it is in exactly one place
    scene.await_rest()
    assert selected(scene, plan) == frozen
    assert shown(scene, plan)["arrivals"] == arrivals
    items = store.plan_items(int(plan), limit=10 * MESSAGES)
    assert {item.state for item in items} & {ItemState.CLAIMED, ItemState.SENT} == set()
    left = {item.dead_id for item in items if item.state is ItemState.PENDING}
    assert left, "it was over before it was cancelled"
    assert not store.dead_letters(DeadFilter(state="replaying"))
    open_ = set()
    after = 0
    while page := store.dead_letters(DeadFilter(hop=HOP), after_id=after, limit=500):
        open_ |= {letter.id for letter in page}
        after = page[-1].id
    assert left <= open_
    assert not open_ & {item.dead_id for item in items if item.state not in (ItemState.PENDING, ItemState.KEPT)}

    # When: a second plan takes what is left and what came since
    rest = scene.hub.json("replay", "plan", "--hop", HOP, "--reason", "the rest")
    commands.agreed(str(rest["id"]))
    process = commands.ends("run", str(rest["id"]))
    assert process.wait() == 0, process.text()

    # Then: lost 0, doubled 0, in order, by the ledgers; the books match
    scene.await_rest()
    scene.judge()


def test_killed_at_every_step_started_twice_and_cancelled_nothing_is_lost_or_doubled(scene: Scene) -> None:
    torture(scene)


def test_the_same_on_postgresql_while_the_hub_is_killed_as_well(postgres_scene: Scene) -> None:
    def kill_the_hub() -> None:
        postgres_scene.hub.processes[0].close()
        postgres_scene.hub.processes[0] = postgres_scene.hub.run()

    torture(postgres_scene, kill_the_hub)
