"""The AsyncAPI description: as the public parser reads it, and as the broker is."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from hub import answers, registry
from hub.app import App
from hub.cli.asyncapi import rendered
from hub.home import Home
from hub.topology import INTAKE_EXCHANGE
from tests.npm import install

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def parser(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(HERE, tmp_path_factory.mktemp("asyncapi"))


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(rendered(App(Path("nowhere"))))
    return found


def parsed(parser: Path, document: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        ["node", "check.js"],  # noqa: S607 - as the machine finds it
        cwd=parser,
        input=json.dumps(document).encode(),
        capture_output=True,
        timeout=120,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.slow
def test_the_public_parser_finds_nothing_wrong(parser: Path, document: dict[str, Any]) -> None:
    found = parsed(parser, document)
    assert found["errors"] == []
    assert found["warnings"] == []
    assert found["channels"] == len(document["channels"])
    assert found["operations"] == len(document["operations"])
    assert found["messages"] == len(document["components"]["messages"])


@pytest.mark.slow
def test_the_parser_would_find_it(parser: Path, document: dict[str, Any]) -> None:
    # Given: an operation of a kind there is not, and a message that is not there
    broken = json.loads(json.dumps(document))
    broken["operations"]["publish.welfare"]["action"] = "publish"
    assert parsed(parser, broken)["errors"]
    broken = json.loads(json.dumps(document))
    del broken["components"]["messages"]["welfare.eligibility.v1"]
    assert parsed(parser, broken)["errors"]


def test_it_says_what_the_broker_and_the_grants_say(document: dict[str, Any]) -> None:
    found = registry.load(Home(Path("nowhere")), {})
    users = {user.name: user for user in found.topology(["5s"]).users}
    for partner in found.doors():
        channel = document["channels"][f"door.{partner}"]
        assert channel["bindings"]["amqp"]["exchange"]["name"] == INTAKE_EXCHANGE
        assert channel["address"] == f"{partner}.{{type}}"
        assert users[partner].topic_write == rf"^{partner}\."
        purposes = document["operations"][f"publish.{partner}"]["x-purposes"]
        assert sorted(purposes) == channel["parameters"]["type"]["enum"]
        for type_, stated in purposes.items():
            for purpose in stated:
                found.granted(partner, type_, purpose)
    readers = {name for name, partner in found.partners.items() if partner.reads}
    assert {name for name in document["channels"] if name.startswith("queue.")} == {f"queue.{one}" for one in readers}
    assert all(document["channels"][f"queue.{one}"]["messages"] for one in readers)


def test_every_payload_is_a_schema_of_its_own_namespace(document: dict[str, Any]) -> None:
    payloads = {name: one for name, one in document["components"]["schemas"].items() if "schemaFormat" in one}
    assert set(payloads) == set(document["components"]["messages"]) - {answers.TYPE}  # JSON, as its content type says
    for name, payload in payloads.items():
        root = etree.fromstring(payload["schema"].encode())
        etree.XMLSchema(root)
        type_, _, version = name.rpartition(".")
        assert root.get("targetNamespace") == f"urn:renkei:{type_}:{version}"


def test_it_is_the_same_every_time() -> None:
    assert rendered(App(Path("nowhere"))) == rendered(App(Path("elsewhere")))
