"""`renkei validate`: what an author hears about a document before sending it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hub.catalogue import read
from hub.documents import Contract, examine
from hub.errors import Refused
from hub.home import Home
from hub.lint.samples import expected_code, samples
from tests.installation import Installation

FAILED, USAGE = 1, 2
LIMIT = 4 * 1024 * 1024
SAMPLES = Path(__file__).resolve().parents[2] / "schemas/welfare.eligibility/v1"
CHILD = SAMPLES / "valid/child.xml"


@pytest.fixture
def home(tmp_path: Path) -> Installation:
    """A place that is no installation: an upstream team has none."""
    return Installation(tmp_path / "none", "memory://", "")


def contracts() -> list[Contract]:
    return list(read(Home(Path("nowhere"))).contracts.values())


def test_every_sample_of_every_contract_is_judged_as_the_hub_judges_it() -> None:
    for contract in contracts():
        for file in samples(contract, "valid"):
            assert examine(contract, file.read_bytes(), LIMIT) == [], file
        for file in samples(contract, "invalid"):
            faults = examine(contract, file.read_bytes(), LIMIT)
            assert faults, file
            assert faults[0].code == expected_code(file), file
            assert all(one.line and one.column for one in faults if one.code != "validate.xml"), file


def test_a_valid_file_is_named_with_its_type(home: Installation) -> None:
    assert home.renkei("validate", str(CHILD)).stdout == "valid: welfare.eligibility version 1\n"
    assert home.json("validate", str(CHILD), "--as", "welfare.eligibility/v1")["valid"] is True


def test_the_problem_has_line_column_rule_and_suggestion_and_no_value(home: Installation, tmp_path: Path) -> None:
    text = CHILD.read_text(encoding="utf-8")
    lines = text.splitlines()
    row = next(n for n, line in enumerate(lines) if "<not_disclosed>" in line)
    lines[row] = "      <not_disclosed>秘密9876</not_disclosed>"
    file = tmp_path / "changed.xml"
    file.write_text("\n".join(lines), encoding="utf-8")

    found = home.json("validate", str(file), expect=FAILED)

    (problem,) = found["problems"]
    assert (problem["line"], problem["column"]) == (row + 1, 7)
    assert problem["rule"] == "is not one of true, false"
    assert problem["field"] == "eligibility/not_disclosed"
    assert problem["code"] == "validate.schema"
    assert problem["suggestion"]
    assert Path(found["sample"]).is_file()
    table = home.renkei("validate", str(file), expect=FAILED)
    assert "9876" not in table.stdout + table.stderr


def test_what_is_no_xml_has_a_place_too(home: Installation, tmp_path: Path) -> None:
    file = tmp_path / "broken.xml"
    file.write_text("<a>\n  <b></c>\n</a>", encoding="utf-8")
    (problem,) = home.json("validate", str(file), expect=FAILED)["problems"]
    assert (problem["code"], problem["line"]) == ("validate.xml", 2)
    assert problem["rule"] == "an end tag does not match its start tag"


def test_standard_input_is_read(home: Installation) -> None:
    done = subprocess.run(
        home._command("validate", "-"),
        input=CHILD.read_bytes(),
        env=home.environment(),
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == b"valid: welfare.eligibility version 1\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere.xml",), "cannot be read"),
        ((str(CHILD), "--as", "welfare.eligibilty"), "did you mean welfare.eligibility/v1"),
        ((str(CHILD), "--as", "../../etc"), "--as is TYPE"),
    ],
)
def test_what_cannot_be_looked_at_is_wrong_usage(home: Installation, arguments: tuple[str, ...], words: str) -> None:
    assert words in "".join(home.renkei("validate", *arguments, expect=USAGE).stderr.replace("\n", " "))


def test_the_first_problem_is_the_one_the_hub_refuses_with() -> None:
    for contract in contracts():
        for file in samples(contract, "invalid"):
            body = file.read_bytes()
            faults = examine(contract, body, LIMIT)
            if faults[0].code == "validate.xml":
                continue
            with pytest.raises(Refused) as refused:
                _validate(contract, body)
            assert faults[0].rule in refused.value.detail, file


def _validate(contract: Contract, body: bytes) -> None:
    from hub.documents import parse

    contract.validate(parse(body, LIMIT))
