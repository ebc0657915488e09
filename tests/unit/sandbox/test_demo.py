"""The judge of the demo has teeth: a perfect run holds, and one thing wrong in the books makes it fail."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from hub.cli.main import cli
from hub.sandbox import demo
from hub.sandbox import scene as scene_module
from hub.sandbox.demo import Run
from hub.sandbox.flows import FLOWS
from hub.sandbox.report import Report
from tests.unit.sandbox.perfect_run import MESSAGES, BookPartner, PerfectHub, entry, letter, perfect, sendings

Spoil = Callable[[PerfectHub, dict[str, BookPartner]], None]


def run(spoil: Spoil) -> Report:
    """A perfect run, spoilt before it is judged."""
    here, hub, partners = perfect()

    def advance(step: str, _share: float) -> None:
        if step == "judging":
            spoil(hub, partners)

    return Run(here, FLOWS, MESSAGES, advance, time.monotonic()).play()


def failed(report: Report) -> list[str]:
    everything = [*report.expectations, *(each for flow in report.flows for each in flow.expectations)]
    return [each.text for each in everything if not each.held]


def nothing(_hub: PerfectHub, _partners: dict[str, BookPartner]) -> None:
    """Leave it as it is."""


def test_a_perfect_run_holds() -> None:
    report = run(nothing)
    assert failed(report) == []
    assert report.held
    assert [flow.counts.sent for flow in report.flows] == [MESSAGES] * len(FLOWS)
    assert all(flow.counts.delivered for flow in report.flows)


@pytest.mark.parametrize(
    ("partner", "operation", "flow"),
    [
        ("welfare", "welfare.resident_change", "F2"),
        ("intermediate_server", "intermediate_server.code_request", "F3"),
        ("welfare", "welfare.numbering_result", "F3"),
        ("pmh", "pmh.registration", "F16"),
        ("insurer_intermediate_server", "insurer_intermediate_server.key_request", "F17"),
        ("pmh", "pmh.key_binding", "F17"),
        ("integration_platform", "integration_platform.protection_measure", "F13"),
        ("intermediate_server", "intermediate_server.no_auto_answer", "F13"),
        ("integration_platform", "integration_platform.no_auto_answer_held", "F13"),
        ("intermediate_server", "intermediate_server.copy_registration", "F14"),
        ("welfare", "welfare.copy_result", "F14"),
        ("integration_platform", "integration_platform.nonresident", "F4"),
        ("welfare", "welfare.nonresident_result", "F4"),
    ],
)
def test_one_effect_missing_is_one_lost(partner: str, operation: str, flow: str) -> None:
    # Given: the last effect of this kind, which nothing newer has overtaken, is not in the partner's ledger
    def remove(_hub: PerfectHub, partners: dict[str, BookPartner]) -> None:
        book, of_flow = partners[partner].book, {i for i, each in sendings().items() if each.flow == flow}
        matching = [n for n, each in enumerate(book) if each["operation"] == operation]
        del book[max(n for n in matching if book[n]["correlation_id"] in of_flow)]

    # When
    report = run(remove)

    # Then
    assert report.lost == 1
    assert next(each for each in report.flows if each.id == flow).counts.lost == 1
    assert report.partners[partner].lost == 1
    assert not report.held


def twice(_hub: PerfectHub, partners: dict[str, BookPartner]) -> None:
    partners["intermediate_server"].book.append(partners["intermediate_server"].book[0])


def refused_had_an_effect(hub: PerfectHub, partners: dict[str, BookPartner]) -> None:
    partners["welfare"].book.append(entry("welfare.resident_change", hub.letters[0].message_id, record="x", version=1))


def violation(_hub: PerfectHub, partners: dict[str, BookPartner]) -> None:
    partners["pmh"].book[0]["violation"] = "宛名番号 may not reach PMH"


def older_after_newer(_hub: PerfectHub, partners: dict[str, BookPartner]) -> None:
    partners["welfare"].book[-1]["reordered"] = True


def letter_missing(hub: PerfectHub, _partners: dict[str, BookPartner]) -> None:
    hub.letters.pop()


def letter_with_another_code(hub: PerfectHub, _partners: dict[str, BookPartner]) -> None:
    hub.letters[0] = replace(hub.letters[0], code="hub.internal")


def unexpected_letter(hub: PerfectHub, _partners: dict[str, BookPartner]) -> None:
    hub.letters.append(letter("delivery.pmh", "some message", "deliver.exhausted"))


def letter_not_replayed(hub: PerfectHub, _partners: dict[str, BookPartner]) -> None:
    hub.letters.append(letter("delivery.pmh", "some message", "reply.invalid"))


def second_key(_hub: PerfectHub, partners: dict[str, BookPartner]) -> None:
    book = partners["insurer_intermediate_server"].book
    book.append(book[0] | {"key": "another", "record": "another"})


@pytest.mark.parametrize(
    ("spoil", "text"),
    [
        (twice, "no effect happened twice"),
        (refused_had_an_effect, "no refused message"),
        (violation, "must never reach it"),
        (older_after_newer, "older state after a newer one"),
        (letter_missing, "each refused message"),
        (letter_with_another_code, "each refused message"),
        (unexpected_letter, "every other dead letter"),
        (letter_not_replayed, "was replayed and did not die again"),
        (second_key, "there is one request"),
    ],
)
def test_each_wrong_thing_is_seen(spoil: Spoil, text: str) -> None:
    report = run(spoil)
    assert any(text in each for each in failed(report))
    assert not report.held


def test_what_does_not_come_to_rest_is_named_and_the_run_still_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    monkeypatch.setattr(demo, "REST_SECONDS", 0.1)
    here, hub, _partners = perfect()
    hub.restless = ["3 under way at delivery.pmh"]

    # When
    report = Run(here, FLOWS, MESSAGES, lambda _step, _share: None, time.monotonic()).play()

    # Then
    assert "3 under way at delivery.pmh" in report.expectations[0].found
    assert not report.held
    assert report.flows[0].counts.sent < MESSAGES


@pytest.mark.parametrize(("spoilt", "code"), [(False, 0), (True, 1)])
def test_the_exit_code_is_the_verdict(monkeypatch: pytest.MonkeyPatch, spoilt: bool, code: int) -> None:
    # Given: a partner that forgets one of its entries when it is healed
    here, _hub, partners = perfect()

    def forget() -> None:
        if spoilt and partners["resident_registry"].book:
            partners["resident_registry"].book.pop()
            partners["resident_registry"].reset_mode = lambda: None  # type: ignore[method-assign]

    partners["resident_registry"].reset_mode = forget  # type: ignore[method-assign]
    monkeypatch.setattr(scene_module, "scene", lambda _choice, _log: _Entered(here))

    # When
    result = CliRunner().invoke(cli, ["demo", "--json", "--messages", str(MESSAGES)])

    # Then
    assert result.exit_code == code
    assert json.loads(result.stdout)["lost"] == (1 if spoilt else 0)
    assert result.stdout.count("\n") == 1
    assert "IN-PROCESS BROKER" in result.stderr


def test_an_unknown_flow_is_refused() -> None:
    result = CliRunner().invoke(cli, ["demo", "--flow", "F99"])
    assert result.exit_code == 2
    assert "F2, F3, F16, F17, F13, F14, F4" in result.stderr


class _Entered:
    """A context that has the scene and ends nothing."""

    def __init__(self, scene: object) -> None:
        self._scene = scene

    def __enter__(self) -> object:
        return self._scene

    def __exit__(self, *_reason: object) -> None:
        """Nothing to end."""
