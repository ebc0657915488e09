"""`renkei console` as a process: it serves, tells where, says no to the open network, and ends when told to."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hub.app import MEMORY, App
from hub.cli.home import init_home
from hub.cli.output import EXIT_USAGE
from hub.sandbox.process import wait_until

DEADLINE = 60.0


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    app = App(tmp_path / "home")
    init_home(app, "141305", MEMORY, None)
    app.close()
    yield tmp_path / "home"


def command(home: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "hub.cli", "--home", str(home), "console", *options]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def test_it_serves_the_sign_in_form_and_ends_by_a_signal(home: Path, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command(home, "--port", str(port)), stdout=log, stderr=log)
    try:
        wait_until(lambda: process.poll() is not None or _answers(url), "it answers", DEADLINE)
        assert process.poll() is None, (tmp_path / "log").read_text()
        answer = httpx.get(f"{url}/cases")
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fcases")
        form = httpx.get(f"{url}/sign-in")
        assert "サインイン" in form.text
        assert "server" not in form.headers
        assert httpx.get(f"{url}/static/console.css").status_code == 200
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(DEADLINE)
    assert code in (0, -signal.SIGTERM)
    started = json.loads((tmp_path / "log").read_text().splitlines()[0])
    assert (started["event"], started["url"]) == ("started", url)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--host", "192.0.2.1"), "not loopback"),
        (("--tls-cert", "hub.toml"), "belong together"),
    ],
)
def test_what_would_go_over_the_network_in_the_clear_is_refused(
    home: Path, options: tuple[str, ...], said: str
) -> None:
    done = subprocess.run(command(home, *options), capture_output=True, text=True, timeout=DEADLINE, cwd=home)
    assert done.returncode == EXIT_USAGE
    assert said in " ".join(done.stderr.split())


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/sign-in").status_code == 200
    except httpx.TransportError:
        return False
