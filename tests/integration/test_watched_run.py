"""A real run with all its faults under a real Prometheus: every panel shows data, no label is a sender's word, and
neither metrics nor logs name a person.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typer.testing import CliRunner

from hub import logs as log
from hub.app import App
from hub.cli.demo import BrokerChoice
from hub.cli.main import cli
from hub.cli.output import EXIT_REFUSED
from hub.codes import CODES
from hub.console.table import SCREENS
from hub.doctor.certificates import Certificates
from hub.metrics import Metrics
from hub.ports.accounts import Role
from hub.ports.letters import DeadFilter
from hub.ports.plans import NewPlan
from hub.sandbox import demo, rabbitmq
from hub.sandbox.authority import Authority
from hub.sandbox.city import City
from hub.sandbox.demo import LEAST_CITY, PERSONS_PER_MESSAGE, SEED, Run
from hub.sandbox.flows import FLOWS
from hub.sandbox.process import wait_until
from hub.sandbox.prometheus import PrivatePrometheus, configured
from hub.sandbox.scene import scene
from hub.status import StatusServer
from hub.targets import announced
from tests.doors import WordDoor, served
from tests.integration.test_console import address
from tests.leaks import found_in, persons, telling
from tests.nodes import nothing_found

LEAKS = os.environ.get("RENKEI_TEST_LEAKS", "")
PERSONS = 10_000 if LEAKS == "full" else int(LEAKS or "114")
# a run takes about as long as it has messages; nothing that has stopped is waited for so long
pytestmark = [pytest.mark.slow, pytest.mark.rabbitmq, pytest.mark.timeout(600 + PERSONS)]
PEM, PKCS8 = Encoding.PEM, PrivateFormat.PKCS8
FOLDER = Path(__file__).parents[2] / "ops" / "grafana"
BOARDS = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.json"))]
MESSAGES = PERSONS // PERSONS_PER_MESSAGE + 1
CITY = City(SEED, max(LEAST_CITY, PERSONS_PER_MESSAGE * MESSAGES))
ROLES = ("intake", "delivery", "collect")
PANELS = [(board["uid"], panel["title"]) for board in BOARDS for panel in board["panels"] if panel["type"] != "row"]


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


@dataclass(frozen=True)
class Watched:
    """What the run left: its Prometheus, the logs of its processes by role, its hub."""

    prometheus: PrivatePrometheus
    logs: Mapping[str, str]
    app: App
    broker: Path
    series: Path


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """After a run of the demo, its processes writing all they can; and one more process that sees TLS."""
    if rabbitmq.find_binary() is None:
        nothing_found("RabbitMQ", "apt-get install rabbitmq-server")
    root = tmp_path_factory.mktemp("dashboards")
    demo.REST_SECONDS = 600.0 + PERSONS / 2  # for a round, which ends as soon as nothing moves any more
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

        subprocess.run([*command, "log-level", "all", "debug"], check=True, capture_output=True, timeout=60)
        report = Run(here, FLOWS, MESSAGES, lambda _what, _share: None, time.monotonic()).play()
        assert report.expectations[0].held, report.expectations[0].found  # else it ended before all flows had run

        here.hub.app.store.create_plan(NewPlan(DeadFilter(), "a clerk", "what is left"))
        subprocess.run([*command, "reconcile", "--record"], check=False, capture_output=True, timeout=60)
        assert home.reconciliation.exists()
        here.partners["myna_portal"].stop()
        failed = "last_over_time(sum(rate(renkei_collect_failures_total[1m]))[1m:1s]) > 0"
        wait_until(lambda: bool(prometheus.query(failed)), "fetching from a partner that is away fails", 60)
        wait_until(lambda: bool(prometheus.query("renkei_replay_items > 0")), "the plan is seen", 60)
        logs = {role: (home.root / f"{role}.log").read_text(encoding="utf-8") for role in ROLES}
        assert here.broker.directory is not None
        yield Watched(prometheus, logs, here.hub.app, here.broker.directory, root / "data")


@pytest.mark.parametrize(("uid", "title"), PANELS)
def test_every_panel_shows_data(uid: str, title: str, watched: Watched) -> None:
    for expression in targets_of(uid, title):
        asked = expression.replace("$__rate_interval", "10m").replace("$connector", ".*").replace("$flow", ".*")
        found = watched.prometheus.query(f"last_over_time(({asked})[15m:1s])")
        assert found, f"no data: {asked}"
        assert any(each["value"][1] != "NaN" for each in found), f"nothing but NaN: {asked}"


def test_a_slow_delivery_leads_to_its_trace(watched: Watched) -> None:
    found = watched.prometheus.exemplars("renkei_accepted_to_delivered_seconds_bucket")
    traces = {each["labels"]["trace_id"] for each in found}
    assert traces
    ids = [str(UUID(trace)) for trace in traces]  # the trace of a flow has the id of its first message
    assert any(entry.outcome == "delivered" for one in ids for entry in watched.app.store.trace(one))


@pytest.mark.parametrize("role", ROLES)
def test_no_log_names_a_person(role: str, watched: Watched) -> None:
    text = watched.logs[role]
    assert [word for word in persons(CITY) if word in text] == []
    assert text.isascii()


def test_every_log_line_is_one_event_of_the_table_with_nothing_kept_out(watched: Watched) -> None:
    events = [json.loads(line) for text in watched.logs.values() for line in text.splitlines()]
    assert {event["event"] for event in events} <= set(log.EVENTS)
    assert [event for event in events if "redacted_fields" in event] == []
    settled = [event for event in events if event["event"] == "settled"]
    assert settled and all(event["level"] == "debug" and event["logger"] == "hub.worker" for event in settled)
    assert all(event["message_id"] and event["correlation_id"] for event in settled)
    assert {"started", "settled", "not_collected"} <= {event["event"] for event in events}


def test_every_label_has_its_words(watched: Watched) -> None:
    registry, settings = watched.app.registry, watched.app.settings
    names = {*registry.partners, *registry.connectors}
    contracts = {f"{type_}/{version}" for type_ in registry.types() for version in registry.versions(type_)}
    words: dict[str, set[str]] = {
        "hop": {f"{side}.{name}" for side in ("intake", "delivery") for name in names},
        "partner": names,
        "connector": set(registry.connectors),
        "address": {*registry.connectors, "broker", "management"},
        "type": {*registry.types(), "unknown"},
        "flow": {*registry.flow_of_types().values(), "unknown"},
        "contract": contracts,
        "code": {*CODES, ""},
        "event": {*log.EVENTS, log.UNKNOWN_EVENT},
        "tier": set(settings.tiers),
        "check": {"store", "broker", "workers", "policies"},
        "status": {"2xx", "3xx", "4xx", "5xx", "none", "other"},
    }
    free = {"le", "instance", "job", "role", "version", "python"}  # of the process, not of messages
    small = {"outcome", "state", "stage", "rule"}  # the hub's own words, letters only
    series = watched.prometheus.query('{__name__=~"renkei_.*"}')
    assert len(series) > 500
    for labels in (one["metric"] for one in series):
        for name, value in labels.items():
            if name in words:
                assert value in words[name], f"{labels['__name__']}: {name}={value}"
            elif name in small:
                assert value.replace("_", "").isalnum() and value.isascii() and len(value) < 40, labels
            else:
                assert name in {*free, "__name__"}, f"{labels['__name__']} has a label {name}"
    told = {value for one in series for name, value in one["metric"].items() if name in {*words, *small}}
    assert told & persons(CITY) == set()


def test_no_person_is_on_the_brokers_disk_in_the_database_in_a_log_or_in_the_metrics(
    watched: Watched, tmp_path: Path
) -> None:
    """Every partner's messages are sealed: what lies on disks is keyed hashes, ids and sealed bodies."""
    home, words = watched.app.home, telling(CITY)
    control = tmp_path / "control"
    control.write_text(f"as it would look: {CITY.residents[7].name}", encoding="utf-8")
    places = [watched.broker, home.database.parent, home.checkpoints, *home.root.glob("*.log"), watched.series]
    assert all(place.exists() and (place.is_file() or any(place.iterdir())) for place in places)
    assert found_in([*places, control], words, tmp_path) == {CITY.residents[7].name}


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMIN])
def test_no_person_is_on_a_screen_of_those_who_may_see_no_bodies(role: Role, watched: Watched, tmp_path: Path) -> None:
    shown = 0
    with served(watched.app, WordDoor()) as url, httpx.Client(base_url=url, timeout=60) as browser:
        browser.cookies.set("renkei-session", role.value, domain="127.0.0.1")
        letters = watched.app.store.dead_letters(DeadFilter(state=None), limit=50)
        paths = [address(screen) for screen in SCREENS if screen.method == "GET"]
        paths += [f"/letters/{one.id}" for one in letters] + [f"/messages/{one.message_id}" for one in letters]
        for number, path in enumerate(paths):
            answer = browser.get(path)
            shown += answer.status_code == 200
            (tmp_path / f"{number}.html").write_bytes(answer.content)
    assert shown > len(letters)
    assert found_in(tmp_path.glob("*.html"), telling(CITY), tmp_path) == set()


def test_no_person_is_in_what_the_commands_print(watched: Watched, tmp_path: Path) -> None:
    store = watched.app.store
    letters = store.dead_letters(DeadFilter(state=None), limit=20)
    commands = [
        *("dead list", "case list", "hold list", "fence list", "approval list", "edit list", "erase list"),
        *("replay list", "audit list", "connector list", "reconcile", "top --once", "flows", "permission show"),
        *(f"dead show {one.id}" for one in letters),
        *(f"{command} {one.message_id}" for one in letters for command in ("trace", "status")),
        "replay show 1",
    ]
    printed = tmp_path / "printed"
    with printed.open("w", encoding="utf-8") as file:
        for words in commands:
            for form in ([], ["--json"]):
                done = CliRunner().invoke(cli, ["--home", str(watched.app.home.root), *words.split(), *form])
                assert done.exit_code in (0, 1, EXIT_REFUSED), (words, done.output[-500:])
                file.write(done.output)
    assert printed.stat().st_size > 10_000
    assert found_in([printed], telling(CITY), tmp_path) == set()
