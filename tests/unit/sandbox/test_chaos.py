"""Failures and rounds: every partner meets every failure, every round has some of every kind of message."""

from __future__ import annotations

from pathlib import Path

from hub.sandbox.chaos import BLOWS, DEADLY, Chaos, scars
from hub.sandbox.city import City
from hub.sandbox.flows import FLOWS
from hub.sandbox.launcher import Partner
from hub.sandbox.partner_http import MODES
from hub.sandbox.waves import by_partner, rounds


class Struck(Partner):
    """Remembers what it was told."""

    def __init__(self, name: str) -> None:
        super().__init__(name, Path("/nonexistent"))
        self.told: list[str] = []

    def mode(self, mode: str, **details: float | int | None) -> None:
        self.told.append(mode)


def test_every_partner_meets_every_failure_once_and_no_two_the_same_at_once() -> None:
    partners = {name: Struck(name) for name in "abcdef"}
    chaos = Chaos(partners)
    for number in range(chaos.rounds):
        chaos.strike(number)
    assert all(sorted(each.told) == sorted(blow.mode for blow in BLOWS) for each in partners.values())
    for at_once in zip(*(each.told for each in partners.values()), strict=True):
        assert len(set(at_once)) == len(partners)


def test_the_failures_are_ones_a_partner_knows() -> None:
    assert {blow.mode for blow in BLOWS} <= MODES
    assert {"reply.invalid", "deliver.rejected"} == DEADLY


def test_a_partner_without_a_scar_is_named() -> None:
    held = {each.text.split()[-1]: each for each in scars({"pmh": (3, 1, 1), "welfare": (2, 1, 0)})}
    assert held["retried"].held
    assert held["dead"].held
    assert (held["replayed"].held, held["replayed"].found) == (False, "not welfare")


def test_rounds_hold_every_message_once_in_the_order_of_its_flow() -> None:
    sent = [each for flow in FLOWS for each in flow.messages(City(1, 500), 60)]
    slices = rounds(sent, 7)
    flat = [each for part in slices for each in part]
    assert len(flat) == len(sent)
    for flow in FLOWS:
        own = [each for each in sent if each.flow == flow.id and each.fate == "effect"]
        assert [each for each in flat if each.flow == flow.id and each.fate == "effect"] == own
        assert all(any(each.flow == flow.id and each.dues for each in part) for part in slices)


def test_a_copy_is_sent_after_its_original() -> None:
    sent = [each for flow in FLOWS for each in flow.messages(City(1, 500), 60) if each.wave == 1]
    seen: set[str] = set()
    for part in rounds(sent, 7):
        for each in part:
            assert each.fate != "duplicate" or each.publication.message_id in seen
            seen.add(each.publication.message_id)


def test_each_partner_publishes_its_own() -> None:
    sent = FLOWS[0].messages(City(1, 500), 40)
    found = by_partner(sent)
    assert set(found) == {"resident_registry", "welfare"}  # the second is the stranger of the refused ones
    assert sum(map(len, found.values())) == 40
