"""The programs of ops/docs/publishing.md, as they stand there, against a hub on a real RabbitMQ."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from hub.installation import passwords
from hub.sandbox.process import wait_until
from tests.installation import Installation, installation
from tests.nodes import RabbitServer, RabbitVhost, nothing_found
from tests.npm import install

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "ops/docs/publishing.md"
CHILD = ROOT / "schemas/welfare.eligibility/v1/valid/child.xml"
COMMANDS = {".py": [sys.executable], ".js": ["node"], ".sh": ["sh"]}
CAREFUL = ("with_client.py", "with_pika.py", "with_amqplib.js")
PROGRAM_SECONDS = 60
_PROGRAM = re.compile(r"^`((?:with|hear_with)_\w+\.\w+)`\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def programs() -> dict[str, str]:
    """By file name, as the page has them."""
    return dict(_PROGRAM.findall(PAGE.read_text(encoding="utf-8")))


def publishers() -> list[str]:
    return [name for name in programs() if name.startswith("with_")]


@pytest.fixture
def hub(rabbit: RabbitServer, rabbit_vhost: RabbitVhost, tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path / "home", rabbit_vhost.amqp_url, rabbit.management_url) as made:
        made.init()
        made.apply()
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The programs of the page, with what they need."""
    if shutil.which("amqp-publish") is None:
        nothing_found("amqp-publish", "apt-get install amqp-tools")
    place = install(Path(__file__).resolve().parent, tmp_path / "programs")
    for name, text in programs().items():
        (place / name).write_text(text, encoding="utf-8")
    return place


def publish(folder: Path, name: str, url: str, message_id: str, key: str = "") -> subprocess.CompletedProcess[str]:
    return run(folder, name, url, str(CHILD), message_id, key=key)


def run(folder: Path, name: str, url: str, *arguments: str, key: str = "") -> subprocess.CompletedProcess[str]:
    program = folder / name
    sealing = {"HUB_KEY": key} if key else {}
    return subprocess.run(
        [*COMMANDS[program.suffix], str(program), *arguments],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "PYTHONPATH": str(ROOT), "HUB_URL": url} | sealing,
        capture_output=True,
        text=True,
        timeout=PROGRAM_SECONDS,
        check=False,
    )


def test_the_page_has_these_programs() -> None:
    assert set(programs()) == {*CAREFUL, "with_amqp_tools.sh", "hear_with_pika.py", "hear_with_amqp_tools.sh"}


@pytest.mark.slow
def test_each_program_publishes_once_however_often_it_is_run(hub: Installation, folder: Path) -> None:
    url = hub.app.user_url("welfare", passwords(hub.app.home, ["welfare"])["welfare"])
    ids = {name: str(uuid4()) for name in publishers()}
    key = hub.renkei("door-key", "show").stdout.strip()

    # When: each is run twice with one id, as after an error, and the hub takes in what lies at the door
    for name, message_id in ids.items():
        for sealed in (False, True):  # one that can seal does so the second time: it is the same message
            done = publish(folder, name, url, message_id, key if sealed else "")
            assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
    hub.run("--role", "intake")

    # Then: each message was taken in once and recognised the second time
    def outcomes(message_id: str) -> list[str]:
        return sorted(entry.outcome for entry in hub.app.store.trace(message_id) if entry.hop == "intake.welfare")

    for name, message_id in ids.items():
        wait_until(lambda one=message_id: len(outcomes(one)) == 2, f"both copies of {name} are settled", 60)
        assert outcomes(message_id) == ["duplicate", "forwarded"], name


@pytest.mark.slow
def test_what_the_broker_refuses_or_nobody_takes_is_no_success(
    hub: Installation, folder: Path, rabbit_vhost: RabbitVhost
) -> None:
    # Given: another partner's user, and then a door without its queue
    other = hub.app.user_url("tax", passwords(hub.app.home, ["tax"])["tax"])
    own = hub.app.user_url("welfare", passwords(hub.app.home, ["welfare"])["welfare"])
    for name in CAREFUL:
        assert publish(folder, name, other, str(uuid4())).returncode != 0, name
    rabbit_vhost.management.call("DELETE", "queues", rabbit_vhost.vhost, "intake.welfare")
    for name in CAREFUL:
        done = publish(folder, name, own, str(uuid4()))
        assert done.returncode != 0, name
        assert "door" in done.stderr or "publish.unroutable" in done.stderr, f"{name}: {done.stderr}"


@pytest.mark.slow
def test_a_publisher_hears_what_became_of_it(hub: Installation, folder: Path) -> None:
    url = hub.app.user_url("welfare", passwords(hub.app.home, ["welfare"])["welfare"])
    sent = str(uuid4())
    assert publish(folder, "with_client.py", url, sent).returncode == 0
    assert publish(folder, "with_client.py", url, sent).returncode == 0
    hub.run("--role", "intake")
    wait_until(lambda: hub.app.broker.depth("answers.welfare") == 2, "both copies are answered", 60)

    oldest = run(folder, "hear_with_amqp_tools.sh", url)
    rest = run(folder, "hear_with_pika.py", url, sent)

    assert json.loads(oldest.stdout)["published_as"] == sent, oldest.stderr
    assert json.loads(oldest.stdout)["state"] == "accepted"
    assert rest.stdout.split() == ["duplicate", "None", "None", "None"], rest.stderr
