"""Runbooks as they stand in ops/runbooks, run on real parts: what they promise is what the partners' ledgers say."""

from __future__ import annotations

import shutil
import sys
from itertools import islice
from pathlib import Path

import pytest

from hub.app import App
from hub.fence import ANCHOR
from hub.ports.holds import Hold, HoldState
from hub.ports.persons import PersonRef
from hub.sandbox.city import Change
from hub.sandbox.postgres import PrivatePostgres
from hub.sandbox.process import wait_until
from hub.support import fences
from hub.support.holds import approve, review
from hub.topology import delivery_queue, door_queue
from tests.faults.conftest import scene_on
from tests.faults.scene import Scene
from tests.nodes import RabbitServer, RabbitVhost
from tests.runbooks import Runbook

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(400)]
MESSAGES = 40
WELFARE = "welfare"


def fail_one(scene: Scene) -> None:
    """One change that a partner refuses."""
    scene.partners["welfare"].mode("400", times=1)
    scene.publish(1, seed=4)
    wait_until(lambda: len(scene.hub.json("dead", "list")) == 1, "it is a dead letter", 60)


def disclosing(scene: Scene, connector: str) -> None:
    """As if that partner stood outside the city: what is about a protected person does not go there."""
    edge = scene.hub.root / f"config/edges/{connector}.toml"
    text = edge.read_text(encoding="utf-8")
    assert '"internal"' in text
    edge.write_text(text.replace('"internal"', '"discloses"'), encoding="utf-8")
    scene.hub.app.close()
    scene.hub.app = App(scene.hub.root)


def close_fence(scene: Scene) -> str:
    """Around somebody of whom there will be news before the backup and after the restore. Returns the 宛名番号."""
    changes = list(islice(scene.changes(MESSAGES), 2 * MESSAGES))
    before, after = ([number_of(change) for change in part] for part in (changes[:10], changes[MESSAGES:]))
    number = next(one for one in before if one in after)
    subject = PersonRef("subject", (scene.hub.app.sealer.alias(ANCHOR, number),))
    fences.close(scene.hub.app.store, subject, "", "domestic_violence", "a clerk")
    return number


def number_of(change: Change) -> str:
    return change.resident.addressee_number


def holds(scene: Scene) -> list[Hold]:
    return scene.hub.app.store.holds([HoldState.OPEN])


def all_there(scene: Scene) -> bool:
    """Everybody's newest state is at every partner, or held."""
    newest = {number_of(change): letter.message_id for change, letter in scene.sent}
    held = {one.correlation_id for one in holds(scene)}
    done = {name: {entry["correlation_id"] for entry in scene.effects(name)} for name in scene.partners}
    return not set(newest.values()) - done.pop(WELFARE) - held and all(
        set(newest.values()) <= one for one in done.values()
    )


def backing_up(scene: Scene, rabbit: RabbitServer, database: str) -> dict[str, str]:
    """The variables of the page."""
    places = {name: scene.hub.root.with_name(name.lower()) for name in ("BACKUP", "KEYS_BACKUP")}
    for place in places.values():
        place.mkdir()
    return scene.hub.environment(
        PATH=f"{Path(sys.executable).parent}:/usr/bin:/bin",
        RENKEI_HOME=str(scene.hub.root),
        DATABASE=database,
        ADMIN=rabbit.management_url,
        **{name: str(place) for name, place in places.items()},
    )


