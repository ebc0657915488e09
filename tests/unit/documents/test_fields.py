"""Fields: a path of names alone finds, walked, what its XPath finds."""

from pathlib import Path

import pytest
from lxml import etree

from hub.documents import Contract, parse
from hub.documents.fields import Field
from hub.home import Home

NAMESPACE = "urn:renkei:office.note:v1"
NOTE = etree.fromstring(
    f"""<note xmlns="{NAMESPACE}" xmlns:o="urn:other">
      <child><number> 1 </number></child><o:child><number>2</number></o:child>
      <child><number>3</number><number/></child><note><child><number>4</number></child></note>
    </note>"""
).getroottree()
SAMPLES = sorted(Home(Path(__file__).parent / "no-home").folder("schemas").glob("*/v*/valid/*.xml"))


@pytest.mark.parametrize(
    ("path", "texts"),
    [
        ("/c:note/c:child/c:number", ["1", "3", ""]),
        ("/c:child", []),
        ("/c:note", [""]),
        ("c:child/c:number", ["1", "3", ""]),
        ("c:note/c:child/c:number", ["4"]),
        ("/c:note/c:child[2]/c:number[1]", ["3"]),
        ("//c:number", ["1", "2", "3", "", "4"]),
    ],
)
def test_values(path: str, texts: list[str]) -> None:
    assert Field.compiled(path, NAMESPACE).values(NOTE) == texts


@pytest.mark.parametrize("path", ["/c:note/c:child/c:number", "c:child/c:number", "/c:child"])
def test_where_a_path_starts(path: str) -> None:
    field = Field.compiled(path, NAMESPACE)
    for node in NOTE.iter("*"):
        assert field.nodes(node) == field._find(node)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: f"{path.parts[-4]}-{path.stem}")
def test_every_marked_field_is_found_as_its_xpath_finds_it(sample: Path) -> None:
    contract = Contract.load(sample.parents[1])
    tree = parse(sample.read_bytes(), 10_000_000).tree
    for _location, field, start in contract.marked():
        for node in [tree] if start is None else start.elements(tree):
            evaluated = field._find(node)
            assert field.nodes(node) == (evaluated if isinstance(evaluated, list) else [str(evaluated)])
