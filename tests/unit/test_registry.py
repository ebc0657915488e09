"""The registry answers what stages ask, and does not come into being on a configuration that does not fit."""

import dataclasses
import re
import shutil
from datetime import date

import pytest

from hub import asyncapi, catalogue, flows, registry
from hub.errors import ConfigError, Refused
from hub.home import Home
from hub.registry import Registry
from tests.small_home import edit, second_note, write_mapping, write_upcast


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
    (mapping,) = loaded.way_in("office.note", 1)
    assert (mapping.to_type, mapping.to_version) == ("note.kept", 1)


@pytest.mark.parametrize("type_", ["note.kept", "archive.receipt", "archive.note", "office.letter"])
def test_other_types_are_not(loaded: Registry, type_: str) -> None:
    # canonical, routed as it is, delivered only, unknown
    assert loaded.way_in(type_, 1) == ()


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
    second_note(small_home.root)
    # Then both are known, each with its own mapping
    loaded = registry.load(small_home, {})
    assert loaded.versions("office.note") == (1, 2)
    ways = [loaded.way_in("office.note", version) for version in (1, 2)]
    assert [[mapping.from_version for mapping in way] for way in ways] == [[1], [2]]


def test_an_old_version_is_raised_before_it_is_taken_in(small_home: Home) -> None:
    # Given version 2 alone has a mapping to the canonical type, and one raises version 1 to it
    root = small_home.root
    write_upcast(root, "office.note")
    inward = root / "mappings/office.note--note.kept/v1"
    edit(inward / "mapping.toml", "from_version = 1", "from_version = 2")
    # Then
    loaded = registry.load(small_home, {})
    ways = [[one.end for one in loaded.way_in("office.note", version)] for version in (1, 2)]
    assert ways == [[("office.note", 2), ("note.kept", 1)], [("note.kept", 1)]]
    assert loaded.canonical("office.note", 1) == ("note.kept", 1)
    assert [one.sources for one in flows.lines(catalogue.read(small_home)) if one.route == "note"] == [
        (("office", "office.note"),)
    ]


def test_partners_mapped_to_an_old_canonical_version_need_not_change(small_home: Home) -> None:
    # Given the canonical type is routed in version 2 alone, and one mapping raises version 1 to it
    root = small_home.root
    write_upcast(root, "note.kept")
    edit(root / "mappings/note.kept--archive.note/v1/mapping.toml", "from_version = 1", "from_version = 2")
    edit(root / "config/routes/note.toml", 'flow = "F2"', 'version = 2\nflow = "F2"')
    # Then what partners send arrives there, and so does what was left in version 1
    loaded = registry.load(small_home, {})
    assert [one.end for one in loaded.way_in("office.note", 1)] == [("note.kept", 1), ("note.kept", 2)]
    steps, target = loaded.way_out("note.kept", 1, "archive")
    assert ([one.end for one in steps], target.contract.type) == ([("note.kept", 2)], "archive.note")
    assert loaded.way_out("note.kept", 2, "archive") == ((), target)


def test_an_old_canonical_version_is_raised_though_a_mapping_leads_elsewhere(small_home: Home) -> None:
    # Given one routed type once became another, and version 2 of it is routed alone
    root = small_home.root
    write_mapping(root, "note.kept", "archive.receipt")
    write_upcast(root, "note.kept")
    edit(root / "mappings/note.kept--archive.note/v1/mapping.toml", "from_version = 1", "from_version = 2")
    edit(root / "config/routes/note.toml", 'flow = "F2"', 'version = 2\nflow = "F2"')
    # Then what comes in version 1 stays what it is
    loaded = registry.load(small_home, {})
    assert [loaded.canonical(kind, 1) for kind in ("note.kept", "office.note")] == [("note.kept", 2)] * 2


@pytest.mark.parametrize("kept", [True, False])
def test_an_old_inquiry_is_raised_and_not_denied_unheard(small_home: Home, kept: bool) -> None:
    # Given an inquiry whose denial is a routed contract, and version 2 of it is routed alone
    root = small_home.root
    fields = "inquirer procedure provider item number licence_for licence_until route".split()
    marks = "".join(f'{one} = "note/name"\n' for one in fields)
    contract = root / "schemas/note.kept/v1/contract.toml"
    text = contract.read_text(encoding="utf-8")
    contract.write_text(f'{text}\n[inquiry]\ndenied = "archive.receipt"\n{marks}', encoding="utf-8")
    denial = write_mapping(root, "note.kept", "archive.receipt")
    write_upcast(root, "note.kept")
    shutil.copytree(denial, denial.with_name("v2"))
    edit(denial.with_name("v2") / "mapping.toml", "from_version = 1", "from_version = 2")
    edit(root / "mappings/note.kept--archive.note/v1/mapping.toml", "from_version = 1", "from_version = 2")
    edit(root / "config/routes/note.toml", 'flow = "F2"', 'version = 2\nflow = "F2"')
    if not kept:
        shutil.rmtree(denial)
    # Then what comes in version 1 is an inquiry of version 2, whether its own denial is still there or not
    loaded = registry.load(small_home, {})
    assert loaded.canonical("note.kept", 1) == ("note.kept", 2)
    assert loaded.canonical("office.note", 1) == ("note.kept", 2)
    assert loaded.denial("note.kept", 2).folder.name == "v2"


@pytest.mark.parametrize(("version", "code"), [(3, "validate.version"), (1, "validate.version")])
def test_what_nothing_raises_is_refused(small_home: Home, version: int, code: str) -> None:
    root = small_home.root
    write_upcast(root, "note.kept")
    shutil.rmtree(root / "mappings/note.kept--note.kept")
    shutil.rmtree(root / "mappings/office.note--note.kept")
    (root / "config/grants/office.toml").unlink()
    edit(root / "config/partners/office.toml", "publishes = true", "publishes = false")
    edit(root / "mappings/note.kept--archive.note/v1/mapping.toml", "from_version = 1", "from_version = 2")
    edit(root / "config/routes/note.toml", 'flow = "F2"', 'version = 2\nflow = "F2"')
    with pytest.raises(Refused) as caught:
        registry.load(small_home, {}).way_out("note.kept", version, "archive")
    assert caught.value.code == code


def test_the_last_days_of_versions(small_home: Home) -> None:
    edit(
        small_home.root / "schemas/office.note/v1/contract.toml", "version = 1\n", "version = 1\nsunset = 2027-03-31\n"
    )
    loaded = registry.load(small_home, {})
    assert loaded.sunsets() == {("office.note", 1): date(2027, 3, 31)}
    assert (loaded.sunset("note.kept", 1), loaded.sunset("nothing.known", 1)) == (None, None)


def test_what_is_published_says_so(small_home: Home) -> None:
    edit(
        small_home.root / "schemas/office.note/v1/contract.toml", "version = 1\n", "version = 1\nsunset = 2027-03-31\n"
    )
    told = asyncapi.describe(registry.load(small_home, {}), "141305", ("5s",), 1_000_000, "0")
    messages = told["components"]["messages"]
    assert {key: one["x-sunset"] for key, one in messages.items() if "x-sunset" in one} == {
        "office.note.v1": "2027-03-31"
    }


def test_nothing_can_be_changed(loaded: Registry) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        loaded.partners = {}  # type: ignore[misc]
