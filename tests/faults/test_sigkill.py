"""Processes of the hub that die or are asked to end in mid-run, and a broker that dies under them (promises 1 to 4)."""

from __future__ import annotations

import signal
import time

import pytest

from hub.sandbox.process import wait_until
from hub.sandbox.rabbitmq import PrivateRabbit
from tests.faults.scene import Scene

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(400)]

MESSAGES, KILLS = 240, 4


def kill_and_restart(scene: Scene, *roles: str) -> None:
    """SIGKILL at every fifth of the run, the roles in turn, and start again; then wait for the end."""
    processes = {role: scene.hub.run("--role", role) for role in roles}
    for number in range(1, KILLS + 1):
        scene.await_effects(number * 2 * MESSAGES // 8)
        role = roles[number % len(roles)]
        processes[role].kill()
        processes[role] = scene.hub.run("--role", role)
    scene.await_rest()
    for process in processes.values():
        assert process.stop() == 0
        assert process.events("worker_failed") == process.events("stage_failed") == []


@pytest.mark.parametrize("roles", [("all",), ("intake", "delivery")], ids=["one process", "one per role"])
def test_killed_in_mid_batch_again_and_again_every_effect_happens_once_and_in_order(
    scene: Scene, roles: tuple[str, ...]
) -> None:
    # Given: partners slow enough that each kill meets sends in flight
    scene.slow(0.1)
    scene.publish(MESSAGES)

    # When
    kill_and_restart(scene, *roles)

    # Then
    scene.judge()


def test_the_same_on_postgresql(postgres_scene: Scene) -> None:
    postgres_scene.slow(0.1)
    postgres_scene.publish(MESSAGES)

    kill_and_restart(postgres_scene, "intake", "delivery")

    postgres_scene.judge()


def test_two_processes_of_a_role_share_the_work_and_one_of_them_dies(scene: Scene) -> None:
    # Given
    scene.slow(0.1)
    survivor, victim = scene.hub.run(), scene.hub.run()
    scene.publish(MESSAGES)

    # When
    scene.await_effects(MESSAGES // 4)
    victim.kill()

    # Then: the other one does the rest, without a restart
    scene.await_rest()
    assert survivor.stop() == 0
    scene.judge()


def test_asked_to_end_it_settles_what_is_in_hand_first(scene: Scene) -> None:
    # Given
    scene.slow(0.1)
    scene.publish(MESSAGES)
    process = scene.hub.run()

    for number in (1, 2):
        # When it is asked to end in mid-run
        scene.await_effects(number * MESSAGES // 4)
        began = time.monotonic()
        assert process.stop() == 0

        # Then: within its deadline, with no send left open and the books in order
        assert time.monotonic() - began < 15
        assert process.events("stopping")[0]["signal"] == "SIGTERM"
        assert process.events("stopped_with_work_left") == []
        books = scene.books()
        assert {hop["leased"] for hop in books["hops"]} == {0}
        assert books["matches"]
        process = scene.hub.run()

    # And: the next one goes on where it ended, and no partner was asked twice
    scene.await_rest()
    scene.judge()
    for name, partner in scene.partners.items():
        assert len(partner.ledger()) == len(scene.effects(name)), "a send was repeated"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_at_once_and_a_send_left_open_is_resolved_by_the_next(
    scene: Scene, number: signal.Signals
) -> None:
    # Given: a send that hangs, for which an orderly end would wait
    scene.timeouts(0.5, 8.0)
    scene.partners["integration_platform"].mode("timeout_after", times=1)
    scene.publish(1)
    process = scene.hub.run()
    scene.await_effects(1)

    # When
    process.send(number)
    wait_until(lambda: bool(process.events("stopping")), "it has noticed", 10)
    began = time.monotonic()
    process.send(number)

    # Then
    assert process.wait() == 128 + number
    assert time.monotonic() - began < 2

    # And: the partner had acted; asked again under the same key, it acts no second time
    process = scene.hub.run()
    scene.await_rest()
    scene.judge()


def test_work_that_outlasts_the_deadline_is_given_back_and_done_by_the_next(scene: Scene) -> None:
    # Given: a send that hangs longer than a stop may take
    scene.timeouts(0.5, 8.0)
    scene.partners["integration_platform"].mode("timeout_after", times=1)
    scene.publish(1)
    process = scene.hub.run(before="import hub.cli.run as run; run.STOP_SECONDS = 1.5")
    scene.await_effects(1)

    # When
    began = time.monotonic()
    assert process.stop() == 0

    # Then
    assert 1 < time.monotonic() - began < 8
    assert "delivery:integration_platform" in process.events("stopped_with_work_left")[0]["worker"]
    scene.hub.run()
    scene.await_rest()
    scene.judge()


def test_a_broker_killed_in_mid_run_loses_nothing(mortal_scene: tuple[Scene, PrivateRabbit]) -> None:
    # Given
    scene, broker = mortal_scene
    broker.await_declarations()
    scene.slow(0.1)
    scene.publish(MESSAGES)
    process = scene.hub.run()

    for number in (1, 2):
        # When the node is killed with messages in every queue, and started again
        scene.await_effects(number * MESSAGES // 4)
        broker.kill()
        broker.start()

    # Then: the hub has come back by itself
    scene.await_rest()
    assert process.stop() == 0
    scene.judge()


def test_a_broker_and_a_hub_that_die_together_lose_nothing(mortal_scene: tuple[Scene, PrivateRabbit]) -> None:
    # Given
    scene, broker = mortal_scene
    broker.await_declarations()
    scene.slow(0.1)
    scene.publish(MESSAGES)
    process = scene.hub.run()
    scene.await_effects(MESSAGES // 4)

    # When: a power cut
    process.kill()
    broker.kill()
    broker.start()
    process = scene.hub.run()

    # Then
    scene.await_rest()
    assert process.stop() == 0
    scene.judge()
