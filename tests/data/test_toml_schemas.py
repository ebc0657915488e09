"""The JSON Schemas editors use say of every shipped TOML file, whole or damaged, what the hub says of it."""

import copy
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from hub import toml_schemas
from hub.toml_schemas import KINDS, KindName

ROOT = Path(__file__).resolve().parents[2]
# `renkei init` writes one only for an installation; the tables are those of the README and of connections.md
HUB_TOML = """
tenant = "141305"
status_port = 9464
store_url = "postgresql://renkei:password@database/renkei"
tiers = ["5s", "1h"]
waive = ["policies"]
[urls]
pmh = "https://pmh.example/api"
[credentials]
pmh = "token"
[tls.pmh]
ca = "tls/pmh.pem"
certificate = "tls/hub.pem"
key = "tls/hub.key"
[oauth.integration_platform]
token_url = "https://platform.example/token"
client_id = "hub"
[sealing.welfare]
intake = "sealed"
"""
BY_THE_HUB_ALONE = {"tenant", "tiers", "service_hours"}  # a check digit, a unit, a time of day: the last of a place
Place = tuple[str | int, ...]


def documents(kind: KindName) -> list[dict[str, Any]]:
    if kind == "hub":
        return [tomllib.loads(HUB_TOML)]
    return [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(ROOT.glob(KINDS[kind].files))]


def accepted(kind: KindName, document: dict[str, Any]) -> bool:
    try:
        KINDS[kind].model.model_validate(document)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("kind", KINDS)
def test_every_shipped_file_is_as_its_schema_says(kind: KindName) -> None:
    schema = toml_schemas.schema(kind)
    Draft202012Validator.check_schema(schema)
    assert "$id" not in schema
    found = documents(kind)
    assert found
    for document in found:
        assert list(Draft202012Validator(schema).iter_errors(document)) == []


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Of every value below this one."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        yield (*at, key)
        yield from places(inner, (*at, key))


def table(document: dict[str, Any], at: Place) -> Any:
    for key in at:
        document = document[key]  # type: ignore[index]
    return document


def damaged(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """One damage at a time: a key too many, a key missing, a value of another type, an empty one, an absurd one."""
    for at in ((), *places(document)):
        if isinstance(table(document, at), dict):
            broken = copy.deepcopy(document)
            table(broken, at)["Not a key!"] = 1
            yield f"a key too many in {at}", broken
        if not at or at[-1] in BY_THE_HUB_ALONE or (at[:-1] and at[-2] in BY_THE_HUB_ALONE):
            continue
        broken = copy.deepcopy(document)
        del table(broken, at[:-1])[at[-1]]
        yield f"without {at}", broken
        for value in (True, "", "Not that!", -1, 10**9, [], {}, [1]):
            broken = copy.deepcopy(document)
            table(broken, at[:-1])[at[-1]] = value
            yield f"{value!r} at {at}", broken


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_hub_refuses_the_schema_refuses(kind: KindName) -> None:
    validator = Draft202012Validator(toml_schemas.schema(kind))
    found = documents(kind)
    refused = 0
    for document in found[:: max(1, len(found) // 20)]:
        for what, broken in damaged(document):
            verdict = accepted(kind, broken)
            assert validator.is_valid(broken) == verdict, what
            refused += not verdict
    assert refused > 10


def test_every_file_of_the_configuration_has_a_schema() -> None:
    """A kind that is added to the hub must be added here, or editors would know nothing of it."""
    known = {path for each in KINDS.values() for path in ROOT.glob(each.files)}
    there = {path for folder in ("config", "schemas", "mappings") for path in (ROOT / folder).rglob("*.toml")}
    assert there - known == set()


def test_the_editors_file_names_what_is_there() -> None:
    rules = tomllib.loads((ROOT / ".taplo.toml").read_text(encoding="utf-8"))["rule"]
    assert {rule["include"][0] for rule in rules} == {each.files for each in KINDS.values()}
    for rule in rules:
        assert json.loads((ROOT / rule["schema"]["path"]).read_text(encoding="utf-8"))["properties"]
