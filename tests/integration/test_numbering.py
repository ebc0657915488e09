"""F3 with the shipped configuration: 処理通番 is passed on, and nothing of it stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from hub.errors import Refused
from hub.identifiers import IdentifierKind
from hub.ports.store import DeadFilter
from hub.sandbox import letters
from hub.sandbox.city import City
from hub.sandbox.process import wait_until
from hub.worker.clearing import passing
from tests.integration.shipped import DEADLINE, Shipped

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


@pytest.mark.rule("R8")
def test_a_processing_number_that_died_is_gone_when_the_acquisition_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the dead letter is open the acquisition is; then nothing opens it any more, and its row stays."""
    monkeypatch.setattr("hub.crew.CLEARING_SECONDS", 0.1)
    hub = Shipped(tmp_path, ["welfare", "integration_platform", "intermediate_server", "resident_registry"])
    try:
        hub.partners["resident_registry"].mode("400")
        resident = City(1, 20).residents[0]
        hub.publish("welfare", "welfare.person_number", "child-medical.numbering", letters.person_number(resident, AT))
        hub.rest()
        store, sealer = hub.hub.app.store, hub.hub.app.sealer
        [letter] = store.dead_letters(DeadFilter(type="code.accepted"))
        message, sealed = store.dead_body(letter.id)
        assert b"SY00000000000001" in sealer.open(letter.message_id, sealed)

        assert store.discard(letter.id, "a clerk", "the registry does not take it")

        wait_until(lambda: store.dead_body(letter.id)[1].ciphertext == b"", "it is emptied", DEADLINE)
        with pytest.raises(Refused, match=r"receive\.erased"):
            sealer.open(letter.message_id, store.dead_body(letter.id)[1])
        assert b"SY00000000000001" not in message.encode()
    finally:
        hub.close()


def test_types_that_carry_one_for_an_acquisition(numbering: Shipped) -> None:
    """Not the inquiry of another body, which has one of its own that the law asks to record (R30)."""
    assert passing(numbering.hub.app.registry) == {
        "intermediate_server.code_accepted", "code.accepted", "resident_registry.processing_number",
    }  # fmt: skip


def content(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
