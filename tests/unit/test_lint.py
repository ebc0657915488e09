"""Each rule of lint fires on a small home that breaks it, and on no other."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.config_file import Finding
from hub.errors import ConfigError
from hub.home import Home
from hub.lint import lint
from tests.small_home import EDGE, NOTE, edit, second_note, write_contract, write_mapping, write_upcast

Break = Callable[[Path], None]

NOTE_SCHEMA = "schemas/office.note/v1/schema.xsd"
NOTE_CONTRACT = "schemas/office.note/v1/contract.toml"
NOTE_MAPPING = "mappings/office.note--note.kept/v1"
KEPT_MAPPING = "mappings/note.kept--archive.note/v1"


def test_a_sound_home_has_no_findings(small_home: Home) -> None:
    assert lint(small_home) == []


def replaced(file: str, old: str, new: str) -> Break:
    return lambda root: edit(root / file, old, new)


def removed(path: str) -> Break:
    def remove(root: Path) -> None:
        target = root / path
        shutil.rmtree(target) if target.is_dir() else target.unlink()

    return remove


def written(file: str, text: str) -> Break:
    def write(root: Path) -> None:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text, encoding="utf-8")

    return write


def second_route_to_archive(root: Path) -> None:
    shutil.copy(root / "config/routes/note.toml", root / "config/routes/note_again.toml")


def second_mapping_version(root: Path) -> None:
    shutil.copytree(root / KEPT_MAPPING, root / KEPT_MAPPING.replace("/v1", "/v2"))


def two_canonical_forms(root: Path) -> None:
    write_mapping(root, "office.note", "archive.receipt")


def unused_contract(root: Path) -> None:
    write_contract(root, "lost.note")


def unused_mapping(root: Path) -> None:
    write_mapping(root, "note.kept", "office.note")


def unused_connector(root: Path) -> None:
    removed("config/routes/receipt.toml")(root)
    removed("config/grants/archive.toml")(root)
    removed("schemas/archive.receipt")(root)


def no_readme(root: Path) -> None:
    (root.parent / "connectors/desk/README.md").unlink()


def no_state(root: Path) -> None:
    contract = root / "schemas/archive.note/v1/contract.toml"
    text = contract.read_text(encoding="utf-8")
    contract.write_text(text[: text.index("[state]")] + text[text.index("[[persons]]") :], encoding="utf-8")


def stricter_second_engine(root: Path) -> None:
    # an ideographic variation selector is a word character to libxml2 and none to xmlschema
    edit(root / NOTE_SCHEMA, '<xs:minLength value="1"/><xs:maxLength value="20"/>', '<xs:pattern value="\\w+"/>')
    edit(root / "schemas/office.note/v1/valid/note.xml", "葛󠄀城 \U0010de92子", "葛󠄀城")


def milder_second_engine(root: Path) -> None:
    # a full-width digit is a digit to xmlschema and none to libxml2
    text = NOTE.format(type="office.note").replace("<history_number>7", "<history_number>７")
    written("schemas/office.note/v1/invalid/wide.xml", "<!-- expect: validate.schema -->\n" + text)(root)


def second_line(to: str) -> Break:
    """The desk has the address of another kind of connector, or of none."""

    def change(root: Path) -> None:
        desk = root / "config/connectors/desk.toml"
        lines = desk.read_text(encoding="utf-8").splitlines()
        kept = [f'same_address_as = "{to}"' if line.startswith("url") else line for line in lines]
        desk.write_text("\n".join(kept), encoding="utf-8")

    return change


def provides_a_name(root: Path) -> None:
    contract = root / "schemas/archive.note/v1/contract.toml"
    text = contract.read_text(encoding="utf-8")
    contract.write_text(text + '\n[[data_items]]\nat = "/c:note/c:name"\n', encoding="utf-8")


def nobody_in_it(root: Path) -> None:
    """The archive is outside the city, and neither contract says who the note is about."""
    edit(root / "config/edges/archive.toml", '"internal"', '"discloses"')
    for type in ("note.kept", "archive.note"):
        contract = root / f"schemas/{type}/v1/contract.toml"
        before, _, after = contract.read_text(encoding="utf-8").partition("[[persons]]")
        contract.write_text(before + "[[check_digits]]" + after.partition("[[check_digits]]")[2], encoding="utf-8")


def two_addresses(root: Path) -> None:
    edit(root / "config/connectors/desk.toml", 'kind = "desk"', 'kind = "archive"')
    second_line("archive")(root)
    written("hub.toml", 'tenant = "141305"\n[urls]\ndesk = "http://127.0.0.1:1"\n')(root)


def ending(day: str, *, raised: bool = True) -> Break:
    """Version 1 of office.note ends, and there is a second one."""

    def change(root: Path) -> None:
        second_note(root)
        write_upcast(root, "office.note")
        edit(root / NOTE_CONTRACT, "version = 1\n", f"version = 1\nsunset = {day}\n")
        if not raised:
            shutil.rmtree(root / "mappings/office.note--office.note")

    return change


def raised_twice(root: Path) -> None:
    write_upcast(root, "office.note")
    shutil.copytree(root / "schemas/office.note/v2", root / "schemas/office.note/v3")
    for file in (root / "schemas/office.note/v3").rglob("*.*"):
        text = file.read_text(encoding="utf-8").replace("office.note:v2", "office.note:v3")
        file.write_text(text.replace("version = 2", "version = 3"), encoding="utf-8")
    other = root / "mappings/office.note--office.note/v2"
    shutil.copytree(other.with_name("v1"), other)
    edit(other / "mapping.toml", "to_version = 2", "to_version = 3")


def marks_less(root: Path) -> None:
    """The second version marks no state, and the person by one number less."""
    second_note(root)
    write_upcast(root, "office.note")
    contract = root / "schemas/office.note/v2/contract.toml"
    text = contract.read_text(encoding="utf-8")
    text = text[: text.index("[state]")] + text[text.index("[[persons]]") :]
    contract.write_text(text.replace(', individual_number = "c:individual_number"', ""), encoding="utf-8")


CASES: list[tuple[str, Break]] = [
    # contracts
    ("file", replaced(NOTE_CONTRACT, "version = 1\n", "version = = 1\n")),
    ("file", removed(NOTE_CONTRACT)),
    ("config", replaced(NOTE_CONTRACT, 'compare = "integer"', 'compare = "text"')),
    ("config", replaced(NOTE_CONTRACT, "aliases = { addressee_number", "aliases = { addresse_number")),
    ("contract.folder", replaced(NOTE_CONTRACT, "version = 1\n", "version = 2\n")),
    ("contract.element", replaced(NOTE_CONTRACT, "{urn:renkei:office.note:v1}note", "{urn:other}note")),
    ("contract.xpath", replaced(NOTE_CONTRACT, 'version = "/c:note/c:history_number"', 'version = "/c:note["')),
    ("contract.mark", replaced(NOTE_CONTRACT, 'at = "/c:note/c:individual_number"', 'at = "/c:note/c:number"')),
    ("contract.schema", replaced(NOTE_SCHEMA, 'elementFormDefault="qualified"', "")),
    ("contract.schema", replaced(NOTE_SCHEMA, 'name="sex" type="sex"', 'name="sex" type="gender"')),
    ("contract.schema", removed(NOTE_SCHEMA)),
    ("schema.risk", replaced(NOTE_SCHEMA, "[0-9]{12}", "([0-9]+)+")),
    ("schema.risk", replaced(NOTE_SCHEMA, 'name="sex" type="sex"', 'name="sex"')),
    ("schema.risk", replaced(NOTE_SCHEMA, "</xs:sequence>", '<xs:any namespace="##other"/></xs:sequence>')),
    ("sample.valid", replaced("schemas/office.note/v1/valid/note.xml", "<sex>1</sex>", "")),
    ("sample.valid", replaced(NOTE_CONTRACT, '"/c:note/c:history_number"', '"/c:note/c:name"')),
    ("sample.invalid", replaced("schemas/office.note/v1/invalid/sex.xml", "<sex>9", "<sex>2")),
    ("sample.expect", replaced("schemas/office.note/v1/invalid/sex.xml", "expect:", "expects")),
    ("sample.engines", stricter_second_engine),
    ("sample.engines", milder_second_engine),
    ("schema.engines", replaced(NOTE_SCHEMA, "[0-9]{12}", "[0-9]{12}|[]")),
    ("sample.none", removed("schemas/office.note/v1/invalid")),
    ("sample.none", removed("schemas/office.note/v1/valid")),
    ("contract.unused", unused_contract),
    # mappings
    ("mapping.folder", replaced(f"{NOTE_MAPPING}/mapping.toml", 'to = "note.kept"', 'to = "archive.note"')),
    ("mapping.stylesheet", replaced(f"{NOTE_MAPPING}/mapping.xslt", "a:sex", "document('a')")),
    ("mapping.stylesheet", replaced(f"{NOTE_MAPPING}/mapping.xslt", "a:sex", "a:sex[")),
    ("mapping.contract", replaced(f"{NOTE_MAPPING}/mapping.toml", "from_version = 1", "from_version = 2")),
    ("mapping.twice", second_mapping_version),
    ("mapping.ambiguous", two_canonical_forms),
    ("mapping.unused", unused_mapping),
    ("upcast.ambiguous", raised_twice),
    ("upcast.missing", ending("2999-03-31", raised=False)),
    ("upcast.marks", marks_less),
    ("contract.ends", ending("2999-03-31")),
    ("contract.ended", ending("2026-03-31")),
    ("case.none", removed(f"{NOTE_MAPPING}/cases")),
    ("case.pair", removed(f"{NOTE_MAPPING}/cases/note.in.xml")),
    ("case.pair", removed(f"{NOTE_MAPPING}/cases/note.out.xml")),
    ("case.input", replaced(f"{NOTE_MAPPING}/cases/note.in.xml", "<sex>1", "<sex>3")),
    ("case.output", replaced(f"{NOTE_MAPPING}/mapping.xslt", '<xsl:value-of select="a:sex"/>', "3")),
    ("case.differs", replaced(f"{NOTE_MAPPING}/cases/note.out.xml", "<sex>1", "<sex>2")),
    ("case.expected", replaced(f"{NOTE_MAPPING}/cases/note.out.xml", "<sex>1", "<sex")),
    # configuration
    ("config", written("hub.toml", 'tenant = "141306"\n')),
    ("settings.urls", written("hub.toml", 'tenant = "141305"\n[urls]\ncellar = "http://127.0.0.1:1"\n')),
    ("settings.urls", written("hub.toml", 'tenant = "141305"\n[tls.cellar]\nca = "ca.pem"\n')),
    ("address.plain", written("hub.toml", 'tenant = "141305"\n')),
    ("address.plain", written("hub.toml", 'tenant = "141305"\nsandbox = true\n[urls]\ndesk = "http://desk.example"\n')),
    ("address.plain", written("hub.toml", 'tenant = "141305"\nsandbox = true\ntraces_url = "http://spans:4318/v1"\n')),
    ("address.plain", written("hub.toml", 'tenant = "141305"\nsandbox = true\namqp_url = "amqp://broker/%2F"\n')),
    ("config", replaced("config/partners/office.toml", "publishes = true", 'publishes = "yes"')),
    ("config.name", replaced("config/connectors/desk.toml", 'name = "desk"', 'name = "table"')),
    ("partner.grants", removed("config/grants/office.toml")),
    (
        "grant.source",
        written(
            "config/grants/nobody.toml",
            NOTE_GRANT := (
                '[[grant]]\ntype = "office.note"\npurposes = ["JT-1"]\nlegal_basis = "s"\ndata_item = "s"\n'
            ),
        ),
    ),
    ("grant.type", replaced("config/grants/office.toml", '"office.note"', '"office.letter"')),
    ("grant.unrouted", replaced("config/grants/office.toml", '"office.note"', '"archive.note"')),
    ("grant.twice", written("config/grants/office.toml", NOTE_GRANT * 2)),
    ("grant.missing", removed("config/grants/office.toml")),
    ("connector.kind", replaced("config/connectors/desk.toml", 'kind = "desk"', 'kind = "table"')),
    ("connector.edge", removed("config/edges/desk.toml")),
    ("connector.address", second_line(to="archive")),
    ("connector.address", second_line(to="cellar")),
    ("config", replaced("config/connectors/desk.toml", 'kind = "desk"', 'kind = "desk"\nsame_address_as = "archive"')),
    ("config", replaced("config/connectors/desk.toml", "url", "# url")),
    ("settings.urls", two_addresses),
    ("connector.unused", unused_connector),
    ("connector.readme", no_readme),
    ("edge.connector", written("config/edges/cellar.toml", EDGE.format(name="cellar"))),
    ("config", replaced("config/edges/desk.toml", 'kind = "internal"\n', "")),
    ("edge.forbidden", replaced("config/edges/desk.toml", ', "individual_number"', "")),
    ("edge.provides", provides_a_name),
    ("edge.persons", nobody_in_it),
    ("edge.protection", replaced("config/edges/archive.toml", '"internal"', '"protects"')),
    ("edge.exception", replaced("config/edges/desk.toml", '"note/name"', '"note/title"')),
    ("route.type", replaced("config/routes/note.toml", 'type = "note.kept"', 'type = "note.lost"')),
    ("route.connector", replaced("config/routes/note.toml", 'connector = "archive"', 'connector = "cellar"')),
    ("route.contract", replaced("config/routes/note.toml", 'contract = "archive.note"', 'contract = "archive.lost"')),
    ("route.mapping", replaced("config/routes/note.toml", 'mapping = "note.kept--archive.note"\n', "")),
    ("route.mapping", replaced("config/routes/note.toml", "note.kept--archive.note", "office.note--note.kept")),
    ("route.ordering", no_state),
    ("route.each", replaced("config/routes/note.toml", 'ordering = "latest"', 'ordering = "latest"\neach = true')),
    ("route.twice", second_route_to_archive),
]


@pytest.mark.parametrize(("rule", "break_it"), CASES, ids=[f"{n}-{rule}" for n, (rule, _b) in enumerate(CASES)])
def test_the_rule_fires(small_home: Home, rule: str, break_it: Break) -> None:
    # Given a sound home, When one thing in it is broken
    break_it(small_home.root)
    # Then lint names the rule, a file and a way out
    found = [finding for finding in lint(small_home) if finding.rule == rule]
    assert found, [str(finding) for finding in lint(small_home)]
    assert all(finding.message and finding.fix and finding.file.is_absolute() for finding in found)


@pytest.mark.parametrize(("day", "told"), [("2999-03-31", "ends on"), ("2026-03-31", "ended on")])
def test_a_last_day_is_told_and_fails_nothing(small_home: Home, day: str, told: str) -> None:
    ending(day)(small_home.root)
    (finding,) = lint(small_home)
    assert finding.notice
    assert f"{told} {day}" in finding.message


def test_what_an_upcast_would_make_the_hub_blind_to_is_named(small_home: Home) -> None:
    marks_less(small_home.root)
    (finding,) = [one for one in lint(small_home) if one.rule == "upcast.marks"]
    assert "version 1 marks persons.individual_number, state, version 2 does not" in finding.message


def test_a_line_is_named_where_it_is_known(small_home: Home) -> None:
    edit(small_home.root / "config/routes/note.toml", 'contract = "archive.note"', 'contract = "archive.lost"')
    (finding, *_rest) = [finding for finding in lint(small_home) if finding.rule == "route.contract"]
    assert (finding.file.name, finding.line) == ("note.toml", 6)


def test_no_finding_quotes_a_sample(small_home: Home) -> None:
    # Given a sample refused for a value
    edit(small_home.root / "schemas/office.note/v1/valid/note.xml", "123456789018", "987654321")
    texts = [str(finding) for finding in lint(small_home)]
    # Then the finding names field and rule
    assert any("note/individual_number" in text for text in texts)
    assert not any("987654321" in text for text in texts)


def test_a_missing_folder_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.home._HUB", tmp_path / "nowhere" / "hub")
    with pytest.raises(ConfigError, match="folder config is missing"):
        lint(Home(tmp_path))


def test_findings_say_place_problem_and_fix() -> None:
    finding = Finding(Path("a.toml"), 3, "rule", "is wrong", "correct it")
    assert str(finding) == "a.toml:3: is wrong; correct it"
