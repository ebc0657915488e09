"""The process that takes in what protects somebody dies, or there are two of it: every raise stands, once (F13)."""

from __future__ import annotations

from itertools import islice

import pytest

from hub.client import Publication
from hub.ports.fence import Step
from hub.sandbox.city import City
from hub.sandbox.measures import WELFARE, Measure, letter
from hub.sandbox.process import wait_until
from tests.faults.scene import Scene
from tests.installation import HubProcess

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(400)]

MEASURES = 40
PERSONS = list(islice(City(seed=1, persons=MEASURES).residents, MEASURES))


def publish(scene: Scene, first: int, count: int) -> None:
    measures = [Measure(WELFARE, one, 1, "domestic_violence") for one in PERSONS[first : first + count]]
    scene.hub.publish(WELFARE, [Publication(each.type, letter(each), "protection.measure") for each in measures])


def await_raised(scene: Scene, count: int) -> None:
    def raised() -> bool:
        return len([act for act in scene.hub.app.store.acts() if act.step is Step.RAISE]) >= count

    wait_until(raised, f"{count} are protected", 60)


def judge(scene: Scene) -> None:
    """Each person is protected once, and the copies at the door are duplicates."""
    acts = [act for act in scene.hub.app.store.acts() if act.step is Step.RAISE]
    assert len(acts) == len({act.measure for act in acts}) == MEASURES
    hop = f"intake.{WELFARE}"

    def settled() -> bool:
        (balance,) = (one for one in scene.hub.app.store.balances() if one.hop == hop)
        broker = scene.hub.app.broker
        return (
            balance.accepted == sum(balance.ends.values()) and broker.depth(hop) == broker.depth(f"{hop}.urgent") == 0
        )

    wait_until(settled, "every copy has its end", 60)


def stop(*processes: HubProcess) -> None:
    for process in processes:
        assert process.stop() == 0
        assert process.events("worker_failed") == process.events("stage_failed") == []


def test_killed_again_and_again_the_intake_stands_in_until_it_is_back(scene: Scene) -> None:
    intake, urgent = scene.hub.run("--role", "intake", "--urgent-apart"), scene.hub.run("--role", "urgent")
    for first in range(0, MEASURES, 10):
        publish(scene, first, 5)
        urgent.kill()
        publish(scene, first + 5, 5)
        await_raised(scene, first + 10)
        urgent = scene.hub.run("--role", "urgent")

    judge(scene)
    stop(intake, urgent)


def test_where_two_are_one_dies_and_the_other_goes_on(scene: Scene) -> None:
    intake = scene.hub.run("--role", "intake", "--urgent-apart")
    first, second = scene.hub.run("--role", "urgent"), scene.hub.run("--role", "urgent")
    publish(scene, 0, MEASURES // 2)
    first.kill()
    publish(scene, MEASURES // 2, MEASURES // 2)

    await_raised(scene, MEASURES)
    judge(scene)
    stop(intake, second)
    assert intake.events("stood_in") == []
