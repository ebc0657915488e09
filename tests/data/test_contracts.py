"""Walks schemas/: every contract is covered the moment its folder exists. The rules are those of `renkei lint`."""

import re
from pathlib import Path

import pytest

from hub.documents import Contract, parse
from hub.errors import Refused
from hub.home import Home
from hub.lint.samples import SAMPLE_LIMIT, check_contract, expected_code, samples

# a home of its own is nowhere: the shipped folders are walked
ROOT = Home(Path(__file__).parent / "no-home").folder("schemas")
FOLDERS = sorted(folder for folder in ROOT.glob("*/v*") if folder.is_dir())


def name(folder: Path) -> str:
    return f"{folder.parent.name}/{folder.name}"


def test_there_are_contracts() -> None:
    assert FOLDERS


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_the_contract_is_sound(folder: Path) -> None:
    # Schema, samples in both engines, marked fields
    assert [str(finding) for finding in check_contract(Contract.load(folder))] == []


@pytest.mark.rule("R64")
@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_refusals_quote_no_value_of_the_sample(folder: Path) -> None:
    contract = Contract.load(folder)
    for file in samples(contract, "invalid"):
        body = file.read_bytes()
        # Given a sample with a field nobody may see
        secret = "秘密"
        marked = body.replace(b"</", f"{secret}</".encode(), 1)
        for content in (body, marked):
            with pytest.raises(Refused) as caught:
                contract.validate(parse(content, SAMPLE_LIMIT))
            # Then neither it nor any number of the sample stands in the explanation
            assert secret not in caught.value.detail
            assert not any(value in caught.value.detail for value in long_numbers(body)), caught.value.detail
        assert expected_code(file) is not None


@pytest.mark.rule("R64")
@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_no_field_whatever_stands_in_it_is_quoted(folder: Path) -> None:
    """An address where a code should be: the refusal names the field, and the address of nobody."""
    contract = Contract.load(folder)
    sample = samples(contract, "valid")[0].read_bytes()
    secret = "川崎区砂子一丁目秘密番地"
    for match in re.finditer(rb">([^<>]*[^<>\s][^<>]*)</", sample):
        changed = sample[: match.start(1)] + secret.encode() + sample[match.end(1) :]
        try:
            contract.validate(parse(changed, SAMPLE_LIMIT))
        except Refused as refused:
            assert secret not in refused.detail
            assert not any(value in refused.detail for value in long_numbers(sample)), refused.detail


def long_numbers(body: bytes) -> set[str]:
    """Numbers of a sample long enough to be somebody's."""
    words = body.decode("utf-8", errors="replace").replace("<", " ").replace(">", " ").split()
    return {word for word in words if word.isdigit() and len(word) >= 7}
