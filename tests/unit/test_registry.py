"""The registry answers what stages ask, and does not come into being on a configuration that does not fit."""

import dataclasses
import re

import pytest

from hub import registry
from hub.errors import ConfigError, Refused
from hub.home import Home
from hub.registry import Registry
from tests.small_home import edit, write_contract


@pytest.fixture
def loaded(small_home: Home) -> Registry:
    return registry.load(small_home, {})


def test_contracts(loaded: Registry) -> None:
    assert loaded.contract("office.note", 1).type == "office.note"
    assert loaded.versions("office.note") == (1,)
    assert loaded.versions("office.letter") == ()


@pytest.mark.parametrize(
    ("type_", "version", "words"),
    [("office.note", 2, "validate.version: .* only 1"), ("office.letter", 1, "validate.type: there is no such type")],
)
def test_an_unknown_contract_is_refused(loaded: Registry, type_: str, version: int, words: str) -> None:
    with pytest.raises(Refused, match=words) as caught:
        loaded.contract(type_, version)
    assert "letter" not in caught.value.detail


def test_a_partners_type_is_mapped_at_intake(loaded: Registry) -> None:
    mapping = loaded.intake_mapping("office.note", 1)
    assert mapping is not None
    assert (mapping.to_type, mapping.to_version) == ("note.kept", 1)


@pytest.mark.parametrize("type_", ["note.kept", "archive.receipt", "archive.note", "office.letter"])
def test_other_types_are_not(loaded: Registry, type_: str) -> None:
    # canonical, routed as it is, delivered only, unknown
    assert loaded.intake_mapping(type_, 1) is None


def test_routes_and_targets(loaded: Registry) -> None:
    (route,) = loaded.routes("note.kept", 1)
    (target,) = route.targets
    assert (route.name, route.flow) == ("note", "F2")
    assert (target.connector, target.contract.type, target.ordering) == ("archive", "archive.note", "latest")
    assert target.mapping is not None
    assert target.mapping.name == "note.kept--archive.note"
    assert loaded.target("note.kept", 1, "archive") is target
    assert loaded.target("archive.receipt", 1, "desk").mapping is None
    assert loaded.routes("office.note", 1) == ()


def test_two_routes_of_one_type_are_both_taken(small_home: Home) -> None:
    # Given a second route for the same type, to another connector
    (small_home.root / "config/routes/note_to_desk.toml").write_text(
        'type = "note.kept"\nflow = "F2"\n[[to]]\nconnector = "desk"\ncontract = "note.kept"\nordering = "none"\n'
    )
    routes = registry.load(small_home, {}).routes("note.kept", 1)
    assert [(route.name, route.targets[0].connector) for route in routes] == [
        ("note", "archive"),
        ("note_to_desk", "desk"),
    ]


def test_a_target_that_was_removed_is_refused(loaded: Registry) -> None:
    with pytest.raises(Refused, match=r"no route takes note\.kept version 1 to desk") as caught:
        loaded.target("note.kept", 1, "desk")
    assert caught.value.code == "route.none"


def test_a_grant_lets_through(loaded: Registry) -> None:
    loaded.granted("office", "office.note", "JT-2")
    loaded.granted("archive", "archive.receipt", "JT-1")


@pytest.mark.parametrize(
    ("source", "type_", "purpose", "code"),
    [
        ("office", "archive.receipt", "JT-1", "authorise.grant"),
        ("archive", "office.note", "JT-1", "authorise.grant"),
        ("stranger", "office.note", "JT-1", "authorise.grant"),
        ("office", "office.note", "JT-9", "authorise.purpose"),
        ("office", "office.note", None, "authorise.purpose"),
    ],
)
def test_anything_else_is_refused(loaded: Registry, source: str, type_: str, purpose: str | None, code: str) -> None:
    with pytest.raises(Refused) as caught:
        loaded.granted(source, type_, purpose)
    assert caught.value.code == code
    assert "JT-9" not in caught.value.detail


def test_edges(loaded: Registry) -> None:
    edge = loaded.edge("archive")
    assert (edge.kind, edge.allows) == ("internal", {"addressee_number", "individual_number"})
    assert edge.excepted_fields == ("note/name",)
    with pytest.raises(ConfigError, match="no edge cellar"):
        loaded.edge("cellar")


