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

DECIDED = ["welfare.closing_decision"]
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
        ("eligibility_verification", "eligibility_verification.key_link", "F17"),
        ("public_assistance", "public_assistance.inquiry", "F11"),
        ("welfare", "welfare.insurance_answer", "F11"),
        ("application_management", "application_management.number_links", "F1"),
        ("myna_portal", "myna_portal.application_status", "F6"),
        ("application_management", "application_management.application", "F5"),
        ("welfare", "welfare.application", "F5"),
        ("myna_portal", "myna_portal.application_receipt", "F5"),
        ("welfare", "welfare.application", "F7"),
        ("welfare", "welfare.work_item", "F8"),
        ("integration_platform", "integration_platform.protection_measure", "F13"),
        ("intermediate_server", "intermediate_server.no_auto_answer", "F13"),
        ("integration_platform", "integration_platform.no_auto_answer_held", "F13"),
        ("welfare", "welfare.protection_notice", "F13"),
        ("intermediate_server", "intermediate_server.copy_registration", "F14"),
        ("welfare", "welfare.copy_result", "F14"),
        ("integration_platform", "integration_platform.nonresident", "F4"),
        ("welfare", "welfare.nonresident_result", "F4"),
        ("disability_subsidy", "disability_subsidy.transfer", "F22"),
        ("single_parent_subsidy", "single_parent_subsidy.transfer", "F22"),
        ("welfare", "welfare.transfer_result", "F22"),
        ("integration_platform", "integration_platform.network_inquiry", "F10"),
        ("intermediate_server", "intermediate_server.information_inquiry", "F10"),
        ("integration_platform", "integration_platform.network_result", "F10"),
        ("welfare", "welfare.network_answer", "F10"),
        ("integration_platform", "integration_platform.provision_request", "F12"),
        ("intermediate_server", "intermediate_server.provision_answer", "F12"),
        ("intermediate_server", "intermediate_server.provision_denied", "F12"),
        ("intermediate_server", "intermediate_server.permission_list_held", "F15"),
        ("tax", "tax.income_list", "F9"),
        ("claims", "claims.result", "F23"),
        ("welfare", "welfare.claim_batch", "F23"),
        ("pmh", "pmh.entitlement_inquiry", "F18"),
        ("pmh", "pmh.entitlement_view", "F20"),
        ("myna_portal", "myna_portal.entitlements", "F20"),
        ("myna_portal", "myna_portal.view_denied", "F20"),
        ("pmh", "pmh.pseudonym_binding", "F19"),
        ("myna_portal", "myna_portal.pseudonym_result", "F19"),
        ("medical_institution", "medical_institution.entitlements", "F18"),
        ("medical_institution", "medical_institution.no_entitlement", "F18"),
        ("tax", "tax.income_list", "F25"),
        ("pmh", "pmh.registration", "F21"),
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
    hub.letters.pop(0)


def letter_with_another_code(hub: PerfectHub, _partners: dict[str, BookPartner]) -> None:
    hub.letters[0] = replace(hub.letters[0], code="hub.internal")


def stopped_letter_missing(hub: PerfectHub, _partners: dict[str, BookPartner]) -> None:
    hub.letters.remove(next(each for each in hub.letters if each.code == "deliver.gap"))


def stopped_letter_still_open(hub: PerfectHub, _partners: dict[str, BookPartner]) -> None:
    hub.letters = [replace(each, state="open") for each in hub.letters]


def applied_past_the_gap(_hub: PerfectHub, partners: dict[str, BookPartner]) -> None:
    book = partners["application_management"].book
    book.remove(next(each for each in book if each["operation"] == "application_management.number_link_set"))


def not_acknowledged(_hub: PerfectHub, partners: dict[str, BookPartner]) -> None:
    book = partners["resident_registry"].book
    book.remove(next(each for each in book if each["operation"] == "resident_registry.number_links_applied"))


def asked_twice(_hub: PerfectHub, partners: dict[str, BookPartner]) -> None:
    book = partners["resident_registry"].book
    book += [each | {"key": "another"} for each in book if each["operation"] == "resident_registry.full_set_request"]


def asked_the_wrong_office(_hub: PerfectHub, partners: dict[str, BookPartner]) -> None:
    one = partners["public_assistance"].book[0]
    partners["health_insurance"].book.append(one | {"operation": "health_insurance.inquiry"})


def a_step_left_out(_hub: PerfectHub, partners: dict[str, BookPartner]) -> None:
    book = partners["myna_portal"].book
    first = next(n for n, each in enumerate(book) if each["operation"] == "myna_portal.application_status")
    book.append(book.pop(first))


def an_application_went_elsewhere(_hub: PerfectHub, partners: dict[str, BookPartner]) -> None:
    one = next(each for each in partners["welfare"].book if each["operation"] == "welfare.application")
    partners["tax"].book.append(one | {"operation": "tax.income_list"})


def an_old_version_was_examined(_hub: PerfectHub, partners: dict[str, BookPartner]) -> None:
    old = next(i for i, each in sendings().items() if each.code == "application.superseded")
    partners["application_management"].book.append(entry("application_management.registered_record", old))


def closed_while_it_differs(_hub: PerfectHub, partners: dict[str, BookPartner]) -> None:
    early = next(
        i for i, each in sendings().items() if each.flow == "F8" and [d.operation for d in each.dues] == DECIDED
    )
    partners["application_management"].book.append(entry("application_management.registration_closing", early))


def answer_missing(_hub: PerfectHub, partners: dict[str, BookPartner]) -> None:
    book = partners["welfare"].book
    book.remove(next(each for each in book if each["operation"] == "welfare.income_list_answer"))


