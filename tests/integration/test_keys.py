"""Another master key while the hub works, after a crash as well; backups of data and keys apart from each other."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.app import App
from hub.cli.main import cli
from hub.errors import ConfigError, RenkeiError, StoreUnavailable
from hub.installation import init_home
from hub.ports.keys import MasterState
from hub.ports.store import Alias, PersonRef, SealedBody
from hub.sandbox.process import wait_until

TENANT = "141305"
BODIES = 150


def person(number: int) -> PersonRef:
    return PersonRef("subject", (Alias("addressee_number", f"{number:064x}"),))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    app = App(tmp_path / "home")
    init_home(app, TENANT, "memory://", None)
    app.close()
    return tmp_path / "home"


def opened(home: Path) -> App:
    return App(home)


def sealed(app: App, count: int = BODIES) -> dict[str, SealedBody]:
    """Bodies of as many persons, each under a data key of its own, and one of a queue."""
    found = {f"id {n}": app.sealer.seal_stored(f"id {n}", b"body", (person(n),)) for n in range(count)}
    return found | {"queue": app.sealer.seal("queue", b"body")}


def assert_readable(app: App, bodies: dict[str, SealedBody]) -> None:
    for message_id, body in bodies.items():
        assert app.sealer.open(message_id, body) == b"body"


def run(home: Path, *words: str) -> Any:
    return CliRunner().invoke(cli, ["--home", str(home), *words])


@pytest.mark.rule("R56")
def test_a_rotation_that_is_killed_leaves_everything_readable_and_is_taken_up_again(home: Path) -> None:
    """Given a process at work, with a few hundred data keys
    When `renkei keys rotate` is killed while it wraps them, and run again
    Then at no time anything is unreadable, neither to the process that is at work nor to a new one
    """
    worker = opened(home)
    bodies, alias = sealed(worker), worker.sealer.alias("addressee_number", "1")
    before = worker.store.current_master("")
    command = [sys.executable, "-m", "hub.cli", "--home", str(home), "keys", "rotate", "--batch", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    watch = opened(home)

    def wrapped_anew() -> int:
        return next((one.keys for one in watch.store.masters() if one.state is MasterState.CURRENT), 0)

    wait_until(lambda: watch.store.current_master("") != before and wrapped_anew() > 5, "it is at work", 30)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert 0 < wrapped_anew() < BODIES

    assert_readable(worker, bodies)
    bodies["meanwhile"] = worker.sealer.seal_stored("meanwhile", b"body", (person(9999),))
    fresh = opened(home)
    assert_readable(fresh, bodies)

    done = run(home, "keys", "rotate", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["finished"]
    assert told["done"] == told["total"] == BODIES + 2
    assert told["put_aside"] == before
    assert not (home / "keys/master.new.key").exists()

    # the earlier key is needed by nothing any more, and persons are found under the same hashes
    (home / f"keys/master-{before}.old").unlink()
    last = opened(home)
    assert_readable(last, bodies)
    assert_readable(worker, bodies)
    assert last.sealer.alias("addressee_number", "1") == alias
    last.sealer.verify()
    listed = json.loads(run(home, "keys", "list", "--json").stdout)
    assert {one["state"]: one["data_keys"] for one in listed} == {"retired": 0, "current": BODIES + 2}
    for app in (worker, watch, fresh, last):
        app.close()


@pytest.mark.rule("R56")
def test_processes_at_work_seal_and_open_all_through_several_rotations(home: Path) -> None:
    app, stop = opened(home), threading.Event()
    bodies, failed = sealed(app, 20), list[Exception]()

    def work() -> None:
        mine = opened(home)
        try:
            number = 1000
            while not stop.is_set():
                number += 1
                message_id = f"id {number}"
                bodies[message_id] = mine.sealer.seal_stored(message_id, b"body", (person(number),))
                assert mine.sealer.open(message_id, bodies[message_id]) == b"body"
        except (RenkeiError, AssertionError) as error:
            failed.append(error)
        finally:
            mine.close()

    worker = threading.Thread(target=work)
    worker.start()
    for _ in range(3):
        done = run(home, "keys", "rotate", "--batch", "5")
        assert done.exit_code == 0, done.output
    stop.set()
    worker.join()

    assert failed == []
    assert len(list((home / "keys").glob("master-*.old"))) == 3
    again = opened(home)
    assert_readable(again, bodies)
    app.close()
    again.close()


def test_a_new_key_can_be_brought_to_every_host_before_it_is_used(home: Path) -> None:
    made = run(home, "keys", "new", "--json")
    new = json.loads(made.stdout)["id"]
    assert run(home, "keys", "new").exit_code == 5  # never overwritten
    app = opened(home)
    bodies = sealed(app, 3)
    assert app.store.current_master("") != new

    assert run(home, "keys", "rotate").exit_code == 0

    assert app.store.current_master("") == new
    assert_readable(app, bodies)
    app.close()


def test_a_host_that_lacks_the_new_key_waits_instead_of_giving_up_messages(home: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(home, elsewhere)
    (elsewhere / "data").rename(tmp_path / "unused")
    (elsewhere / "data").symlink_to(home / "data")
    app = opened(home)
    bodies = sealed(app, 2)
    assert run(home, "keys", "rotate").exit_code == 0
    other = opened(elsewhere)

    with pytest.raises(StoreUnavailable):
        assert_readable(other, bodies)
    with pytest.raises(ConfigError):
        other.sealer.verify()
    shutil.copy2(home / "keys/master.key", elsewhere / "keys/master.new.key")
    wait_until(lambda: other.master_keys.find(app.store.current_master("")) is not None, "it has looked again", 10)
    assert_readable(other, bodies)
    app.close()
    other.close()


def test_a_data_key_that_nothing_opens_is_told_and_the_earlier_key_stays(home: Path) -> None:
    app = opened(home)
    bodies = sealed(app, 3)
    with sqlite3.connect(home / "data/hub.db") as database:
        database.execute("UPDATE keys SET wrapped = zeroblob(60) WHERE id = (SELECT min(id) FROM keys)")

    done = run(home, "keys", "rotate", "--json")

    assert done.exit_code == 1
    assert json.loads(done.stdout)["lost"] == 1
    assert (home / "keys/master.new.key").exists()
    assert (home / "keys/master.key").exists()
    fresh = opened(home)
    del bodies["id 0"]
    assert_readable(fresh, bodies)
    app.close()
    fresh.close()


@pytest.mark.rule("R56")
def test_master_keys_may_be_printed_by_a_command(home: Path, tmp_path: Path) -> None:
    app = opened(home)
    bodies = sealed(app, 3)
    old, safe = app.master_keys.first, tmp_path / "safe"
    safe.write_text(old.raw.hex() + "\n")
    (home / "keys/master.key").unlink()
    settings = home / "hub.toml"
    settings.write_text(settings.read_text() + f'master_key_command = ["cat", "{safe}"]\n')

    assert_readable(opened(home), bodies)
    assert run(home, "keys", "rotate").exit_code == 5  # there is nothing newer
    safe.write_text(f"{old.successor().hex()}\n{old.raw.hex()}\n")
    assert run(home, "keys", "rotate").exit_code == 0
    safe.write_text(safe.read_text().splitlines()[0])
    assert_readable(opened(home), bodies)
    app.close()


@pytest.mark.parametrize("printed", ["", "secret-words", "abcdabcdabcd", "5a" * 33])
def test_a_command_that_prints_no_key_is_refused_and_nothing_of_it_is_told(
    home: Path, tmp_path: Path, printed: str
) -> None:
    safe = tmp_path / "safe"
    safe.write_text(printed)
    settings = home / "hub.toml"
    settings.write_text(settings.read_text() + f'master_key_command = ["cat", "{safe}"]\n')

    done = run(home, "keys", "list")

    assert done.exit_code == 3
    assert "config.key_command" in done.stderr
    assert not printed or printed not in done.output


@pytest.mark.rule("R56")
def test_a_backup_of_the_data_is_unreadable_without_the_backup_of_the_keys(home: Path, tmp_path: Path) -> None:
    """Given backups of database and keys that lie apart
    When both homes are lost
    Then the database alone opens nothing, and with the keys everything
    """
    app = opened(home)
    bodies = sealed(app, 5)
    app.close()
    with sqlite3.connect(home / "data/hub.db") as source, sqlite3.connect(tmp_path / "data.backup") as target:
        source.backup(target)
    shutil.copytree(home / "keys", tmp_path / "keys.backup")
    shutil.rmtree(home)

    restored = App(tmp_path / "restored")
    init_home(restored, TENANT, "memory://", None)  # a new installation, with a master key of its own
    restored.close()
    shutil.copy(tmp_path / "data.backup", tmp_path / "restored/data/hub.db")
    for leftover in (tmp_path / "restored/data").glob("hub.db-*"):
        leftover.unlink()
    without = App(tmp_path / "restored")
    with pytest.raises(ConfigError):
        without.sealer.verify()
    for message_id, body in bodies.items():
        with pytest.raises(StoreUnavailable):
            without.sealer.open(message_id, body)
    without.close()

    shutil.rmtree(tmp_path / "restored/keys")
    shutil.copytree(tmp_path / "keys.backup", tmp_path / "restored/keys")
    whole = App(tmp_path / "restored")
    whole.sealer.verify()
    assert_readable(whole, bodies)
    whole.close()
