"""F3 with the shipped configuration: 処理通番 is passed on, and nothing of it stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from hub.identifiers import IdentifierKind
from hub.sandbox import letters
from hub.sandbox.city import City
from tests.integration.shipped import Shipped

AT = datetime(2026, 9, 1, 9, tzinfo=UTC)


@pytest.fixture
def numbering(tmp_path: Path) -> Iterator[Shipped]:
    made = Shipped(tmp_path, ["welfare", "integration_platform", "intermediate_server", "resident_registry"])
    yield made
    made.close()


@pytest.mark.rule("R8")
def test_when_the_registry_has_the_processing_number_nothing_of_it_is_left_here(
    numbering: Shipped, tmp_path: Path
) -> None:
    resident = City(1, 20).residents[0]
    numbering.publish(
        "welfare", "welfare.person_number", "child-medical.numbering", letters.person_number(resident, AT)
    )
    numbering.rest()

    # Given the registry has it
    assert len(numbering.effects("resident_registry.processing_number")) == 1
    processing_number = "SY00000000000001"  # the first one the simulated server gives
    assert processing_number.encode() in content(tmp_path / "partners")

    # Then neither the number nor a hash of it is in any file of the hub; hashes of whom it was about are
    app = numbering.hub.app
    kept = content(app.home.root)
    assert processing_number.encode() not in kept
    for kind in get_args(IdentifierKind):
        assert app.sealer.alias(kind, processing_number).hash.encode() not in kept
    assert app.sealer.alias("addressee_number", resident.addressee_number).hash.encode() in kept


def content(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
