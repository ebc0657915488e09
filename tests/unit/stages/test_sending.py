"""Deliver and reply: the key stays the same, a doubtful send is asked about first, answers become messages."""

import time
from dataclasses import replace

import pytest

from hub.errors import Late
from hub.exchange import Exchange
from hub.message import Message
from hub.ports.connector import Reply, Wire
from hub.stages.deliver import deliver
from hub.stages.reply import reply
from tests.unit.stages.conftest import MESSAGE_ID, FakeConnector

MESSAGE = Message(MESSAGE_ID, "eligibility.registration", 1, "welfare", "corr", b"<x/>", purpose="p")
ANSWER = (Reply("pmh.registration_result", b"<r/>"), Reply("pmh.key_required", b"<k/>"))


@pytest.fixture
def ready(in_hub) -> Exchange:
    return replace(in_hub(MESSAGE), message=MESSAGE, wire=Wire("pmh.registration", b"[]", "application/json"))


def test_the_key_is_the_message_id_at_every_attempt(ready: Exchange, services) -> None:
    pmh = FakeConnector()

    deliver(ready, services(pmh=pmh))
    deliver(replace(ready, message=replace(MESSAGE, attempt=4, base=3)), services(pmh=pmh))

    assert [context.key for _, context in pmh.calls] == [MESSAGE_ID, MESSAGE_ID]


@pytest.mark.parametrize("idempotency", ["key", "none"])
def test_a_partner_that_cannot_be_asked_is_not_asked(ready: Exchange, services, idempotency: str) -> None:
    pmh = FakeConnector(idempotency)

    deliver(replace(ready, prior_in_doubt=True), services(pmh=pmh))

    assert [call for call, _ in pmh.calls] == ["send"]


def test_a_doubtful_send_that_took_effect_is_not_sent_again(ready: Exchange, services) -> None:
    pmh = FakeConnector("query", found=ANSWER)

    result = deliver(replace(ready, prior_in_doubt=True), services(pmh=pmh))

    assert [call for call, _ in pmh.calls] == ["query"]
    assert result.replies == ANSWER


def test_a_doubtful_send_that_took_effect_without_an_answer_is_not_sent_again(ready: Exchange, services) -> None:
    pmh = FakeConnector("query", found=())

    deliver(replace(ready, prior_in_doubt=True), services(pmh=pmh))

    assert [call for call, _ in pmh.calls] == ["query"]


def test_a_doubtful_send_that_never_arrived_is_sent(ready: Exchange, services) -> None:
    pmh = FakeConnector("query", found=None, answer=ANSWER)

    result = deliver(replace(ready, prior_in_doubt=True), services(pmh=pmh))

    assert [call for call, _ in pmh.calls] == ["query", "send"]
    assert result.replies == ANSWER


def test_a_first_send_asks_nobody(ready: Exchange, services) -> None:
    pmh = FakeConnector("query", found=ANSWER)

    deliver(ready, services(pmh=pmh))

    assert [call for call, _ in pmh.calls] == ["send"]


def test_answers_enter_through_the_hub_lane_with_derived_ids(ready: Exchange, services) -> None:
    hub = services(pmh=FakeConnector())

    outputs = reply(replace(ready, replies=ANSWER), hub).outputs

    assert [output.queue for output in outputs] == ["intake.pmh.hub"] * 2
    assert [output.message.type for output in outputs] == ["pmh.registration_result", "pmh.key_required"]
    for output, answer in zip(outputs, ANSWER, strict=True):
        message = output.message
        assert (message.source, message.correlation_id, message.causation_id) == ("pmh", "corr", MESSAGE_ID)
        assert (message.purpose, message.body, output.hop) == ("p", answer.document, "intake.pmh")
    assert outputs == reply(replace(ready, replies=ANSWER), hub).outputs
    assert len({output.message.message_id for output in outputs}) == 2


@pytest.mark.parametrize("doubt", [False, True], ids=["first send", "doubtful send"])
def test_who_stood_still_too_long_under_the_lease_neither_asks_nor_sends(
    ready: Exchange, services, doubt: bool
) -> None:
    pmh = FakeConnector("query")

    with pytest.raises(Late) as caught:
        deliver(replace(ready, send_by=time.monotonic() - 1, prior_in_doubt=doubt), services(pmh=pmh))

    assert caught.value.code == "deliver.late"
    assert pmh.calls == []


def test_in_time_it_sends(ready: Exchange, services) -> None:
    pmh = FakeConnector()

    deliver(replace(ready, send_by=time.monotonic() + 60), services(pmh=pmh))

    assert [call for call, _ in pmh.calls] == ["send"]