def test_connectors_and_their_addresses(small_home: Home) -> None:
    loaded = registry.load(small_home, {"desk": "http://127.0.0.1:7"})
    desk, archive = loaded.connector("desk"), loaded.connector("archive")
    assert (desk.kind, desk.settings.url, desk.retry.attempts) == ("desk", "http://127.0.0.1:7", 3)
    assert archive.settings.url == "http://127.0.0.1:9100"
    with pytest.raises(ConfigError, match="known: archive, desk"):
        loaded.connector("cellar")


def test_an_address_of_no_connector_is_a_mistake(small_home: Home) -> None:
    with pytest.raises(ConfigError, match="an address is set for cellar"):
        registry.load(small_home, {"cellar": "http://127.0.0.1:7"})


@pytest.mark.rule("R29")
def test_a_second_line_leads_to_the_same_server_wherever_that_is(small_home: Home) -> None:
    """R29: the two cannot be configured apart."""
    edit(small_home.root / "config/connectors/desk.toml", 'kind = "desk"', 'kind = "archive"')
    desk = small_home.root / "config/connectors/desk.toml"
    desk.write_text(re.sub(r"url = .*", 'same_address_as = "archive"', desk.read_text(encoding="utf-8")))
    moved = registry.load(small_home, {"archive": "http://127.0.0.1:7"})
    assert moved.connector("desk").settings.url == "http://127.0.0.1:7"
    with pytest.raises(ConfigError, match="has that of archive"):
        registry.load(small_home, {"desk": "http://127.0.0.1:7"})


def test_topology(loaded: Registry) -> None:
    names = {queue.name for queue in loaded.topology(["5s"]).queues}
    assert names == {
        *("intake.office", "intake.office.hub", "intake.archive.hub"),
        *("delivery.archive", "delivery.desk", "retry.5s", "dead", "audit.checkpoints"),
    }


def test_a_partner_that_does_not_publish_has_no_door(small_home: Home) -> None:
    edit(small_home.root / "config/partners/office.toml", "publishes = true", "publishes = false")
    assert registry.load(small_home, {}).doors() == ()


def test_a_dangling_reference_stops_the_hub(small_home: Home) -> None:
    edit(small_home.root / "config/routes/note.toml", 'connector = "archive"', 'connector = "cellar"')
    with pytest.raises(ConfigError, match=r"note\.toml:5: there is no connector cellar; add config/connectors"):
        registry.load(small_home, {})


def test_a_file_that_cannot_be_read_stops_the_hub(small_home: Home) -> None:
    (small_home.root / "schemas/office.note/v1/schema.xsd").write_text("<xs:schema")
    with pytest.raises(ConfigError, match=r"schema\.xsd"):
        registry.load(small_home, {})


def test_several_versions_of_a_type(small_home: Home) -> None:
    # Given a second version of the partner's contract, and the mapping that takes it in
    folder = write_contract(small_home.root / "next", "office.note")
    target = small_home.root / "schemas/office.note/v2"
    folder.rename(target)
    for file in target.rglob("*.*"):
        if file.is_file():
            text = file.read_text(encoding="utf-8").replace("office.note:v1", "office.note:v2")
            file.write_text(text.replace("version = 1", "version = 2"), encoding="utf-8")
    first = small_home.root / "mappings/office.note--note.kept/v1"
    second = first.with_name("v2")
    second.mkdir()
    (second / "mapping.toml").write_text(
        (first / "mapping.toml").read_text().replace("from_version = 1", "from_version = 2")
    )
    (second / "mapping.xslt").write_text(
        (first / "mapping.xslt").read_text().replace("office.note:v1", "office.note:v2")
    )
    # Then both are known, each with its own mapping
    loaded = registry.load(small_home, {})
    assert loaded.versions("office.note") == (1, 2)
    mappings = [loaded.intake_mapping("office.note", version) for version in (1, 2)]
    assert [mapping and mapping.from_version for mapping in mappings] == [1, 2]


def test_nothing_can_be_changed(loaded: Registry) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        loaded.partners = {}  # type: ignore[misc]
