"""F5 with the shipped configuration: applications from the simulated portal to application management and welfare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
import urllib3

from connectors.myna_portal import package, shinsei
from hub.ports.store import DeadLetter
from hub.sandbox import authority, forms, letters
from hub.sandbox.applications import reception_number, written
from hub.sandbox.cards import Link
from hub.sandbox.flow import collected_id
from hub.sandbox.launcher import launch, stop_all
from hub.sandbox.process import wait_until
from tests.installation import Installation, own_config
from tests.integration.shipped import DEADLINE, Shipped

APPLICATION = "myna_portal.application"
TAKEN, WELFARE = "application_management.application", "welfare.application"
RECEIPT = "myna_portal.application_receipt"
FIRST, SECOND = reception_number(6_000_001), reception_number(6_000_002)
AT = datetime(2026, 9, 1, 9, tzinfo=UTC)


class Intake(Shipped):
    def __init__(self, root: Path) -> None:
        super().__init__(root, ["myna_portal", "application_management", "welfare", "resident_registry"])
        self.attachments = self.hub.app.home.attachments

    def lay_out(self, number: str, content: bytes) -> None:
        """And wait until the hub has it, and all it causes is at rest."""
        portal = self.partners["myna_portal"]
        portal.lay_out(f"{number}.zip", content)
        wait_until(lambda: not portal.laid_out(), "it is collected", DEADLINE)
        self._sent.append(("myna_portal", collected_id("myna_portal", number, APPLICATION)))
        self.rest()

    def lay_out_bad(self, number: str, content: bytes) -> None:
        portal = self.partners["myna_portal"]
        portal.lay_out(f"{number}.zip", content)
        wait_until(lambda: not portal.laid_out(), "it is collected", DEADLINE)
        key = f"{number}/{sha256(content).hexdigest()}"
        self._sent.append(("myna_portal", collected_id("myna_portal", key, APPLICATION)))
        self._sent.append(("myna_portal", collected_id("myna_portal", key, "application.receipt")))
        self.rest()

    def taken(self) -> list[int]:
        """How many applications are at application management, at welfare, and receipted."""
        return [len(self.effects(each)) for each in (TAKEN, WELFARE, RECEIPT)]

    def letter(self) -> DeadLetter:
        (found,) = [each for each in self.hub.dead_letters() if each.state == "open"]
        return found

    def kept(self) -> list[Path]:
        return [each for each in self.attachments.rglob("*") if each.is_file()]


def status(intake: Intake, number: str) -> int:
    """Whether the welfare system may examine an application."""
    url = f"{intake.partners['welfare'].url}/examinations/{number}"
    return urllib3.request("GET", url, retries=False).status


@pytest.fixture
def intake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Intake]:
    monkeypatch.setattr("hub.crew.CLEARING_SECONDS", 0.1)
    made = Intake(tmp_path)
    yield made
    made.close()


@pytest.mark.rule("R21")
def test_an_application_reaches_welfare_under_its_addressee_number_and_the_portal_hears_of_it(intake: Intake) -> None:
    intake.lay_out(FIRST, forms.package(FIRST))

    assert intake.taken() == [1, 1, 1]
    assert intake.violations() == []  # no serial at welfare, no number of a person at the portal
    assert intake.hub.dead_letters() == []
    # R21: when application management has them, no attachment is left here
    wait_until(lambda: not intake.kept(), "the attachments are cleared", DEADLINE)


def test_attachments_lie_sealed_and_under_names_that_say_nothing(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given application management away, so that they have to wait
    intake.partners["application_management"].mode("400", times=1)
    intake.lay_out(FIRST, forms.package(FIRST))

    digests = forms.digests(FIRST)
    assert len(intake.kept()) == len(digests)
    for file in intake.kept():
        assert file.name not in digests and "pdf" not in file.name
        assert not any(content in file.read_bytes() for _kind, content in forms.attached(FIRST).values())

    # A dead letter may be sent again, so they stay; and they are there when it is
    intake.hub.replay(intake.hub.dead_letters())
    intake.rest()
    assert intake.taken() == [1, 1, 1]


def test_the_same_package_again_changes_nothing_and_another_one_under_its_number_is_a_conflict(intake: Intake) -> None:
    intake.lay_out(FIRST, forms.package(FIRST))
    intake.lay_out(FIRST, forms.package(FIRST))
    assert intake.taken() == [1, 1, 1]
    assert intake.hub.dead_letters() == []

    intake.partners["myna_portal"].lay_out(f"{FIRST}.zip", forms.package(FIRST, forms.CHANGE))
    wait_until(lambda: bool(intake.hub.dead_letters()), "it is kept", DEADLINE)
    intake.rest()
    assert intake.letter().code == "receive.id_conflict"
    assert intake.taken() == [1, 1, 1]


BAD = {
    "signature.expired": forms.package(FIRST, certificate="expired"),
    "signature.revoked": forms.package(FIRST, certificate="revoked"),
    "signature.untrusted": forms.package(FIRST, certificate="stranger"),
    "application.number": forms.package(SECOND),
    "package.unreadable": forms.package(FIRST)[:-30],
}


@pytest.mark.rule("R15")
@pytest.mark.parametrize("code", BAD)
def test_r15_what_cannot_be_verified_is_quarantined_and_told_and_the_right_one_is_still_taken(
    intake: Intake, code: str
) -> None:
    intake.lay_out_bad(FIRST, BAD[code])

    letter = intake.letter()
    assert (letter.hop, letter.code) == ("intake.myna_portal", code)
    assert intake.taken() == [0, 0, 1]  # the portal alone, which hears that it was refused
    assert not intake.kept()

    # Then what was right all the time is taken under the same number
    intake.lay_out(FIRST, forms.package(FIRST))
    assert intake.taken() == [1, 1, 2]


@pytest.mark.rule("R14")
def test_r14_an_application_from_anybody_else_is_refused(intake: Intake) -> None:
    document = shinsei.document(FIRST, package.opened(forms.package(FIRST)))
    intake.publish("welfare", "myna_portal.application", "application.intake", document)
    intake.rest()

    assert (intake.letter().hop, intake.letter().code) == ("intake.welfare", "authorise.grant")
    assert intake.taken() == [0, 0, 0]


def test_a_package_that_finds_a_bug_stops_no_other(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(content: bytes) -> Mapping[str, bytes]:
        if content == poison:
            raise RecursionError
        return sound(content)

    poison, sound = forms.package(FIRST), package.opened
    monkeypatch.setattr(package, "opened", opened)
    intake.lay_out_bad(FIRST, poison)
    intake.lay_out(SECOND, forms.package(SECOND))

    assert intake.letter().code == "hub.internal"
    assert intake.taken() == [1, 1, 2]  # the portal hears that one is held


@pytest.mark.rule("R13")
@pytest.mark.parametrize("known", [forms.NONE, forms.SEVERAL])
def test_r13_an_applicant_who_is_nobody_or_several_waits_for_a_person_and_the_portal_hears(
    intake: Intake, known: str
) -> None:
    intake.lay_out(FIRST, forms.package(FIRST, known=known))

    assert (intake.letter().hop, intake.letter().code) == ("delivery.application_intake", "application.unlinked")
    assert intake.taken() == [0, 0, 1]


@pytest.mark.rule("R11")
def test_r11_when_the_link_has_come_the_application_is_replayed(intake: Intake) -> None:
    intake.lay_out(FIRST, forms.package(FIRST, known=forms.NONE))
    link = Link(forms.serial_of(FIRST, forms.NONE), "000000000000101")
    intake.publish(
        "resident_registry", "resident_registry.number_links", "application.number-link",
        letters.number_links(1, [link], AT),
    )  # fmt: skip
    intake.rest()

    intake.hub.replay(intake.hub.dead_letters())
    intake.rest()

    assert intake.taken() == [1, 1, 2]  # held, and then accepted
    assert intake.violations() == []


@pytest.mark.rule("R18")
@pytest.mark.parametrize("newest_first", [False, True])
def test_r18_the_version_that_was_replaced_is_history_and_is_not_examined(intake: Intake, newest_first: bool) -> None:
    old, new = FIRST, SECOND
    packages = [(old, forms.package(old)), (new, forms.package(new, replaces=old))]
    for number, content in reversed(packages) if newest_first else packages:
        intake.lay_out(number, content)
    assert intake.taken() == [2, 2, 2]  # the history is kept

    record = intake.publish(
        "welfare", "welfare.registered_record", "application.comparison",
        letters.registered_record(old, 1, written(old), AT),
    )  # fmt: skip
    closing = intake.publish(
        "welfare", "welfare.registration_closing", "application.comparison", letters.registration_closing(old, 1, AT)
    )
    intake.rest()

    # The record stops, and the wish to close waits behind it
    letter = intake.letter()
    assert (letter.correlation_id, letter.hop) == (record, "delivery.application_management")
    assert letter.code == "application.superseded"
    assert {each.outcome for each in intake.hub.journal(closing)} == {"forwarded", "waiting"}
    assert intake.effects("application_management.registered_record") == []

    # The newer one is examined like any other
    intake.publish(
        "welfare", "welfare.registered_record", "application.comparison",
        letters.registered_record(new, 1, written(new), AT),
    )  # fmt: skip
    intake.rest()
    assert len(intake.effects("welfare.comparison_matched")) == 1
    assert [status(intake, number) for number in (old, new)] == [409, 200]


def test_f7_nobody_replaces_the_application_of_somebody_else(intake: Intake) -> None:
    intake.lay_out(FIRST, forms.package(FIRST))
    intake.lay_out(SECOND, forms.package(SECOND, replaces=FIRST, other=True))

    assert intake.letter().code == "application.other_applicant"
    assert intake.taken() == [1, 1, 2]
    assert status(intake, FIRST) == 200


def test_f7_an_application_is_replaced_only_the_first_time(intake: Intake) -> None:
    third = reception_number(6_000_003)
    for number, content in (
        (FIRST, forms.package(FIRST)),
        (SECOND, forms.package(SECOND, replaces=FIRST)),
        (third, forms.package(third, replaces=FIRST)),
    ):
        intake.lay_out(number, content)

    assert intake.letter().code == "application.superseded"
    assert intake.taken() == [2, 2, 3]


def test_without_a_current_revocation_list_nothing_is_collected(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr("hub.metrics.Metrics.not_collected", lambda _self, _connector, code: said.append(code))
    # Given a list that is out of date
    trust = intake.hub.app.home.root / "trust" / "revocations.pem"
    current = trust.read_bytes()
    trust.write_bytes(authority.Authority().revocations(until=AT))
    portal = intake.partners["myna_portal"]
    portal.lay_out(f"{FIRST}.zip", forms.package(FIRST))
    portal.lay_out(f"{SECOND}.zip", b"no ZIP at all")

    wait_until(lambda: "signature.no_trust" in said, "it is not collected", DEADLINE)
    assert len(portal.laid_out()) == 2
    assert intake.taken() == [0, 0, 0]

    # Then with a new one it goes on
    trust.write_bytes(current)
    wait_until(lambda: not portal.laid_out(), "all is collected", DEADLINE)
    wait_until(lambda: intake.taken() == [1, 1, 2], "one is taken, one is refused", DEADLINE)


def test_a_package_that_was_spoilt_on_its_way_is_fetched_again(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    portal = intake.partners["myna_portal"]
    said: list[str] = []
    monkeypatch.setattr("hub.metrics.Metrics.not_collected", lambda _self, _connector, code: said.append(code))
    portal.lay_out(f"{FIRST}.zip", forms.package(FIRST))
    for mode in ("duplicate_reply", "malformed", "500", "extra_field"):
        portal.mode(mode)
        seen = len(said)
        wait_until(lambda: len(said) > seen + 1, "it is looked at", DEADLINE)  # noqa: B023 - called at once
    assert portal.laid_out() and intake.taken() == [0, 0, 0]

    portal.reset_mode()
    intake.lay_out(FIRST, forms.package(FIRST))

    assert intake.taken() == [1, 1, 1]
    assert intake.hub.dead_letters() == []


@pytest.mark.slow
def test_through_rabbitmq_a_killed_hub_takes_each_application_once(installed: Installation, tmp_path: Path) -> None:
    # Given an installation with a trust folder, and applications at the portal
    partners = launch(["myna_portal", "application_management", "welfare"], tmp_path / "partners")
    portal = partners["myna_portal"]
    try:
        installed.init()
        authority.write_trust(installed.root / "trust")
        file = own_config(installed) / "connectors" / "myna_portal.toml"
        text = file.read_text(encoding="utf-8").replace("every = 10.0", "every = 0.1")
        file.write_text(text.replace("/srv/renkei/trust", str(installed.root / "trust")), encoding="utf-8")
        urls = "".join(f'{name} = "{partner.url}"\n' for name, partner in partners.items())
        installed.configure(f"[urls]\n{urls}")
        installed.apply()
        numbers = [reception_number(6_100_000 + n) for n in range(20)]
        for number in numbers:
            portal.lay_out(f"{number}.zip", forms.package(number))
        portal.lay_out(f"{FIRST}.zip", forms.package(FIRST, certificate="revoked"))

        # When the hub is killed while it works, and started again
        partners["application_management"].mode("latency")
        process = installed.run()
        process.await_(lambda: bool(partners["application_management"].ledger()), "the first application arrives")
        process.kill()
        partners["application_management"].reset_mode()
        process = installed.run()

        # Then each of them was taken once, whole, and the portal heard of each
        def effects(partner: str, operation: str) -> int:
            return sum(each["effect"] and each["operation"] == operation for each in partners[partner].ledger())

        process.await_(
            lambda: (effects("welfare", WELFARE), effects("myna_portal", RECEIPT)) == (20, 21),
            "all have arrived",
            DEADLINE,
        )
        assert effects("application_management", TAKEN) == 20
        assert not portal.laid_out()
        process.await_(lambda: installed.json("dead", "list"), "the revoked one is a dead letter", DEADLINE)
        assert [(letter["hop"], letter["code"]) for letter in installed.json("dead", "list")] == [
            ("intake.myna_portal", "signature.revoked")
        ]
        assert process.stop() == 0
    finally:
        stop_all(partners.values())
