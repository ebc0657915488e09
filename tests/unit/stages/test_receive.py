"""The door believes nothing; the hub's own lanes are sealed."""

from dataclasses import replace

import pytest

from hub.errors import Refused
from hub.message import Message
from hub.stages.receive import receive
from tests.unit.stages.conftest import MESSAGE_ID

OTHER_ID = "22222222-2222-4222-8222-222222222222"


def test_a_message_of_the_door_takes_its_ids_from_the_properties(at_door, services) -> None:
    exchange = at_door(correlation_id=OTHER_ID, headers={"version": 2, "purpose": "p.q"})

    message = receive(exchange, services()).known_message()

    assert (message.message_id, message.correlation_id) == (MESSAGE_ID, OTHER_ID)
    assert (message.type, message.version, message.purpose) == ("welfare.eligibility", 2, "p.q")
    assert message.source == "welfare"


@pytest.mark.parametrize("prefix", ["cloudEvents:", "cloudEvents_"])
def test_cloudevents_headers_serve_clients_that_cannot_set_properties(at_door, services, prefix: str) -> None:
    headers = {f"{prefix}id": OTHER_ID, f"{prefix}type": "welfare.eligibility"}

    message = receive(at_door(message_id=None, type=None, headers=headers), services()).known_message()

    assert (message.message_id, message.type) == (OTHER_ID, "welfare.eligibility")


def test_a_partners_own_hub_headers_are_not_believed(at_door, services) -> None:
    forged = {
        "renkei-attempt": 99,
        "renkei-source": "pmh",
        "renkei-key": "k",
        "renkei-digest": "d",
        "x-death": [],
    }

    exchange = receive(at_door(headers=forged), services())

    assert exchange.known_message().attempt == 1
    assert exchange.known_message().source == "welfare"
    assert exchange.digest != "d"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"message_id": None}, "receive.missing_id"),
        ({"message_id": ""}, "receive.missing_id"),
        ({"message_id": "123456789018"}, "receive.id_format"),
        ({"message_id": MESSAGE_ID.upper().replace("1", "A")}, "receive.id_format"),
        ({"type": None}, "receive.header"),
        ({"type": "123456789018"}, "receive.header"),
        ({"type": "a." + "b" * 80}, "receive.header"),
        ({"correlation_id": "123456789018"}, "receive.header"),
        ({"headers": {"version": "1"}}, "receive.header"),
        ({"headers": {"version": True}}, "receive.header"),
        ({"headers": {"version": 0}}, "receive.header"),
        ({"headers": {"version": 2**40}}, "receive.header"),
        ({"headers": {"purpose": 5}}, "receive.header"),
        ({"headers": {"purpose": "氏名"}}, "receive.header"),
        ({"headers": {"cloudEvents:id": 7}, "message_id": None}, "receive.header"),
        ({"headers": {"cloudEvents_id": 7}, "message_id": None}, "receive.header"),
    ],
)
def test_what_the_door_refuses(at_door, services, given: dict[str, object], code: str) -> None:
    with pytest.raises(Refused) as refused:
        receive(at_door(**given), services())

    assert refused.value.code == code
    assert "123456789018" not in str(refused.value)


def test_the_size_limit_counts_bytes(at_door, services) -> None:
    receive(at_door(body=b"x" * 1000), services())
    with pytest.raises(Refused) as refused:
        receive(at_door(body=b"x" * 1001), services())

    assert refused.value.code == "receive.too_large"


def test_a_malformed_traceparent_is_dropped_not_refused(at_door, services) -> None:
    good = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"

    assert receive(at_door(headers={"traceparent": good}), services()).known_message().traceparent == good
    begun = "00-" + MESSAGE_ID.replace("-", "") + "-" + MESSAGE_ID.replace("-", "")[-16:] + "-01"
    zeros, wrong = f"00-{'0' * 32}-{'1' * 16}-01", f"ff-{'1' * 32}-{'1' * 16}-01"
    for bad in ("x", zeros, wrong, 7):
        assert receive(at_door(headers={"traceparent": bad}), services()).known_message().traceparent == begun


def test_the_same_bytes_as_another_type_are_other_content(at_door, services) -> None:
    hub = services()

    assert receive(at_door(), hub).digest != receive(at_door(type="welfare.person_number"), hub).digest
    assert receive(at_door(), hub).digest == receive(at_door(), hub).digest


def test_a_sealed_message_comes_back_whole(in_hub, services) -> None:
    message = Message(
        MESSAGE_ID, "resident.change", 1, "resident_registry", OTHER_ID, b"body", OTHER_ID, "p", 3, 2, 1, 4, True
    )

    received = receive(in_hub(message), services())

    assert received.known_message() == message
    assert received.digest == "d"


def test_a_sealed_body_under_another_id_cannot_be_opened(in_hub, services) -> None:
    exchange = in_hub(Message(MESSAGE_ID, "resident.change", 1, "resident_registry", OTHER_ID, b"body"))
    moved = replace(exchange.delivery.properties, message_id=OTHER_ID)

    with pytest.raises(Refused) as refused:
        receive(replace(exchange, delivery=replace(exchange.delivery, properties=moved)), services())

    assert refused.value.code == "receive.unsealable"


@pytest.mark.parametrize("header", ["renkei-key", "renkei-digest"])
def test_a_hub_lane_takes_nothing_unsealed(in_hub, services, header: str) -> None:
    exchange = in_hub(Message(MESSAGE_ID, "resident.change", 1, "resident_registry", OTHER_ID, b"body"))
    headers = {k: v for k, v in exchange.delivery.properties.headers.items() if k != header}
    bare = replace(exchange.delivery, properties=replace(exchange.delivery.properties, headers=headers))

    with pytest.raises(Refused) as refused:
        receive(replace(exchange, delivery=bare), services())

    assert refused.value.code == "receive.header"
