"""Walks mappings/: every mapping is covered the moment its folder exists. The rules are those of `renkei lint`."""

from pathlib import Path

import pytest

from hub import catalogue
from hub.documents import Contract, Mapping
from hub.home import Home
from hub.lint.cases import cases, check_mapping

HOME = Home(Path(__file__).parent / "no-home")
FOLDERS = sorted(folder for folder in HOME.folder("mappings").glob("*/v*") if folder.is_dir())


@pytest.fixture(scope="module")
def contracts() -> dict[catalogue.ContractKey, Contract]:
    found = catalogue.read(HOME)
    assert [str(finding) for finding in found.findings] == []
    return found.contracts


def test_there_are_mappings() -> None:
    assert FOLDERS


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_the_mapping_is_sound(folder: Path, contracts: dict[catalogue.ContractKey, Contract]) -> None:
    # Every case: valid input, exactly the expected output, valid output
    mapping = Mapping.load(folder)
    assert (mapping.from_type, mapping.from_version) in contracts
    assert (mapping.to_type, mapping.to_version) in contracts
    assert cases(mapping)
    assert [str(finding) for finding in check_mapping(mapping, contracts)] == []
