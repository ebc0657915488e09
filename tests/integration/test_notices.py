"""Whoever may approve is told by mail or webhook: the shipped rules and routes, a real Prometheus and Alertmanager."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from hub.clock import now_us
from hub.errors import Refused
from hub.ports.accounts import Actor, Right
from hub.sandbox import alertmanager
from hub.sandbox.alertmanager import PrivateAlertmanager
from hub.sandbox.process import wait_until
from hub.sandbox.prometheus import PrivatePrometheus
from hub.status import StatusServer
from hub.support import approvals
from hub.targets import announced
from tests.engine import Engine, built, failing, note
from tests.integration.test_alerts import FOLDER, configuration
from tests.nodes import nothing_found

SECONDS = 60.0
ROUTES = (FOLDER / "alertmanager.yml").read_text(encoding="utf-8")
PERSONAL = ("葛", "123456789018", "2019-04-01", "000000000000001")  # of the note that is about to be discarded


@pytest.fixture(params=["memory"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    if alertmanager.find_binary() is None:
        nothing_found("Alertmanager to tell people with", "apt-get install prometheus-alertmanager")
    yield from built(request, tmp_path / "home", monkeypatch)


@contextmanager
def hearing() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A webhook of ours: its address, and path and body of what came."""
    heard: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append((self.path, self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def routes(folder: Path, webhook: str) -> Path:
    """The shipped file with our webhook, seconds for minutes, and no mail."""
    folder.mkdir(parents=True)
    text = ROUTES.replace("https://chat.city.example", webhook).replace("group_wait: 30s", "group_wait: 1s")
    lines = text.splitlines(keepends=True)
    kept = [line for line in lines if "email_configs" not in line and "- to:" not in line]
    (folder / "alertmanager.yml").write_text("".join(kept), encoding="utf-8")
    return folder / "alertmanager.yml"


def test_the_shipped_routes_are_sound_and_send_each_severity_to_somebody() -> None:
    tool = shutil.which("amtool")
    if tool is None:
        nothing_found("amtool to check with", "apt-get install prometheus-alertmanager")
    file = str(FOLDER / "alertmanager.yml")
    subprocess.run([tool, "check-config", file], check=True, capture_output=True)
    for severity, receiver in (("notice", "approvers"), ("page", "on-call"), ("ticket", "operators")):
        command = [tool, "config", "routes", "test", f"--config.file={file}", f"severity={severity}", "kind=edit"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        assert done.stdout.split() == [receiver]


def test_what_waits_for_a_second_person_is_told_to_those_who_may_agree(engine: Engine, tmp_path: Path) -> None:
    """Given somebody who asks to discard a message
    When the shipped rules and routes run on a real Prometheus and a real Alertmanager
    Then the approvers' webhook hears that a discard waits and where to look, and nothing of whom it is about
    """
    engine.archive.behaviour = failing(Refused("deliver.rejected", "status 422"), 1)
    engine.run()
    engine.app.store.verified_audit(now_us())
    engine.publish(note())
    engine.await_(lambda: len(engine.dead()) == 1, "it is dead")
    status = StatusServer("127.0.0.1", 0, engine.metrics, {}, lambda: engine.app.refresh(engine.metrics))
    with ExitStack() as stack:
        webhook, heard = stack.enter_context(hearing())
        notices = PrivateAlertmanager(routes(tmp_path / "routes", webhook), tmp_path / "notices")
        stack.callback(notices.stop)
        notices.start()
        status.start()
        stack.callback(status.close)
        targets = tmp_path / "targets"
        address = notices.url.removeprefix("http://")
        rules = configuration(tmp_path / "prometheus", targets, address)
        prometheus = PrivatePrometheus(rules, tmp_path / "series")
        stack.enter_context(announced(targets, "127.0.0.1", status.port, "all"))
        stack.callback(prometheus.stop)
        prometheus.start()

        actor = Actor("hanako", frozenset(Right))
        approvals.ask_discard(engine.app.bench, [engine.dead()[0].id], actor, "a copy", "T-1")

        wait_until(lambda: any(path == "/hooks/approvers" for path, _ in heard), "the approvers hear of it", SECONDS)
    told = [json.loads(body) for path, body in heard if path == "/hooks/approvers"]
    (alert,) = told[0]["alerts"]
    assert alert["labels"]["alertname"] == "RenkeiApprovalWaits"
    assert alert["labels"]["kind"] == "discard"
    assert "waits for a second person" in alert["annotations"]["summary"]
    assert alert["annotations"]["runbook_url"].endswith("approvals.md")
    everything = "".join(body for _, body in heard)
    assert not [word for word in (*PERSONAL, "hanako", "a copy") if word in everything]
