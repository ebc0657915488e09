"""F10, F12, F15: inquiries through the intake stages, under the shipped configuration (R23, R24, R28)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from hub import pipeline
from hub.documents import parse
from hub.exchange import Exchange
from hub.message import Message
from hub.pipeline import Failed
from hub.sandbox import inquiries
from hub.sandbox.inquiries import CHILD_MEDICAL, INQUIRER, LONG_AGO, Inquiry, Question
from hub.store import SqlStore, migrate
from hub.support.judges import tried
from tests.audit import audit_key
from tests.unit.connectors.routed import REGISTRY
from tests.unit.stages.conftest import MESSAGE_ID

ASKED = Inquiry(9001, "700000000000101")


@pytest.fixture
def store(sqlite_url: str) -> Iterator[SqlStore]:
    migrate(sqlite_url)
    store = SqlStore(sqlite_url, "141305", audit_key)
    yield store
    store.close()


@pytest.fixture
def take(at_door, services, store):
    """A message of the intermediate server through the stages of intake."""

    def through(type: str, body: bytes, purpose: str) -> Exchange | Failed:
        door, sender = at_door(body, type=type, headers={"purpose": purpose}), type.partition(".")[0]
        moved = Exchange(f"intake.{sender}", sender, door.delivery, 0, trusted=False)
        hub = services(REGISTRY, store, store, size=100_000)
        return pipeline.run((*pipeline.OPEN, *pipeline.INTAKE), moved, hub)

    return through


@pytest.fixture
def ask(take):
    def through(inquiry: Inquiry) -> Exchange:
        done = take(inquiries.ASKED, inquiries.letter(inquiry), "network.provision")
        assert not isinstance(done, Failed), done.error
        return done

    return through


@pytest.fixture
def hand_over(take):
    def through(version: int, *inquirers: str) -> Exchange | Failed:
        return take(inquiries.LIST, inquiries.permission_list(version, inquirers), "network.permissions")

    return through


def leaving(exchange: Exchange) -> list[tuple[str, str]]:
    return [(output.queue, output.message.type) for output in exchange.outputs]


def test_what_is_permitted_goes_to_whoever_has_the_data(ask, hand_over) -> None:
    hand_over(1, INQUIRER)

    asked = ask(ASKED)

    assert leaving(asked) == [("delivery.integration_platform", "provision.request")]
    assert asked.denied is None


@pytest.mark.rule("R23", "R28")
@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"inquirer": "0027100000000000"}, "provision.not_listed"),
        ({"provider": "0014100000000000"}, "provision.not_ours"),
        ({"item": CHILD_MEDICAL}, "provision.not_provided"),
        ({"route": "NWS9"}, "provision.route"),
        ({"licence_until": LONG_AGO}, "provision.licence"),
        ({"licence_for": 9002}, "provision.licence"),
    ],
)
def test_r23_r28_what_is_not_permitted_is_told_no_and_why_is_noted(ask, hand_over, wrong, code: str) -> None:
    hand_over(1, INQUIRER)

    asked = ask(replace(ASKED, **wrong))

    assert leaving(asked) == [("delivery.intermediate_server", "provision.denied")]
    assert asked.denied == code
    # and the answer is the same whatever the reason
    (output,) = asked.outputs
    assert [node.text for node in parse(output.message.body, 10_000).tree.getroot()] == [ASKED.number]


@pytest.mark.rule("R23")
def test_r23_without_a_list_everything_is_told_no(ask) -> None:
    assert ask(ASKED).denied == "provision.no_list"


@pytest.mark.rule("R23")
def test_a_newer_list_takes_effect_for_the_next_inquiry(ask, hand_over) -> None:
    hand_over(1, INQUIRER)
    hand_over(2)
    assert ask(ASKED).denied == "provision.not_listed"

    hand_over(1, INQUIRER)  # again, late
    assert ask(ASKED).denied == "provision.not_listed"

    hand_over(3, INQUIRER)
    assert ask(ASKED).denied is None


def test_a_known_version_with_other_content_is_refused_and_changes_nothing(ask, hand_over) -> None:
    hand_over(1)

    failed = hand_over(1, INQUIRER)

    assert isinstance(failed, Failed)
    assert failed.error.code == "provision.conflict"
    assert ask(ASKED).denied == "provision.not_listed"


def test_the_server_is_told_which_list_is_held(hand_over) -> None:
    assert leaving(hand_over(7, INQUIRER)) == [("delivery.intermediate_server", "permission.list")]


@pytest.fixture
def question(take):
    def through(**changes: str) -> Exchange | Failed:
        asked = Question(7, "000000000000101", **changes)
        return take(inquiries.QUESTION, inquiries.question(asked), "child-medical.network-inquiry")

    return through


@pytest.mark.rule("R24")
@pytest.mark.parametrize("region", list(inquiries.ELSEWHERE))
def test_r24_what_the_list_names_is_asked_of_the_city_of_the_former_address(question, hand_over, region: str) -> None:
    hand_over(1)

    asked = question(region=region)

    assert leaving(asked) == [("delivery.integration_platform", "network.inquiry")]
    assert inquiries.ELSEWHERE[region].encode() in asked.outputs[0].message.body


@pytest.mark.rule("R24")
@pytest.mark.parametrize("wrong", [{"item": CHILD_MEDICAL}, {"region": "282219"}], ids=["another item", "another body"])
def test_r24_what_the_list_does_not_name_is_refused_at_once(question, hand_over, wrong) -> None:
    hand_over(1)

    failed = question(**wrong)

    assert isinstance(failed, Failed)
    assert failed.error.code == "inquiry.not_listed"


@pytest.mark.rule("R24")
def test_r24_without_a_list_nothing_is_asked(question) -> None:
    failed = question()

    assert isinstance(failed, Failed)
    assert failed.error.code == "inquiry.no_list"


def test_a_dry_run_decides_alike_and_keeps_no_list(services, store) -> None:
    """A dead inquiry that is not permitted today is not judged as one that would go; a judged list is not in force."""
    hub = services(REGISTRY, store, store, size=100_000)

    def judged(type: str, body: bytes, purpose: str) -> Exchange | Failed:
        source = type.partition(".")[0]
        message = Message(MESSAGE_ID, type, 1, source, MESSAGE_ID, body, purpose=purpose)
        return tried(f"intake.{source}", message, "digest", hub)

    judged(inquiries.LIST, inquiries.permission_list(1, [INQUIRER]), "network.permissions")
    asked = inquiries.question(Question(7, "000000000000101"))
    failed = judged(inquiries.QUESTION, asked, "child-medical.network-inquiry")

    assert store.permission_lists() == []
    assert isinstance(failed, Failed)
    assert failed.error.code == "inquiry.no_list"
