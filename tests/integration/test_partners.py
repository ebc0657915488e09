"""Simulated partners as processes: each fails as told, keeps its books, and a restart loses nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import pytest
import urllib3

from hub.errors import InDoubt, Refused, RenkeiError, Retryable, Unavailable
from hub.ports.connector import Reply, SendContext
from hub.sandbox.launcher import Partner, launch, names, stop_all, wires
from hub.sandbox.partner_http import MODES
from tests.unit.connectors.routed import INQUIRIES, Sample, check, connector, routed

OVER_HTTP = [name for name in names() if wires(name) == ("http",)]
READ = 0.5  # seconds a partner has for its whole answer
# mode → what the hub's connector makes of it, and whether the request is in the ledger
BEFORE: dict[str, type[RenkeiError]] = {
    "400": Refused,
    "500": InDoubt,
    "503": Unavailable,
    "429": Retryable,
    "timeout": InDoubt,
    "reset": InDoubt,
}
AFTER = ("500_after", "timeout_after", "reset_after", "slow_drip", "slow_headers")
RECEIPTS = frozenset(
    {"eligibility_verification", "medical_institution"}
)  # their answers are checked and become no message
SPOILT = ("malformed", "invalid", "extra_field", "duplicate_reply")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Partner]]:
    partners = launch(OVER_HTTP, tmp_path_factory.mktemp("partners"))
    yield partners
    stop_all(partners.values())


@pytest.fixture(params=OVER_HTTP)
def partner(request: pytest.FixtureRequest, running: dict[str, Partner]) -> Iterator[Partner]:
    """Each partner in turn, in a good mood."""
    found = running[request.param]
    yield found
    found.reset_mode()


def sample_of(partner: Partner) -> Sample:
    """A request with an answer where the partner gives any."""
    return routed(partner.name)[-1]


def send(partner: Partner, context: SendContext, sample: Sample | None = None) -> list[Reply]:
    """Through the hub's connector; replies checked as the hub checks them."""
    one = sample or sample_of(partner)
    subject = connector(partner.name, partner.url, READ)
    try:
        return check(subject.send(subject.encode(one.operation, one.document), context))
    finally:
        subject.close()


def context() -> SendContext:
    return SendContext(str(uuid4()), str(uuid4()))


def entries(partner: Partner, key: str) -> list[dict[str, Any]]:
    return [entry for entry in partner.ledger() if entry["key"] == key]


def test_every_mode_is_tested_here() -> None:
    assert {*BEFORE, *AFTER, *SPOILT, "latency", "ok"} == MODES


