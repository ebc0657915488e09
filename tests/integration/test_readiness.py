"""Start-up and what a running process tells operators: /healthz, /readyz, /metrics."""

from __future__ import annotations

import platform
import re
import signal
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from hub.client import Publication
from hub.sandbox.city import City
from hub.sandbox.flows.resident_change import PURPOSE, SENDER, TYPE
from hub.sandbox.letters import resident_change
from hub.sandbox.process import free_ports, wait_until
from hub.sandbox.rabbitmq import PrivateRabbit
from hub.topology import delivery_queue
from tests.installation import Installation, installation
from tests.nodes import RabbitVhost

DEADLINE = 30.0


@pytest.fixture
def applied(installed: Installation) -> Installation:
    installed.init()
    installed.apply()
    return installed


def spoil_a_policy(vhost: RabbitVhost) -> None:
    """Take the dead-letter exchange from the work queues."""
    found = vhost.management.call("GET", "policies", vhost.vhost, "renkei-work")
    definition = {name: value for name, value in found["definition"].items() if not name.startswith("dead-letter")}
    vhost.management.call("PUT", "policies", vhost.vhost, "renkei-work", body={**found, "definition": definition})


def test_the_quick_start_of_the_readme_ends_in_a_ready_hub(applied: Installation) -> None:
    process = applied.run()

    assert process.get("/healthz") == (200, "ok\n")
    assert process.get("/readyz") == (200, "ready\n")
    status, metrics = process.get("/metrics?from=prometheus")
    assert status == 200
    assert "renkei_circuit_state" in metrics
    assert process.get("/else")[0] == 404


def test_without_a_management_address_the_hub_works_and_says_that_it_is_not_ready(installed: Installation) -> None:
    # Given: initialised without --management-url, applied by an administrator
    installed.renkei("init", "--sandbox", "--amqp-url", installed.amqp_url)
    installed.apply()

    # When
    process = installed.run()

    # Then: it says what is missing and both ways out
    status, text = process.get("/readyz")
    assert status == 503
    assert text.startswith("policies: not checked, as there is no management address: set management_url in hub.toml")
    assert 'waive = ["policies"]' in text
    assert process.get("/healthz")[0] == 200
    assert process.stop() == 0

    # When it is waived by name
    installed.configure('waive = ["policies"]\n')
    process = installed.run()

    # Then: ready, and it says what was waived
    status, text = process.get("/readyz")
    assert status == 200
    assert text.startswith("policies: waived: not checked")
    assert process.events("waived")


def test_waiving_what_does_not_exist_is_a_named_error(installed: Installation) -> None:
    installed.init()
    installed.configure('waive = ["policy"]\n')

    refused = installed.renkei("run", expect=3)

    line = (installed.root / "hub.toml").read_text().splitlines().index('waive = ["policy"]') + 1
    assert f"hub.toml:{line}: waive.0: input should be 'store', 'broker', 'workers' or 'policies'" in refused.stderr


def test_a_hub_does_not_start_beside_missing_queues_or_changed_policies(
    applied: Installation, rabbit_vhost: RabbitVhost
) -> None:
    # Given, When, Then: a queue that is missing, seen with AMQP rights alone
    rabbit_vhost.management.call("DELETE", "queues", rabbit_vhost.vhost, delivery_queue("welfare"))
    refused = applied.renkei("run", expect=3)
    assert "the broker lacks queue delivery.welfare; run `renkei topology apply`" in refused.stderr
    applied.apply()

    # A policy that differs, seen by the read-only user
    spoil_a_policy(rabbit_vhost)
    refused = applied.renkei("run", expect=3)
    assert "policy renkei-work differs" in refused.stderr
    assert "renkei topology plan" in refused.stderr

    # Waived: it starts, works, is ready, and goes on saying so
    applied.configure('waive = ["policies"]\n')
    process = applied.run()
    status, text = process.get("/readyz")
    assert status == 200
    assert text.startswith("policies: waived: policy renkei-work differs")


def test_a_policy_changed_under_a_running_hub_shows_in_its_readiness(
    applied: Installation, rabbit_vhost: RabbitVhost
) -> None:
    process = applied.run(before="import hub.readiness; hub.readiness.POLICIES_SECONDS = 0.2")
    assert process.get("/readyz") == (200, "ready\n")

    spoil_a_policy(rabbit_vhost)
    wait_until(lambda: process.get("/readyz")[0] == 503, "readiness has noticed", DEADLINE)
    assert "policy renkei-work differs" in process.get("/readyz")[1]

    applied.renkei("topology", "apply", "--management-url", applied.administrator, "--overwrite")
    wait_until(lambda: process.get("/readyz")[0] == 200, "readiness has noticed", DEADLINE)


