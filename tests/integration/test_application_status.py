"""F6 with the shipped configuration: the hub between application management and the simulated portal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.sandbox import letters
from hub.sandbox.applications import reception_number
from tests.integration.shipped import Shipped

AT = datetime(2026, 9, 1, 9, tzinfo=UTC)
HOP = "delivery.myna_portal"
FIRST, SECOND = reception_number(1), reception_number(2)


class Portal(Shipped):
    def __init__(self, root: Path) -> None:
        super().__init__(root, ["myna_portal"])

    def change(self, number: str, version: int, code: str, comment: str = "", sender: str = "") -> str:
        body = letters.application_status(number, version, code, comment, AT)
        sender = sender or "application_management"
        return self.publish(sender, "application_management.status_change", "application.status", body)

    def shown(self) -> list[int]:
        """The versions of all applications, in the portal's order."""
        return [each["version"] for each in self.effects("myna_portal.application_status")]

    def ends(self) -> dict[str, int]:
        return next((dict(each.ends) for each in self.hub.app.store.balances() if each.hop == HOP), {})

    def codes(self) -> list[tuple[str, str]]:
        return [(letter.hop, letter.code) for letter in self.hub.dead_letters()]


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    made = Portal(tmp_path)
    yield made
    made.close()


@pytest.mark.rule("R20")
def test_r20_every_change_arrives_once_and_in_order_though_the_portal_fails(portal: Portal) -> None:
    # Given a portal that fails before and after it has acted
    portal.partners["myna_portal"].mode("500_after", times=2)
    for version, code in enumerate(("01", "02", "03", "02", "06"), start=1):
        portal.change(FIRST, version, code, "コメント" if code == "03" else "")
    portal.rest()

    # Then it refused nothing: it knows which status may follow which
    assert portal.shown() == [1, 2, 3, 4, 5]
    assert portal.ends() == {"delivered": 5}
    assert portal.codes() == []


@pytest.mark.rule("R20")
def test_r20_later_changes_wait_behind_one_that_died_and_other_applications_do_not(portal: Portal) -> None:
    portal.partners["myna_portal"].mode("400", times=1)
    portal.change(FIRST, 1, "01")
    portal.rest()
    portal.change(FIRST, 2, "02")
    portal.change(SECOND, 7, "02")
    portal.rest()
    assert portal.shown() == [7]
    assert portal.codes() == [(HOP, "deliver.rejected")]

    portal.hub.replay(portal.hub.dead_letters())
    portal.rest()
    assert portal.shown() == [7, 1, 2]


@pytest.mark.rule("R20")
def test_r20_a_stale_version_does_not_leave_the_hub(portal: Portal) -> None:
    for version, code in ((1, "01"), (2, "02"), (3, "06")):
        portal.change(FIRST, version, code)
    portal.rest()
    portal.change(FIRST, 2, "02", "遅れて届いた変更")
    portal.rest()

    assert portal.shown() == [1, 2, 3]
    assert portal.ends() == {"delivered": 3, "superseded": 1}
    assert len(portal.partners["myna_portal"].ledger()) == 3


@pytest.mark.rule("R20")
def test_r20_the_same_version_with_other_content_is_a_dead_letter(portal: Portal) -> None:
    portal.change(FIRST, 1, "01")
    portal.rest()
    portal.change(FIRST, 1, "05")
    portal.rest()

    assert portal.codes() == [(HOP, "order.conflict")]
    assert portal.shown() == [1]


@pytest.mark.rule("R3")
@pytest.mark.parametrize("number", ["621498320257", "６２１４９８３２０２５７", "6214 9832 0257"])
def test_r3_a_comment_with_an_individual_number_does_not_leave(portal: Portal, number: str) -> None:
    portal.change(FIRST, 1, "03", f"個人番号 {number} を確認してください。")
    portal.rest()

    assert portal.codes() == [(HOP, "screen.identifier")]
    assert number not in portal.hub.dead_letters()[0].explanation
    assert portal.partners["myna_portal"].ledger() == []


@pytest.mark.rule("R53")
def test_r53_another_system_cannot_tell_applicants_anything(portal: Portal) -> None:
    portal.change(FIRST, 1, "01", sender="welfare")
    portal.rest()

    assert portal.codes() == [("intake.welfare", "authorise.grant")]
    assert portal.partners["myna_portal"].ledger() == []