@pytest.mark.parametrize("mode", BEFORE)
def test_failing_before_anything_happens(partner: Partner, mode: str) -> None:
    # Given a partner that fails once
    partner.mode(mode, times=1, retry_after=2)
    message = context()
    with pytest.raises(BEFORE[mode]) as caught:
        send(partner, message)
    if isinstance(caught.value, Retryable):
        assert caught.value.retry_after == 2
    # Then nothing arrived, and the next try is the first
    assert entries(partner, message.key) == []
    send(partner, message)
    assert [entry["status"] // 100 for entry in entries(partner, message.key)] == [2]


@pytest.mark.parametrize("mode", AFTER)
def test_failing_after_it_happened(partner: Partner, mode: str) -> None:
    partner.mode(mode, times=1)
    message = context()
    with pytest.raises(InDoubt):
        send(partner, message)
    # Then it is in the books, and sending it again changes nothing
    assert len(entries(partner, message.key)) == 1
    send(partner, message)
    first, second = entries(partner, message.key)
    assert (second["status"], second["effect"]) == (first["status"], False)


@pytest.mark.parametrize("mode", SPOILT)
def test_a_spoilt_answer_is_refused_whole(partner: Partner, mode: str) -> None:
    send(partner, context())  # the first one about somebody may ask for a key as well
    expected = send(partner, context())
    partner.mode(mode, times=1)
    message = context()
    if expected or partner.name in RECEIPTS:
        with pytest.raises(Refused) as caught:
            send(partner, message)
        assert "621498320257" not in str(caught.value)
    else:
        assert send(partner, message) == []  # nothing it says is listened to
    # Then the same request gets its good answer when the partner has found its mood again
    assert [reply.type for reply in send(partner, message)] == [reply.type for reply in expected]


def test_latency_is_waited_for(partner: Partner) -> None:
    partner.mode("latency", times=1, seconds=0.2)
    send(partner, context())


def test_a_mode_lasts_until_told_otherwise(partner: Partner) -> None:
    partner.mode("503")
    for _ in range(3):
        with pytest.raises(Unavailable):
            send(partner, context())
    partner.reset_mode()
    send(partner, context())


@pytest.mark.parametrize("wrong", ['{"mode":"dance"}', '{"mode":"503","times":"x"}', '{"moods":1}', "[]", "{"])
def test_a_mode_it_does_not_know_is_refused(partner: Partner, wrong: str) -> None:
    answer = urllib3.request("PUT", f"{partner.url}/mode", body=wrong, retries=False)
    assert answer.status == 400
    send(partner, context())


def test_the_ledger_shows_no_names_and_numbers(partner: Partner) -> None:
    message = context()
    sample = sample_of(partner)
    send(partner, message, sample)
    entry = entries(partner, message.key)[0]
    shown = str(entry | {"reason": ""})  # a code, which says nothing of anybody
    assert entry["reason"].isidentifier() or not entry["reason"]
    texts = {(element.text or "").strip() for element in ElementTree.fromstring(sample.document).iter()}  # noqa: S314 - a sample
    assert [text for text in texts if len(text) > 4 and text in shown] == []


def test_a_place_it_does_not_have_is_refused(partner: Partner) -> None:
    key = str(uuid4())
    headers = {"Idempotency-Key": key}
    answer = urllib3.request("POST", f"{partner.url}/nowhere", body=b"<a/>", headers=headers, retries=False)
    assert answer.status == 404
    assert [entry["effect"] for entry in entries(partner, key)] == [False]


def test_it_listens_on_loopback_only(partner: Partner) -> None:
    port = int(partner.url.rpartition(":")[2])
    listening = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if " 0A " in line]
    addresses = {place.partition(":")[0] for place in listening if int(place.partition(":")[2], 16) == port}
    assert addresses == {"0100007F"}


def test_what_is_laid_out_outlives_the_partner(tmp_path: Path) -> None:
    partners = launch(names()[:1], tmp_path)
    try:
        (partner,) = partners.values()
        partner.lay_out("thing-1", b"\x82\xa0")
        partner.kill()
        partner.start()
        assert partner.laid_out() == ["thing-1"]
        with pytest.raises(ValueError, match="plain name"):
            partner.lay_out("a/b", b"")
    finally:
        stop_all(partners.values())


@pytest.mark.parametrize("kind", OVER_HTTP)
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_restart_loses_nothing(kind: str, end: str, tmp_path: Path) -> None:
    # Given a partner with something in its books
    partners = launch([kind], tmp_path)
    partner = partners[kind]
    try:
        messages = [(sample, context()) for sample in routed(kind) if sample.operation not in INQUIRIES]
        replies = [send(partner, message, sample) for sample, message in messages]
        before = partner.ledger()
        # When it ends and comes back, on the same port
        url = partner.url
        getattr(partner, end)()
        partner.start()
        assert partner.url == url
        # Then its books are the same, and so is its answer to everything it has seen
        assert partner.ledger() == before
        assert [send(partner, message, sample) for sample, message in messages] == replies
        repeated = partner.ledger()[len(before) :]
        assert [entry["effect"] for entry in repeated] == [False] * len(messages)
    finally:
        stop_all(partners.values())
