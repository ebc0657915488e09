"""Authenticate, authorise and route: who may come in, with what, and where it goes."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest

from hub.errors import Refused
from hub.exchange import Exchange
from hub.message import Message, output_id
from hub.stages.authenticate import authenticate
from hub.stages.authorise import authorise
from hub.stages.route import route
from tests.unit.stages.conftest import MESSAGE_ID

MESSAGE = Message(MESSAGE_ID, "resident.change", 1, "resident_registry", MESSAGE_ID, b"<x/>", purpose="p")


def test_a_stated_user_must_be_the_partner(at_door, services) -> None:
    with pytest.raises(Refused) as refused:
        authenticate(at_door(user_id="tax"), services())

    assert refused.value.code == "authenticate.sender"


@pytest.mark.parametrize("user_id", [None, "welfare"])
def test_the_partner_itself_or_no_stated_user_passes(at_door, services, user_id: str | None) -> None:
    exchange = at_door(user_id=user_id)

    assert authenticate(exchange, services()) is exchange


def test_the_hubs_own_user_passes_on_its_own_lanes(in_hub, services) -> None:
    exchange = in_hub(MESSAGE, queue="intake.resident_registry.hub")
    stated = replace(exchange.delivery, properties=replace(exchange.delivery.properties, user_id="renkei"))

    authenticate(replace(exchange, delivery=stated), services())


class OneGrant:
    """Grants resident.change for purpose p to resident_registry."""

    def granted(self, source: str, kind: str, purpose: str | None) -> None:
        if (source, kind) != ("resident_registry", "resident.change"):
            raise Refused("authorise.grant")
        if purpose != "p":
            raise Refused("authorise.purpose")


def received(at_door, message: Message) -> Exchange:
    return replace(at_door(), message=message, digest="d")


@pytest.mark.rule("R53", "R69")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"source": "tax"}, "authorise.grant"),
        ({"type": "welfare.eligibility"}, "authorise.grant"),
        ({"purpose": "q"}, "authorise.purpose"),
        ({"purpose": None}, "authorise.purpose"),
    ],
)
def test_no_grant_no_entry(at_door, services, change: dict[str, str], code: str) -> None:
    with pytest.raises(Refused) as refused:
        authorise(received(at_door, replace(MESSAGE, **change)), services(OneGrant()))

    assert refused.value.code == code


def test_a_granted_purpose_passes(at_door, services) -> None:
    exchange = received(at_door, MESSAGE)

    assert authorise(exchange, services(OneGrant())) is exchange


@dataclass
class Target:
    connector: str
    ordering: str = "none"
    each: bool = False


@dataclass
class Route:
    name: str
    targets: tuple[Target, ...]


class TwoRoutes:
    """resident.change goes by two routes to three connectors."""

    def routes(self, kind: str, version: int) -> tuple[Route, ...]:
        if (kind, version) != ("resident.change", 1):
            return ()
        return (Route("a", (Target("welfare"), Target("pmh"))), Route("b", (Target("tax"),)))

    def lane(self, kind: str, version: int, connector: str, document: object) -> str:
        assert (kind, version, type(document)) == ("resident.change", 1, Text)
        return f"delivery.{connector}"


CONTRACT = SimpleNamespace(items=None, due_within=None)


class Text:
    def serialise(self) -> bytes:
        return b"<canonical/>"


def test_each_target_gets_an_output_of_its_own_with_a_derived_id(at_door, services) -> None:
    exchange = replace(received(at_door, MESSAGE), document=Text(), contract=CONTRACT)

    outputs = route(exchange, services(TwoRoutes())).outputs

    assert [output.queue for output in outputs] == ["delivery.welfare", "delivery.pmh", "delivery.tax"]
    assert outputs[0].message.message_id == output_id("141305", "resident_registry", MESSAGE_ID, "a", "welfare")
    assert len({output.message.message_id for output in outputs}) == 3
    for output in outputs:
        assert output.message.body == b"<canonical/>"
        assert output.message.causation_id == MESSAGE_ID
        assert (output.message.purpose, output.message.attempt, output.digest) == ("p", 1, "d")


def test_routing_again_makes_the_same_ids(at_door, services) -> None:
    exchange = replace(received(at_door, MESSAGE), document=Text(), contract=CONTRACT)

    assert route(exchange, services(TwoRoutes())) == route(exchange, services(TwoRoutes()))


@pytest.mark.rule("R66")
def test_what_nobody_wants_is_refused_not_dropped(at_door, services) -> None:
    exchange = replace(received(at_door, replace(MESSAGE, version=2)), document=Text(), contract=CONTRACT)

    with pytest.raises(Refused) as refused:
        route(exchange, services(TwoRoutes()))

    assert refused.value.code == "route.none"
