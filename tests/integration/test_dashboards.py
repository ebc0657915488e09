"""The dashboards: as the code says, about metrics that exist, and every panel shows data of a real run."""

from __future__ import annotations

import importlib.util
import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import ModuleType

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hub.cli.demo import BrokerChoice
from hub.doctor.certificates import Certificates
from hub.metrics import Metrics
from hub.ports.letters import DeadFilter
from hub.ports.plans import NewPlan
from hub.sandbox import rabbitmq
from hub.sandbox.authority import Authority
from hub.sandbox.demo import Run
from hub.sandbox.flows import FLOWS
from hub.sandbox.process import wait_until
from hub.sandbox.prometheus import PrivatePrometheus, configured
from hub.sandbox.scene import scene
from hub.status import StatusServer
from hub.targets import announced
from tests.nodes import nothing_found

PEM, PKCS8 = Encoding.PEM, PrivateFormat.PKCS8
FOLDER = Path(__file__).parents[2] / "ops" / "grafana"
BOARDS = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.json"))]
PANELS = [(board["uid"], panel["title"]) for board in BOARDS for panel in board["panels"] if panel["type"] != "row"]
# a change of a resident; applications that are fetched; a protection, and what is held; inquiries that are refused
CHOSEN = ("F2", "F5", "F13", "F14", "F12", "F15")


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_dashboards", FOLDER / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_files_are_as_the_code_says() -> None:
    assert generator().stale() == [], "run ops/grafana/generate.py"


def test_a_metric_that_does_not_exist_is_refused() -> None:
    module = generator()
    panels = sys.modules["panels"]
    bad = panels.Board("x", "x", (panels.Row("r", (panels.Panel("p", (("sum(renkei_mesages_total)", ""),)),)),))
    assert module.unknown(bad) == {"renkei_mesages_total"}


def test_titles_and_ids_are_unique_within_a_board() -> None:
    for board in BOARDS:
        titles = [panel["title"] for panel in board["panels"]]
        assert len(titles) == len(set(titles))
        assert len({panel["id"] for panel in board["panels"]}) == len(titles)


def targets_of(uid: str, title: str) -> list[str]:
    (board,) = (one for one in BOARDS if one["uid"] == uid)
    (panel,) = (one for one in board["panels"] if one["title"] == title)
    return [query["expr"] for query in panel["targets"]]


@contextmanager
def process_that_sees_tls(root: Path, targets: Path) -> Iterator[None]:
    """One more process, whose broker shows a certificate."""
    holder = Authority().issue("broker")
    files = {"key": holder.key.private_bytes(PEM, PKCS8, NoEncryption()), "certificate": holder.certificate}
    for name, content in files.items():
        (root / name).write_bytes(content)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(root / "certificate", root / "key")
    with ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        threading.Thread(target=_shake_hands, args=(listening, context), daemon=True).start()
        metrics = Metrics()
        seen = Certificates({"broker": f"amqps://127.0.0.1:{listening.getsockname()[1]}"})
        status = StatusServer("127.0.0.1", 0, metrics, {}, lambda: metrics.certificates(seen.ends()))
        status.start()
        stack.callback(status.close)
        stack.enter_context(announced(targets, "127.0.0.1", status.port, "other"))
        yield


def _shake_hands(listening: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:  # the test is over
            return
        with connection, suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivatePrometheus]:
    """A Prometheus that has scraped a run of the demo with all its faults, and one more process that sees TLS."""
    if rabbitmq.find_binary() is None:
        nothing_found("RabbitMQ", "apt-get install rabbitmq-server")
    root = tmp_path_factory.mktemp("dashboards")
    with ExitStack() as stack:
        here = stack.enter_context(scene(BrokerChoice.RABBITMQ.value, lambda _text: None))
        home = here.hub.app.home
        file = configured(home.targets, root / "prometheus", here.broker.metrics)
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("scrape_interval: 15s", "scrape_interval: 1s\n  evaluation_interval: 1s"))
        prometheus = PrivatePrometheus(file, root / "data")
        stack.callback(prometheus.stop)
        prometheus.start()
        stack.enter_context(process_that_sees_tls(root, home.targets))
        command = [sys.executable, "-m", "hub.cli", "--home", str(home.root)]

        flows = [flow for flow in FLOWS if flow.id in CHOSEN]
        Run(here, flows, 20, lambda _what, _share: None, time.monotonic()).play()

        here.hub.app.store.create_plan(NewPlan(DeadFilter(), "a clerk", "what is left"))
        subprocess.run([*command, "reconcile", "--record"], check=False, capture_output=True, timeout=60)
        assert home.reconciliation.exists()
        wait_until(lambda: bool(prometheus.query("renkei_replay_items > 0")), "the plan is seen", 30)
        yield prometheus


@pytest.mark.slow
@pytest.mark.rabbitmq
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("uid", "title"), PANELS)
def test_every_panel_shows_data(uid: str, title: str, watched: PrivatePrometheus) -> None:
    for expression in targets_of(uid, title):
        asked = expression.replace("$__rate_interval", "10m").replace("$connector", ".*").replace("$flow", ".*")
        found = watched.query(f"last_over_time(({asked})[15m:1s])")
        assert found, f"no data: {asked}"
        assert any(each["value"][1] != "NaN" for each in found), f"nothing but NaN: {asked}"