def test_backup_and_restore(
    rabbit: RabbitServer, rabbit_vhost: RabbitVhost, own_postgres: PrivatePostgres, tmp_path: Path
) -> None:
    page = Runbook("runbooks/backup.md")
    old, new = (own_postgres.create_database(name).replace("+psycopg", "") for name in ("renkei", "restored"))
    with scene_on(tmp_path, rabbit_vhost.amqp_url, rabbit.management_url, old) as scene:
        # Given: something that failed, and work that has not come to its end
        process = scene.hub.run()
        fail_one(scene)
        scene.slow(0.3)
        scene.publish(MESSAGES)
        scene.await_effects(MESSAGES // 4)
        assert process.stop() == 0
        scene.publish(MESSAGES)
        queues = [door_queue("resident_registry"), delivery_queue("integration_platform")]
        waiting = {name: scene.hub.app.broker.depth(name) for name in queues}
        assert all(waiting.values()), f"nothing waits on the broker: {waiting}"
        letter = scene.hub.json("dead", "list")

        # When: all but the broker is lost, and comes from the backups
        shell = backing_up(scene, rabbit, old)
        page.next("Back up", shell)
        page.next("Back up", shell)
        assert not any(b"master.key" in file.read_bytes() for file in (tmp_path / "backup").iterdir())
        scene.hub.close()
        own_postgres.drop_database("renkei")
        shutil.rmtree(scene.hub.root)
        shell["DATABASE"] = new
        for _ in range(4):
            page.next("Restore", shell)
        scene.hub.app = App(scene.hub.root)

        # Then: what waits for people is there and can be opened
        assert scene.hub.json("dead", "list") == letter
        again = scene.hub.run()
        number = str(letter[0]["id"])
        scene.hub.renkei("dead", "replay", number, "--yes", "--reason", "the partner works again")
        scene.await_rest()
        page.next("Restore", shell)
        assert again.stop() == 0
        scene.judge()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_backup_taken_while_the_hub_works(
    kind: str, rabbit: RabbitServer, rabbit_vhost: RabbitVhost, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    page = Runbook("runbooks/backup.md")
    old = new = ""
    if kind == "postgresql":
        server: PrivatePostgres = request.getfixturevalue("own_postgres")
        old, new = (server.create_database(name).replace("+psycopg", "") for name in ("renkei", "restored"))
    with scene_on(tmp_path, rabbit_vhost.amqp_url, rabbit.management_url, old) as scene:
        # Given: a hub under load, and somebody who is protected, whose change is held
        disclosing(scene, WELFARE)
        scene.timeouts(5, 30)  # nothing is sent a second time: the page says why that would not be safe
        protected = close_fence(scene)
        process = scene.hub.run()
        scene.slow(0.3)
        scene.publish(MESSAGES)
        wait_until(lambda: holds(scene), "the protected person's change is held", 60)
        scene.await_effects(MESSAGES // 4)
        before = holds(scene)

        # When the backup is taken, work goes on, and then all but the broker is lost
        shell = backing_up(scene, rabbit, old)
        page.next("With SQLite" if kind == "sqlite" else "Back up", shell)
        if kind == "sqlite":
            page.skip("Back up")
        page.next("Back up", shell)
        done = sum(len(scene.effects(name)) for name in scene.partners)
        scene.await_effects(done + 4)
        process.kill()
        scene.hub.close()
        shutil.rmtree(scene.hub.root)
        shell["DATABASE"] = new
        page.next("Restore", shell)
        if kind == "sqlite":
            page.skip("Restore")
        page.next("With SQLite" if kind == "sqlite" else "Restore", shell)
        page.next("Restore", shell)
        # where a checkpoint was made between the dump and the copy of the home, the record is told to lack its rows
        told = page.next("Restore", shell, 0, 1)
        wrong = [line for line in told.splitlines() if line.startswith("WRONG")]
        assert all("a checkpoint covers" in line or "outside, but not" in line for line in wrong), told
        scene.hub.move(scene.hub.amqp_url, scene.hub.administrator)

        # Then: the fence is closed and the hold is held, also when the hub works again
        assert {one.message_id for one in before} <= {one.message_id for one in holds(scene)}
        again = scene.hub.run()
        scene.publish(MESSAGES)
        wait_until(lambda: all_there(scene), "what lies on the broker has its end", 120)
        about = [letter.message_id for change, letter in scene.sent if number_of(change) == protected]
        held = holds(scene)
        assert about[-1] in {one.correlation_id for one in held}
        assert not set(about) & {entry["correlation_id"] for entry in scene.effects(WELFARE)}
        assert [one.lifted for one in fences.measures(scene.hub.app.store)] == [False]

        # And once two people have let them go, every partner has everything once and in order, whatever the books lack
        bench = scene.hub.app.bench
        for one in held:
            review(scene.hub.app.store, bench.hub, one.id, "a clerk", "they may know")
            approve(bench, one.id, "a supervisor", "agreed")
        wait_until(lambda: not holds(scene) and all_there(scene), "they are there", 60)
        assert again.stop() == 0
        scene.judge_ledgers()
