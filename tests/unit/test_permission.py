"""R23, R28: an inquiry is answered only if list, table of provision, licence and route all say so."""

from dataclasses import replace

import pytest

from hub.permission import Terms, in_force, objection
from hub.ports.permissions import Combination, Inquiry, ListSummary, Permission

NOW = 1_000
TERMS = Terms("us", {"NWS1"}, {"TM1"})
ASKED = Inquiry(Combination("them", "JT1", "us", "TM1"), "SY1", "SY1", NOW, "NWS1")
LISTED = Permission(3, NOW, listed=True)


def test_what_all_permit_is_answered() -> None:
    assert objection(ASKED, LISTED, TERMS, NOW) is None


@pytest.mark.rule("R23", "R28")
@pytest.mark.parametrize(
    ("asked", "found", "code"),
    [
        (ASKED, None, "provision.no_list"),
        (ASKED, replace(LISTED, valid_until=NOW - 1), "provision.list_expired"),
        (ASKED, replace(LISTED, listed=False), "provision.not_listed"),
        (replace(ASKED, combination=replace(ASKED.combination, provider="others")), LISTED, "provision.not_ours"),
        (replace(ASKED, combination=replace(ASKED.combination, item="TM9")), LISTED, "provision.not_provided"),
        (replace(ASKED, licence_until=NOW - 1), LISTED, "provision.licence"),
        (replace(ASKED, licence_for="SY2"), LISTED, "provision.licence"),
        (replace(ASKED, route="NWS9"), LISTED, "provision.route"),
    ],
)
def test_r23_r28_each_reason_alone_is_enough(asked: Inquiry, found: Permission | None, code: str) -> None:
    assert objection(asked, found, TERMS, NOW) == code


def test_the_newest_list_that_has_begun_is_in_force_expired_or_not() -> None:
    old, ended, coming = ListSummary(1, 0, 5_000, 0, 1), ListSummary(2, 0, 10, 0, 1), ListSummary(3, 2_000, 9_000, 0, 1)

    assert in_force([coming, ended, old], NOW) == ended
    assert in_force([coming], NOW) is None
