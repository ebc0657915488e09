"""F4, F13 and F14 of the demo: their messages are what they claim to be, and their judges see what is amiss."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from hub.documents import Contract, parse
from hub.errors import Refused
from hub.home import Home
from hub.sandbox.city import City
from hub.sandbox.flow import Flow, Sending
from hub.sandbox.flows.copy_registration import CopyRegistration
from hub.sandbox.flows.nonresident import NonresidentRegistration
from hub.sandbox.flows.numbering import CODE_REQUEST, Numbering
from hub.sandbox.flows.protection import DECISION, FLAG, Protection
from hub.sandbox.judge import Effect

LIMIT = 1 << 20
SCHEMAS = Home(Path(__file__).parent / "no-home").folder("schemas")
MINE: tuple[Flow, ...] = (Protection(), CopyRegistration(), NonresidentRegistration())


@pytest.fixture(scope="module")
def city() -> City:
    return City(5, 600)


@cache
def loaded(type: str) -> Contract:
    return Contract.load(SCHEMAS / type / "v1")


def contract(sending: Sending) -> Contract:
    return loaded(sending.publication.type)


def state(sending: Sending) -> tuple[str, int]:
    facts = contract(sending).facts(parse(sending.publication.body, LIMIT))
    assert facts.state_key is not None
    assert facts.version is not None
    return facts.state_key, facts.version


@pytest.mark.parametrize("flow", MINE, ids=lambda flow: flow.id)
def test_what_is_to_be_refused_is_and_nothing_else(flow: Flow, city: City) -> None:
    for each in flow.messages(city, 100):
        code = None
        try:
            contract(each).validate(parse(each.publication.body, LIMIT))
        except Refused as refused:
            code = refused.code
        assert code == (each.code if each.code.startswith("validate.") else None)


def test_no_two_flows_number_the_same_person_first(city: City) -> None:
    """R5: each would take the other's for its own."""
    numbers = [
        each.publication.body.decode().split("individual_number>")[1][:12]
        for flow in (Numbering(), *MINE)
        for each in flow.messages(city, 100)
        if each.publication.type in ("welfare.person_number", "welfare.nonresident")
        and (each.fate, each.wave < 2) == ("effect", True)
        and b"<individual_number>" in each.publication.body
    ]
    assert len(numbers) > 100
    assert len(numbers) == len(set(numbers))


def test_every_act_is_newer_and_every_release_ends_a_measure_of_its_source(city: City) -> None:
    standing: dict[str, int] = {}
    releases = 0
    acts = [
        each
        for each in Protection().messages(city, 100)
        if each.fate == "effect" and "measure" in each.publication.type
    ]
    for each in sorted(acts, key=lambda each: each.wave):
        key, version = state(each)
        if b"<action>release<" in each.publication.body:
            releases += 1
            assert 0 < standing.pop(key) < version
        else:
            assert standing.get(key, 0) < version
            standing[key] = version
    assert releases >= 8
    assert any("resident_registry" in key for key in standing)


def test_a_stale_copy_is_older_than_what_went_before(city: City) -> None:
    newest: dict[str, int] = {}
    stale = 0
    copies = [
        each for each in CopyRegistration().messages(city, 100) if each.publication.type == "welfare.copy_registration"
    ]
    for each in sorted(copies, key=lambda each: each.wave):
        if each.fate not in ("effect", "stale"):
            continue
        key, version = state(each)
        if each.fate == "stale":
            stale += 1
            assert newest[key] > version
        else:
            assert newest.get(key, 0) < version
            newest[key] = version
    assert stale == 5


def perfect(flow: Flow, sent: list[Sending]) -> list[Effect]:
    """The ledgers of a run in which each message does what is due, in order."""
    return [
        Effect(due.partner, due.operation, f"{due}", due.correlation_id, due.record, due.version)
        for each in sorted(sent, key=lambda each: each.wave)
        for due in each.dues
    ]


def broken(flow: Flow, sent: list[Sending], effects: list[Effect]) -> list[str]:
    return [each.text for each in flow.judge(sent, effects).expectations if not each.held]


@pytest.mark.parametrize("flow", MINE, ids=lambda flow: flow.id)
def test_a_perfect_run_holds(flow: Flow, city: City) -> None:
    sent = flow.messages(city, 40)
    assert broken(flow, sent, perfect(flow, sent)) == []


def test_a_release_that_overtakes_a_raise_is_seen(city: City) -> None:
    """R26: at the platform or at the server."""
    flow = Protection()
    sent = flow.messages(city, 40)
    for place in (DECISION, FLAG):
        effects = perfect(flow, sent)
        there = [n for n, each in enumerate(effects) if (each.partner, each.operation) == place]
        first = there[0]
        second = next(n for n in there[1:] if effects[n].record == effects[first].record)
        effects[first], effects[second] = effects[second], effects[first]
        assert any("in the order they were made" in text for text in broken(flow, sent, effects))


def test_a_needless_request_for_a_code_is_seen(city: City) -> None:
    """R6."""
    flow = NonresidentRegistration()
    sent = flow.messages(city, 40)
    again = next(each for each in sent if each.wave == 2 and each.fate == "effect")
    needless = Effect(*CODE_REQUEST, "k", again.publication.message_id)
    assert any("request for a code" in text for text in broken(flow, sent, [*perfect(flow, sent), needless]))


def test_a_copy_without_a_result_is_seen(city: City) -> None:
    flow = CopyRegistration()
    sent = flow.messages(city, 40)
    effects = perfect(flow, sent)
    last = max(n for n, each in enumerate(effects) if each.operation == "welfare.copy_result")
    del effects[last]
    assert any("a result was reported" in text for text in broken(flow, sent, effects))
