"""The whole demo, as processes, under a real Prometheus with the shipped rules: a partner breaks, the right alert is
pending, then fires, and no other; it works again, and the alert ends.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from hub.cli.demo import BrokerChoice
from hub.client import Publication
from hub.sandbox import inquiries, letters, rabbitmq
from hub.sandbox.certificates import Certificates
from hub.sandbox.city import City
from hub.sandbox.demo import LEAST_CITY, SEED
from hub.sandbox.flows.provision import LIST_PURPOSE, SENDER
from hub.sandbox.process import wait_until
from hub.sandbox.prometheus import PrivatePrometheus, configured
from hub.sandbox.scene import Scene, scene
from tests.nodes import nothing_found

pytestmark = [pytest.mark.slow, pytest.mark.rabbitmq, pytest.mark.timeout(600)]
SECONDS = 120.0
ALERT, CONNECTOR = "RenkeiCircuitOpen", "pmh"


@dataclass(frozen=True)
class Watched:
    scene: Scene
    prometheus: PrivatePrometheus

    def alerts(self) -> set[tuple[str, str, str]]:
        """Name, connector and state of all that is pending or fires."""
        return {
            (one["labels"]["alertname"], one["labels"].get("connector", ""), one["state"])
            for one in self.prometheus.alerts()
        }

    def has(self, states: set[str]) -> bool:
        """Whether the alert is in one of these states. Fails where another is there as well."""
        found = self.alerts()
        assert {(name, connector) for name, connector, _state in found} <= {(ALERT, CONNECTOR)}, found
        return bool(found) and {state for *_, state in found} <= states


def faster(folder: Path) -> None:
    """The shipped rules, seconds for minutes and minutes for hours in what an alert waits for."""
    rules = folder / "alerts.yml"
    text = re.sub(r"(for: \d+)m", r"\1s", rules.read_text(encoding="utf-8"))
    rules.write_text(re.sub(r"(for: \d+)h", r"\1m", text), encoding="utf-8")
    file = folder / "prometheus.yml"
    text = file.read_text(encoding="utf-8")
    assert text.count("scrape_interval: 15s") == 1
    quick = text.replace("scrape_interval: 15s", "scrape_interval: 1s\n  evaluation_interval: 1s")
    file.write_text(quick, encoding="utf-8")


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """Set up as an installation is: the record verified, the list of permitted inquiries there."""
    if rabbitmq.find_binary() is None:
        nothing_found("RabbitMQ", "apt-get install rabbitmq-server")
    with ExitStack() as stack:
        here = stack.enter_context(scene(BrokerChoice.RABBITMQ.value, lambda _text: None))
        home = here.hub.app.home
        command = [sys.executable, "-m", "hub.cli", "--home", str(home.root), "audit", "verify"]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        permitted = inquiries.permission_list(1, [inquiries.INQUIRER])
        here.hub.publish(SENDER, [Publication(inquiries.LIST, permitted, LIST_PURPOSE)])
        wait_until(lambda: here.hub.app.store.permission_lists(), "the list is held", SECONDS)
        configuration = configured(home.targets, tmp_path / "prometheus", here.broker.metrics)
        faster(configuration.parent)
        prometheus = PrivatePrometheus(configuration, tmp_path / "data")
        stack.callback(prometheus.stop)
        prometheus.start()
        yield Watched(here, prometheus)


def test_a_partner_that_breaks_is_told_and_nothing_else_until_it_works_again(watched: Watched) -> None:
    prometheus, partner = watched.prometheus, watched.scene.partners[CONNECTOR]
    wait_until(lambda: prometheus.query("count(up == 1) == 6"), "four processes and RabbitMQ are read", SECONDS)
    wait_until(lambda: watched.alerts() == set(), "all is well", SECONDS)

    partner.kill()
    one = Certificates(City(SEED, LEAST_CITY), 0, 1).first()
    body = letters.eligibility(one)
    watched.scene.hub.publish("welfare", [Publication("welfare.eligibility", body, "child-medical.issue")])

    wait_until(lambda: watched.has({"pending"}), "the alert is pending", SECONDS)
    wait_until(lambda: watched.has({"firing"}), "it fires", SECONDS)
    (alert,) = prometheus.alerts()
    for leads_to in ("runbook_url", "dashboard_url"):
        assert alert["annotations"][leads_to]
    assert Path(unquote(urlsplit(alert["annotations"]["runbook_url"]).path)).is_file()
    assert CONNECTOR in alert["annotations"]["summary"]

    partner.start()
    wait_until(lambda: watched.alerts() == set(), "it ends", SECONDS)
    delivered = [entry for entry in partner.ledger() if entry["operation"] == "pmh.registration" and entry["effect"]]
    assert len(delivered) == 1
