"""Contracts and mappings written for one test."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hub.documents import Contract, Document, Mapping, parse
from tests.small_home import NOTE, edit, write_contract, write_mapping

LIMIT = 10_000_000


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    return Contract.load(write_contract(tmp_path, "office.note"))


@pytest.fixture
def changed_contract(tmp_path: Path) -> Callable[..., Contract]:
    """A contract with one text replaced in contract.toml (`file`) or another file of its folder."""

    def build(old: str, new: str, file: str = "contract.toml") -> Contract:
        folder = write_contract(tmp_path, "office.note")
        edit(folder / file, old, new)
        return Contract.load(folder)

    return build


@pytest.fixture
def note() -> Callable[..., Document]:
    """A valid note, with texts replaced."""

    def build(*changes: tuple[str, str]) -> Document:
        text = NOTE.format(type="office.note")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        return parse(text.encode(), LIMIT)

    return build


@pytest.fixture
def mapping(tmp_path: Path) -> Mapping:
    return Mapping.load(write_mapping(tmp_path, "office.note", "note.kept"))
