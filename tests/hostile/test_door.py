"""Whatever stands in the properties of a message: it is believed for what it is, or refused with a code."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub import envelope
from hub.errors import Refused
from hub.ports.broker import Properties, dead_lettered_from
from hub.stages.receive import receive
from tests.hostile.damage import check
from tests.unit.stages.conftest import MESSAGE_ID

ODD = ("", "\n", "a\nb", "\x00", "\x1b[2J", "621498320257", "１", "a.b", "../x", "=1+1", "%s{0}", "a" * 70, MESSAGE_ID)
texts = st.one_of(st.sampled_from(ODD), st.text(max_size=20))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts, st.binary(max_size=10), st.datetimes()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=8,
)
NAMES = (
    *("purpose", "version", "traceparent", "cloudEvents:id", "cloudEvents:type", "x-death", "CC", "BCC"),
    *(f"renkei-{name}" for name in ("key", "digest", "version", "source", "causation", "purpose", "attempt", "base")),
    *(f"renkei-{name}" for name in ("waits", "polls", "sequenced", "withheld", "fault", "fault-detail")),
)
headers = st.dictionaries(st.one_of(st.sampled_from(NAMES), texts), values, max_size=8)
fields = st.one_of(st.none(), texts)
UNCHANGED = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@UNCHANGED
@given(
    given_=st.fixed_dictionaries(
        {}, optional={"message_id": fields, "correlation_id": fields, "type": fields, "headers": headers}
    )
)
def test_the_door_takes_ids_types_and_codes_or_refuses(at_door: Any, services: Any, given_: dict[str, Any]) -> None:
    try:
        message = receive(at_door(**given_), services()).known_message()
    except Refused as error:
        check(error)
        return
    # what is taken goes into logs, metrics, keys and file names
    known = (message.message_id, message.correlation_id, message.type, message.purpose or "", message.traceparent or "")
    assert all(text.isascii() and text.isprintable() for text in known)
    assert not any("621498320257" in text for text in known)
    assert 1 <= message.version <= 9999
    assert (message.source, message.attempt, message.base, message.withheld) == ("welfare", 1, 0, "")


@UNCHANGED
@given(given_=st.builds(Properties, fields, fields, fields, headers=headers))
def test_an_envelope_is_read_or_refused(given_: Properties) -> None:
    for read in (
        lambda: envelope.message(given_, b"<x/>"),
        lambda: envelope.key_and_digest(given_),
        lambda: envelope.fault(given_),
    ):
        try:
            read()
        except Refused as error:
            check(error)


@UNCHANGED
@given(given_=headers)
def test_where_a_message_died_is_a_queue_or_nothing(given_: dict[str, object]) -> None:
    assert isinstance(dead_lettered_from(given_), str | None)
