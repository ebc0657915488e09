"""The verdict has teeth: an effect taken from a ledger, put into it twice, or out of order is found."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hub.sandbox.faults.plan import PARTNERS, PLAYED
from hub.sandbox.faults.run import held_back
from hub.sandbox.faults.verdict import Evidence, Verdict, judge
from hub.sandbox.flow import Sending
from hub.sandbox.flows import FLOWS
from tests.unit.sandbox.perfect_run import entry, hold, letter, sendings

FLOWS_PLAYED = [flow for flow in FLOWS if flow.id in PLAYED]
SENDINGS = [held_back(each) if each.protects else each for each in sendings().values() if each.flow in PLAYED]
IN_USE = sorted({due.partner for each in SENDINGS for due in each.dues})
Ledgers = dict[str, list[dict[str, Any]]]


def perfect() -> Evidence:
    """A run after which everything is as it should be."""
    sent = list(SENDINGS)
    ledgers: Ledgers = {name: [] for name in PARTNERS}
    for each in sent:
        for due in each.dues:
            made = entry(due.operation, each.publication.message_id, record=due.record, version=due.version)
            ledgers[due.partner].append(made | {"status": 200})
    letters = [
        letter(f"intake.{each.partner}", each.publication.message_id, each.code)
        for each in sent
        if each.fate == "refused"
    ]
    held = [hold(each.publication.message_id) for each in sent if each.fate == "held"]
    return Evidence(
        sent, ledgers, letters, held,
        breaches=[], untold=[], queues={}, bugs=[], unrest=[], unmigrated=[], reconciled=True,
    )  # fmt: skip


def spoilt(change: Callable[[Ledgers], None]) -> Verdict:
    evidence = perfect()
    ledgers = copy.deepcopy({name: list(book) for name, book in evidence.ledgers.items()})
    change(ledgers)
    return judge(FLOWS_PLAYED, replace(evidence, ledgers=ledgers))


def one_due(sent: list[Sending]) -> Sending:
    return next(each for each in sent if each.dues and each.dues[0].version is None)


def broken(verdict: Verdict) -> list[str]:
    return [each.text for each in verdict.expectations if not each.held]


def test_a_perfect_run_is_held() -> None:
    verdict = judge(FLOWS_PLAYED, perfect())

    assert broken(verdict) == []
    assert verdict.held
    assert (verdict.lost, verdict.doubled, verdict.reordered) == (0, 0, 0)
    assert verdict.messages == len(SENDINGS)


@pytest.mark.parametrize("partner", IN_USE)
def test_an_effect_that_is_missing_is_lost(partner: str) -> None:
    verdict = spoilt(lambda ledgers: ledgers[partner].pop())

    assert verdict.lost == 1
    assert not verdict.held


@pytest.mark.parametrize("partner", IN_USE)
def test_an_effect_that_is_there_twice_is_doubled(partner: str) -> None:
    verdict = spoilt(lambda ledgers: ledgers[partner].append(dict(ledgers[partner][0])))

    assert verdict.doubled == 1
    assert not verdict.held


def test_the_same_message_under_another_key_is_doubled_too() -> None:
    verdict = spoilt(lambda ledgers: ledgers["pmh"].append(ledgers["pmh"][0] | {"key": "another"}))

    assert verdict.doubled == 1


def test_a_repeated_receipt_is_counted_apart() -> None:
    verdict = spoilt(lambda ledgers: ledgers["pmh"].append(ledgers["pmh"][0] | {"effect": False}))

    assert (verdict.doubled, verdict.receipts) == (0, 1)
    assert verdict.held


def test_an_older_version_after_a_newer_one_is_reordered() -> None:
    def swap(ledgers: Ledgers) -> None:
        book = ledgers["integration_platform"]
        places: dict[str, int] = {}
        for position, one in enumerate(book):
            if one["version"] is not None and one["record"] in places:
                earlier = places[one["record"]]
                book[earlier], book[position] = book[position], book[earlier]
                return
            places[one["record"]] = position
        raise AssertionError("no record was changed twice")

    verdict = spoilt(swap)

    assert verdict.reordered >= 1
    assert not verdict.held


def test_what_was_held_and_reached_somebody_is_found() -> None:
    held = next(each for each in SENDINGS if each.fate == "held" and each.flow == "F12").publication.message_id
    answer = entry("intermediate_server.provision_answer", held, record="x")

    verdict = spoilt(lambda ledgers: ledgers["intermediate_server"].append(answer | {"status": 200}))

    assert [text for text in broken(verdict) if "reached anybody" in text]


def test_a_message_about_a_protected_person_that_is_not_held_is_found_and_so_is_any_other_hold() -> None:
    evidence = perfect()

    missing = judge(FLOWS_PLAYED, replace(evidence, holds=evidence.holds[1:]))
    strange = judge(FLOWS_PLAYED, replace(evidence, holds=[*evidence.holds, hold("somebody else")]))

    assert [text for text in broken(missing) if "is held" in text]
    assert broken(strange) == ["nothing else is held"]


def test_what_the_partner_itself_saw_out_of_order_counts() -> None:
    verdict = spoilt(lambda ledgers: ledgers["welfare"][0].update(reordered=True))

    assert verdict.reordered == 1


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"breaches": ["acked before it was committed: m"]}, "nothing was acked"),
        ({"untold": ["welfare: m"]}, "every publisher that wants to was told"),
        ({"queues": {"retry.1s": 2}}, "every queue is empty"),
        ({"unrest": ["1 under way"]}, "all came to rest"),
        ({"bugs": ["delivery-0: a traceback"]}, "no process of the hub found a bug"),
        ({"unmigrated": ["migration_1"]}, "every migration"),
        ({"reconciled": False}, "the hub's own books"),
        ({"letters": []}, "each refused message"),
    ],
)
def test_whatever_else_is_wrong_is_said(change: dict[str, Any], text: str) -> None:
    verdict = judge(FLOWS_PLAYED, replace(perfect(), **change))

    assert not verdict.held
    assert [each for each in broken(verdict) if each.startswith(text)]


def test_a_message_that_died_of_no_fault_is_a_finding_even_when_replayed() -> None:
    evidence = perfect()
    healthy = one_due(list(evidence.sent)).publication.message_id
    letters = [*evidence.letters, letter("delivery.pmh", healthy, "hub.internal", "replayed")]

    verdict = judge(FLOWS_PLAYED, replace(evidence, letters=letters))

    assert broken(verdict) == ["nothing ever died but of a fault"]


def test_a_message_that_is_still_dead_is_said() -> None:
    evidence = perfect()
    healthy = one_due(list(evidence.sent)).publication.message_id
    letters = [*evidence.letters, letter("delivery.pmh", healthy, "deliver.in_doubt", "replaying")]

    verdict = judge(FLOWS_PLAYED, replace(evidence, letters=letters))

    assert broken(verdict) == ["nothing else is dead"]