def claims_went_elsewhere(_hub: PerfectHub, partners: dict[str, BookPartner]) -> None:
    one = next(each for each in partners["welfare"].book if each["operation"] == "welfare.claim_batch")
    partners["tax"].book.append(one | {"operation": "tax.income_list"})


def booked_another_reason(_hub: PerfectHub, partners: dict[str, BookPartner]) -> None:
    book = partners["pmh"].book
    next(each for each in book if each.get("reason") == "no_consent")["reason"] = "found"


def told_who_was_to_be_denied(_hub: PerfectHub, partners: dict[str, BookPartner]) -> None:
    book = partners["medical_institution"].book
    denied = next(each for each in book if each["operation"] == "medical_institution.no_entitlement")
    book.append(entry("medical_institution.entitlements", denied["correlation_id"]))


def stored_another(_hub: PerfectHub, partners: dict[str, BookPartner]) -> None:
    book = partners["pmh"].book
    one = next(each for each in book if each["operation"] == "pmh.pseudonym_binding" and each["reason"] == "stored")
    book.append(one | {"key": "another", "correlation_id": "another", "record": "another"})


def heard_otherwise(_hub: PerfectHub, partners: dict[str, BookPartner]) -> None:
    book = partners["myna_portal"].book
    one = [each for each in book if each["operation"] == "myna_portal.pseudonym_result" and each["reason"] == "refused"]
    one[-1]["reason"] = "stored"


def shown_what_is_stopped(_hub: PerfectHub, partners: dict[str, BookPartner]) -> None:
    book = partners["myna_portal"].book
    denied = next(each for each in book if each["reason"] == "stopped")
    book.append(entry("myna_portal.entitlements", denied["correlation_id"]))


def needless_work(_hub: PerfectHub, partners: dict[str, BookPartner]) -> None:
    book = partners["welfare"].book
    matched = next(each for each in book if each["operation"] == "welfare.comparison_matched")
    book.append(entry("welfare.work_item", matched["correlation_id"]))


def unexpected_letter(hub: PerfectHub, _partners: dict[str, BookPartner]) -> None:
    hub.letters.append(letter("delivery.pmh", "some message", "deliver.exhausted"))


def letter_not_replayed(hub: PerfectHub, _partners: dict[str, BookPartner]) -> None:
    hub.letters.append(letter("delivery.pmh", "some message", "reply.invalid"))


def second_key(_hub: PerfectHub, partners: dict[str, BookPartner]) -> None:
    book = partners["insurer_intermediate_server"].book
    book.append(book[0] | {"key": "another", "record": "another"})


def held_had_an_effect(_hub: PerfectHub, partners: dict[str, BookPartner]) -> None:
    protected = next(i for i, each in sendings().items() if each.fate == "held")
    partners["disability_subsidy"].book.append(entry("disability_subsidy.transfer", protected, record="x", version=1))


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
        (stopped_letter_missing, "what lacked something"),
        (stopped_letter_still_open, "what lacked something"),
        (applied_past_the_gap, "past a gap"),
        (not_acknowledged, "acknowledged to the registry"),
        (asked_twice, "asked once for the full set"),
        (asked_the_wrong_office, "no office was asked"),
        (a_step_left_out, "step by step"),
        (closed_while_it_differs, "no case was closed"),
        (needless_work, "became a work item"),
        (held_had_an_effect, "held messages about protected persons"),
        (answer_missing, "every message took effect"),
        (an_application_went_elsewhere, "applications went to application management and welfare alone"),
        (an_old_version_was_examined, "no version that was replaced was examined"),
        (booked_another_reason, "why it was answered so"),
        (told_who_was_to_be_denied, "was told nothing else"),
        (told_who_was_to_be_denied, "told both"),
        (shown_what_is_stopped, "was shown nothing"),
        (shown_what_is_stopped, "no view was told both"),
        (stored_another, "the pseudonyms that are stored"),
        (heard_otherwise, "what became of it"),
        (claims_went_elsewhere, "claims went to the welfare system alone"),
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
    assert ", ".join(flow.id for flow in FLOWS) in " ".join(result.stderr.split())


class _Entered:
    """A context that has the scene and ends nothing."""

    def __init__(self, scene: object) -> None:
        self._scene = scene

    def __enter__(self) -> object:
        return self._scene

    def __exit__(self, *_reason: object) -> None:
        """Nothing to end."""


class Clock:
    """Time that passes by sleeping, and by looking: a look takes two seconds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.looks = 0.0, 0
        monkeypatch.setattr(demo.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(demo.time, "sleep", self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def look(self, left: Callable[[float], str]) -> list[str]:
        self.looks += 1
        self.now += 2
        return [said] if (said := left(self.now)) else []


def test_what_moves_is_waited_for_and_looked_at_for_a_fifth_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a round in which something still moves after many times the time in which nothing may
    Then its end is waited for
    """
    clock = Clock(monkeypatch)
    ends = 5 * demo.STILL_SECONDS

    demo.wait_for_rest(lambda: clock.look(lambda now: "" if now > ends else f"{ends - now:.0f} under way"))

    assert ends < clock.now < ends + 20
    assert clock.looks * 2 <= clock.now / 5 + 2


@pytest.mark.parametrize(
    ("left", "seconds"),
    [(lambda _now: "3 under way", demo.STILL_SECONDS), (lambda now: f"{now} under way", demo.REST_SECONDS)],
    ids=["nothing moves", "it never ends"],
)
def test_it_is_not_waited_for_ever(
    monkeypatch: pytest.MonkeyPatch, left: Callable[[float], str], seconds: float
) -> None:
    clock = Clock(monkeypatch)

    with pytest.raises(TimeoutError, match="under way"):
        demo.wait_for_rest(lambda: clock.look(left))

    assert seconds <= clock.now <= seconds + 20