def test_a_management_api_that_is_down_stops_no_hub_from_starting(applied: Installation) -> None:
    # Given
    settings = applied.root / "hub.toml"
    port = urlsplit(applied.administrator).port
    settings.write_text(settings.read_text().replace(f":{port}", f":{free_ports(1)[0]}"))

    # When
    process = applied.run()

    # Then: it works, and is not ready as nobody knows of the policies
    status, text = process.get("/readyz")
    assert status == 503
    assert "policies: not checked: management API" in text
    assert "management_url" in text


@pytest.mark.slow
@pytest.mark.faults
@pytest.mark.timeout(240)
def test_readiness_follows_the_broker_and_metrics_are_served_all_the_while(
    own_rabbit: PrivateRabbit, tmp_path: Path
) -> None:
    with installation(tmp_path / "home", own_rabbit.amqp_url, own_rabbit.management_url) as hub:
        # Given
        hub.init()
        hub.apply()
        own_rabbit.await_declarations()
        process = hub.run()

        # When the broker is gone, Then
        own_rabbit.kill()
        wait_until(lambda: process.get("/readyz")[0] == 503, "readiness has noticed", DEADLINE)
        assert "broker: not connected" in process.get("/readyz")[1]
        assert process.get("/healthz")[0] == process.get("/metrics")[0] == 200

        # When it is back, Then
        own_rabbit.start()
        wait_until(lambda: process.get("/readyz") == (200, "ready\n"), "ready again", DEADLINE)
        assert process.stop() == 0


@pytest.mark.faults
def test_readiness_follows_the_store_and_metrics_are_served_all_the_while(applied: Installation) -> None:
    # Given
    process = applied.run()

    # When the database is gone, Then
    database = applied.root / "data" / "hub.db"
    hidden = database.with_suffix(".hidden")
    process.send(signal.SIGSTOP)  # it must not meet a half-moved database
    for suffix in ("", "-wal", "-shm"):
        file = database.with_name(database.name + suffix)
        if file.exists():
            file.rename(hidden.with_name(hidden.name + suffix))
    process.send(signal.SIGCONT)
    wait_until(lambda: process.get("/readyz")[0] == 503, "readiness has noticed", DEADLINE)
    assert "store: " in process.get("/readyz")[1]
    assert process.get("/metrics")[0] == 200


@pytest.mark.rule("R64")
def test_no_number_or_name_of_a_person_and_no_id_is_in_a_metric(applied: Installation) -> None:
    # Given: messages of the synthetic city, good ones and ones that are refused, some with a person's data where a
    # sender may write what he likes
    changes = list(islice(City(seed=7, persons=60).changes(), 40))
    letters = [Publication(TYPE, resident_change(change), PURPOSE) for change in changes]
    letters += [Publication(TYPE, b"<x/>", PURPOSE), Publication("suzuki.hanako", b"<x/>", PURPOSE)]
    letters += [Publication(TYPE, letter.body, "suzuki-hanako") for letter in letters[:3]]
    process = applied.run()

    # When
    applied.publish(SENDER, letters)
    hop = f"intake.{SENDER}"

    def settled() -> bool:
        return sum(one.accepted for one in applied.app.store.balances() if one.hop == hop) == len(letters)

    wait_until(settled, "all are taken in", DEADLINE)
    text = process.get("/metrics")[1]

    # Then: every label is one of a small, known set
    registry = applied.app.registry
    known = {
        "hop": {f"{kind}.{name}" for kind in ("intake", "delivery") for name in registry.partners},
        "partner": set(registry.partners),
        "connector": set(registry.connectors),
        "type": registry.types() | {"unknown"},
        "flow": {*registry.flow_of_types().values(), "unknown"},
        "contract": {f"{type}/{number}" for type in registry.types() for number in registry.versions(type)},
        "status": {"2xx", "4xx", "5xx", "none"},
        "version": {version("renkei-hub")},
        "python": {platform.python_version()},
    }
    labels = {(name, value) for line in text.splitlines() for name, value in re.findall(r'(\w+)="([^"]*)"', line)}
    for name, values in known.items():
        assert {value for label, value in labels if label == name} <= values, name
    plain = re.compile(r"[a-z_.]{0,40}|\d{1,3}(ms|s|m|h)|\d+\.\d+(e-05)?|\+Inf")
    assert [value for name, value in labels if name not in known and not plain.fullmatch(value)] == []
    # And nothing of the city or of the messages is anywhere in the text or in the log
    secret = {letter.message_id for letter in letters}
    for change in changes:
        person = change.resident
        secret |= {person.individual_number, person.addressee_number, person.household_number, person.name, person.kana}
    secret |= {"suzuki", "hanako"}
    assert [value for value in secret if value in text] == []
    assert [value for value in secret if value in process.text()] == []
