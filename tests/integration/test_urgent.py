"""What protects somebody waits behind nothing: a lane of its own at the door and at delivery (F13)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.app import App, Roles
from hub.cli.main import cli
from hub.cli.output import EXIT_USAGE
from hub.installation import init_home
from hub.metrics import Metrics
from hub.ports.broker import Outgoing, Properties, PublishOutcome
from hub.ports.fence import Step
from hub.ports.store import End
from hub.runner import Runner
from hub.sandbox.city import City
from hub.sandbox.measures import Measure, letter
from hub.sandbox.process import wait_until
from hub.topology import INTAKE_EXCHANGE
from tests.contract.store.samples import new_id

HOP = "intake.welfare"


@pytest.fixture(params=["memory", pytest.param("rabbit", marks=pytest.mark.rabbitmq)])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[App]:
    url = "memory://" if request.param == "memory" else request.getfixturevalue("rabbit_vhost").amqp_url
    app = App(tmp_path / "home")
    init_home(app, "141305", url, None, sandbox=True)
    app.broker.declare(app.topology)
    yield app
    app.close()


def publish(app: App, type: str, body: bytes) -> str:
    message_id = new_id()
    given = Properties(message_id=message_id, type=type, headers={"purpose": "protection.measure"})
    assert app.broker.publish([Outgoing(INTAKE_EXCHANGE, f"welfare.{type}", body, given)]) == [PublishOutcome.CONFIRMED]
    return message_id


def test_a_measure_is_taken_in_and_routed_past_whatever_waits_at_the_door(app: App) -> None:
    """Given others at the door, which nobody takes in
    When only the urgent lane is worked on
    Then the measure has closed the fence, and waits for its delivery in a lane where nothing is before it;
    and when the door is opened, the copy there changes nothing."""
    others = [publish(app, "welfare.person_number", b"<other/>") for _ in range(20)]
    measure = publish(
        app, "welfare.protection_measure", letter(Measure("welfare", City(1, 9).residents[3], 1, "other"))
    )
    stop = threading.Event()
    workers = {one.name: one for one in app.workers(Roles(delivery=False, collect=False), Metrics(), stop)}

    urgent = Runner([workers[f"intake:{HOP}.urgent"]], stop)
    urgent.start()
    wait_until(lambda: app.store.known(HOP, [measure]), "the measure is taken in", 20)

    assert app.store.known(HOP, others) == {}
    assert [act.step.value for act in app.store.acts()] == ["raise"]
    wait_until(lambda: app.broker.depth("delivery.integration_platform.urgent") == 1, "it waits for its delivery", 20)

    door = Runner([workers[f"intake:{HOP}"]], stop)
    door.start()
    wait_until(lambda: len(app.store.known(HOP, others)) == 20, "the others are taken in", 20)
    wait_until(lambda: "duplicate" in {entry.outcome for entry in app.store.trace(measure)}, "the copy came, too", 20)
    stop.set()
    assert (urgent.wait(20), door.wait(20)) == (0, 0)
    assert app.store.known(HOP, [measure])[measure].end is End.FORWARDED
    assert len(app.store.acts()) == 1
    assert app.broker.depth("delivery.integration_platform.urgent") == 1
    assert app.broker.depth("delivery.integration_platform") == 0


def test_the_intake_stands_in_at_an_urgent_door_while_nobody_is_there(app: App) -> None:
    """Given an intake that leaves the urgent doors to another process
    When a measure comes while there is none, it is taken in all the same, and the door is left again;
    when there is one, the intake keeps away."""
    stop, gone = threading.Event(), threading.Event()
    apart = Roles(delivery=False, collect=False, apart=True)
    intake = Runner([one for one in app.workers(apart, Metrics(), stop) if "urgent" in one.name], stop)
    intake.start()
    first, second = (
        letter(Measure("welfare", City(1, 9).residents[number], 1, "other")) for number in (3, 4)
    )  # fmt: skip

    measure = publish(app, "welfare.protection_measure", first)
    wait_until(lambda: app.store.known(HOP, [measure]), "the intake has taken it in", 20)

    only_urgent = Roles(intake=False, delivery=False, collect=False, urgent=True)
    workers = app.workers(only_urgent, Metrics(), gone)
    assert sorted(one.name for one in workers) == [
        "intake:intake.resident_registry.urgent",
        "intake:intake.welfare.urgent",
    ]
    urgent = Runner(workers, gone)
    urgent.start()
    measure = publish(app, "welfare.protection_measure", second)
    wait_until(lambda: app.store.known(HOP, [measure]), "one of them has taken it in", 20)
    assert len([act for act in app.store.acts() if act.step is Step.RAISE]) == 2
    wait_until(lambda: app.broker.depth(f"{HOP}.urgent") == 0, "nothing is left", 20)
    gone.set()
    stop.set()
    assert (urgent.wait(20), intake.wait(20)) == (0, 0)


@pytest.mark.parametrize("role", ["delivery", "collect", "urgent"])
def test_only_an_intake_leaves_the_urgent_doors_to_others(role: str) -> None:
    refused = CliRunner().invoke(cli, ["run", "--role", role, "--urgent-apart"])
    assert refused.exit_code == EXIT_USAGE
    assert "--urgent-apart" in refused.output
