"""Whatever arrives at a door becomes one dead letter with a code and words to act on; the sender's others flow on.

`test_engine.py` has one case of each code; here is what a hostile or broken sender can do beyond, all of it at once.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pika
import pytest
from pika.adapters.blocking_connection import BlockingConnection
from typer.testing import CliRunner

from hub.cli.main import cli
from hub.client import Publication
from hub.codes import CODES
from hub.ports.store import DeadLetter
from hub.sandbox.city import City
from hub.sandbox.flows.resident_change import PURPOSE, SENDER, TYPE
from hub.sandbox.letters import resident_change
from hub.sandbox.process import wait_until
from hub.support.reconcile import reconcile
from hub.topology import INTAKE_EXCHANGE
from tests.engine import Engine, note
from tests.hostile.bombs import bombs, document
from tests.installation import Installation
from tests.nodes import RabbitVhost

INTAKE, ARCHIVE = "intake.office", "delivery.archive"
DEEP = b"<n>" * 5_000 + b"</n>" * 5_000
LAUGHS = b'<?xml version="1.0"?><!DOCTYPE n [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><n>&b;</n>'
FORGED = {
    "purpose": "JT-1",
    "renkei-key": "00000000-0000-4000-8000-000000000000",
    "renkei-digest": "0" * 64,
    "renkei-source": "archive",
    "renkei-attempt": 99,
    "renkei-base": 98,
    "renkei-waits": 999,
    "renkei-version": 7,
    "x-delivery-count": 19,
    "x-first-death-queue": "delivery.archive",
    "x-death": [{"queue": "delivery.archive", "reason": "delivery_limit", "exchange": "", "count": 999}],
}  # fmt: skip


HIDDEN_PURPOSE = {name: value for name, value in FORGED.items() if name != "purpose"} | {"renkei-purpose": "JT-1"}
FULL_WIDTH = "０" * 13 + "１"


@dataclass(frozen=True)
class Bad:
    """A message as `Engine.publish` takes it, the code it must end under, and words its explanation must have."""

    what: str
    code: str
    words: str
    body: bytes = b""
    given: dict[str, object] | None = None


def bad(what: str, code: str, words: str, body: bytes | None = None, **given: object) -> Bad:
    return Bad(what, code, words, note() if body is None else body, given)


CASES = [
    bad("nothing", "validate.xml", "does not begin with an element", b""),
    bad("text", "validate.xml", "does not begin with an element", "氏名".encode()),
    bad("a document that ends early", "validate.xml", "before all elements are closed", note()[:-9]),
    bad("two documents in one", "validate.xml", "after the end of the root element", note() + note()),
    bad("deep nesting", "validate.xml", "nested too deeply", DEEP),
    bad("a billion laughs", "validate.xml", "DOCTYPE is not allowed", LAUGHS),
    bad("an external entity", "validate.xml", "DOCTYPE", b'<!DOCTYPE n SYSTEM "file:///etc/passwd"><n/>'),
    bad("an undeclared entity", "validate.xml", "undeclared entity", note().replace(b"<sex>1", b"<sex>&one;")),
    bad("UTF-16 with a byte order mark", "validate.xml", "not UTF-8", note().decode().encode("utf-16")),
    bad("UTF-16 that says so", "validate.xml", "not UTF-8", b'<?xml version="1.0" encoding="UTF-16"?>' + note()),
    bad("Shift JIS", "validate.xml", "not UTF-8 (byte", note().replace(b"</name>", b"\x8e\x52</name>")),
    bad("half a character", "validate.xml", "not UTF-8 (byte", note().replace(b"</name>", b"\xf4\x8d</name>")),
    bad("a NUL", "validate.xml", "character XML does not allow", note().replace(b"<sex>1", b"<sex>\x00")),
    bad("5000 attributes", "validate.xml", "attributes", b"<n %s/>" % b" ".join(b'a%d="=" ' % n for n in range(5_000))),
    bad("a strange element", "validate.schema", "an unknown element in line 3", note(individual_number="stranger")),
    bad("another root", "validate.schema", "root element is not", b"<envelope/>"),
    bad("another namespace", "validate.schema", "root element is not", note(type="archive.note")),
    bad("a missing field", "validate.schema", "sex", note(**{"<sex>1</sex>": ""})),
    bad("full-width digits", "validate.schema", "addressee_number", note(**{"00000000000001": FULL_WIDTH})),
    bad("a type in capitals", "receive.header", "lower-case words", type="Office.Note"),
    bad("a type of digits", "receive.header", "lower-case words", type="123456789018.x"),
    bad("no type", "receive.header", "type property", type=None),
    bad("a type of the hub's own", "authorise.grant", "has no grant", note(type="note.kept"), type="note.kept"),
    bad("an id in capitals", "receive.id_format", "UUID in lower case", message_id=str(uuid4()).upper()),
    bad("an id with words around it", "receive.id_format", "UUID in lower case", message_id=f"urn:uuid:{uuid4()}"),
    bad("an empty id", "receive.missing_id", "message_id", message_id=""),
    bad("a correlation id that names a person", "receive.header", "correlation_id", correlation_id="123456789018"),
    bad("a version in words", "receive.header", "header version", headers={"purpose": "JT-1", "version": "1"}),
    bad("a version beyond all", "receive.header", "header version", headers={"purpose": "JT-1", "version": 2**40}),
    bad("a purpose that is a list", "receive.header", "header purpose", headers={"purpose": ["JT-1"]}),
    bad("a purpose with a name", "receive.header", "purpose must be a code", headers={"purpose": "葛城 四子"}),
    bad("an id as a number", "receive.header", "cloudEvents:id", message_id=None, headers={"cloudEvents:id": 5}),
    bad("a purpose where the hub writes it", "authorise.purpose", "no purpose", headers=HIDDEN_PURPOSE),
]  # fmt: skip

VALUES = ("123456789", "葛", "四", "passwd", "etc/", "envelope", "aaaa")


def balanced(engine: Engine) -> bool:
    return reconcile(engine.app.store, engine.app.broker, engine.app.topology).matches


def show(engine: Engine, letter: DeadLetter, *options: str) -> str:
    """`renkei dead show`, in this process: the home is the engine's."""
    arguments = ["--home", str(engine.app.home.root), "--log-level", "error", "dead", "show", str(letter.id), *options]
    result = CliRunner().invoke(cli, arguments, env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.rule("R66")
def test_all_of_it_at_once_is_one_dead_letter_each_and_the_good_ones_flow(engine: Engine) -> None:
    # Given: bad messages with a good one before and after each
    good = [engine.publish(note(1000))]
    sent: dict[str, Bad] = {}
    for number, case in enumerate(CASES):
        given = {"correlation_id": str(uuid4())} | (case.given or {})
        engine.publish(case.body, **given)
        sent[case.what] = case
        good.append(engine.publish(note(1001 + number)))

    # When
    engine.run()
    engine.await_ended(ARCHIVE, delivered=len(good))
    engine.await_(lambda: len(engine.dead(state=None)) == len(CASES), "a dead letter each")

    # Then: every one is there under its code, with words that name field or rule and no value
    left = list(engine.dead(state=None))
    for case in sorted(CASES, key=lambda case: -len(case.words)):  # the most particular words first
        found = next((one for one in left if one.code == case.code and case.words in one.explanation), None)
        assert found is not None, f"{case.what}: {case.code} {case.words}\n" + "\n".join(map(str, left))
        left.remove(found)
        assert (found.hop, found.source, found.state) == (INTAKE, "office", "open")
        assert not any(value in found.explanation for value in VALUES), case.what
        assert len(found.explanation) < 300, case.what
    assert left == []

    # And: the good ones are through, once each; nothing comes again; the books match
    assert len(engine.archive.effects) == len(engine.archive.sends) == len(good)
    assert engine.ends(INTAKE) == {"forwarded": len(good)}
    engine.await_(lambda: engine.app.broker.depth("intake.office") == 0)
    assert balanced(engine)


@pytest.mark.parametrize("code", sorted({case.code for case in CASES} | {"receive.too_large", "receive.id_conflict"}))
def test_the_card_of_a_dead_letter_tells_who_acts_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    # Given
    engine = Engine(tmp_path, monkeypatch)
    engine.run()
    same = str(uuid4())
    if code == "receive.id_conflict":
        engine.publish(note(1), message_id=same)
        engine.publish(note(2), message_id=same)
    elif code == "receive.too_large":
        engine.publish(b" " * 5_000_000)
    else:
        case = next(case for case in CASES if case.code == code)
        engine.publish(case.body, **case.given or {})
    engine.await_(lambda: len(engine.dead()) == 1)
    letter = engine.dead()[0]
    assert letter.code == code

    # When
    text, record = show(engine, letter), json.loads(show(engine, letter, "--json"))
    engine.close()

    # Then: in both languages, with the code and the explanation, and nothing of the body
    card = CODES[code]
    for words in (card.title, card.title_ja, card.next_step, card.next_step_ja, code, letter.explanation, card.actor):
        assert re.sub(r"\s", "", words) in re.sub(r"\s", "", text)
    assert record["card"]["next_step"] == card.next_step
    assert record["explanation"] == letter.explanation
    assert not any(value in text for value in VALUES)


def test_forged_hub_and_broker_headers_change_nothing(engine: Engine) -> None:
    # When: a good message with headers that claim it was tried often, is someone else's, and has died before
    message_id = engine.publish(note(), headers=FORGED)
    engine.run()

    # Then: it is taken for what it is
    engine.await_ended(ARCHIVE, delivered=1)
    entries = engine.app.store.trace(message_id)
    assert [(entry.hop, entry.attempt, entry.source) for entry in entries] == [
        (INTAKE, 1, "office"),
        (ARCHIVE, 1, "office"),
    ]
    assert engine.dead(state=None) == []
    assert balanced(engine)


def test_a_body_sealed_by_somebody_else_does_not_enter_by_the_door(engine: Engine) -> None:
    # Given: a message that looks like one of the hub's own, sealed with the hub's own key
    sealed = engine.app.sealer.seal(same := str(uuid4()), note())
    headers = {**FORGED, "renkei-key": sealed.key_id}

    # When
    engine.publish(sealed.ciphertext, message_id=same, headers=headers, content_type="application/vnd.renkei.sealed")
    engine.run()

    # Then
    engine.await_(lambda: len(engine.dead()) == 1)
    assert engine.dead()[0].code == "validate.xml"


@pytest.mark.parametrize("bad_first", [False, True])
def test_an_id_used_again_with_other_content_is_a_dead_letter_whatever_the_contents_are(
    engine: Engine, bad_first: bool
) -> None:
    # Given: one id for a good message, one of another schema, one with a bad header and one that is no XML
    same = str(uuid4())
    messages: list[Callable[[], object]] = [
        lambda: engine.publish(note(1), message_id=same),
        lambda: engine.publish(note(**{"<sex>1</sex>": ""}), message_id=same),
        lambda: engine.publish(note(2), message_id=same, headers={"purpose": 5}),
        lambda: engine.publish(b"<x", message_id=same),
    ]
    if bad_first:
        messages.reverse()
    for publish in messages:
        publish()

    # When
    engine.run()

    # Then: each is accounted for, the first under the id, the others under ids of their own
    effects = 0 if bad_first else 1
    engine.await_(lambda: len(engine.dead()) == len(messages) - effects, "a dead letter each")
    if not bad_first:
        engine.await_ended(ARCHIVE, delivered=1)
    codes = [letter.code for letter in engine.dead()]
    assert codes.count("receive.id_conflict") == len(messages) - 1
    assert len({letter.message_id for letter in engine.dead()}) == len(messages) - effects
    assert balanced(engine)


@pytest.mark.parametrize("given", [{"message_id": None}, {"message_id": "no-uuid"}, {"headers": {"purpose": 5}}, {}])
def test_a_bad_message_delivered_again_is_the_same_dead_letter(engine: Engine, given: dict[str, object]) -> None:
    # Given: the process died between commit and ack, so that the broker delivers it again
    same = str(uuid4())
    for _ in range(3):
        engine.publish(b"<x", **{"message_id": same, **given})
    engine.run()
    engine.publish(note())

    # When, Then
    engine.await_ended(ARCHIVE, delivered=1)
    engine.await_(lambda: engine.app.broker.depth("intake.office") == 0)
    assert len(engine.dead(state=None)) == 1
    assert balanced(engine)


# --- what only a client of its own making can send ---


class Crafted(pika.BasicProperties):
    """Properties whose table of headers is given as bytes."""

    table = b""

    def encode(self) -> list[bytes]:
        pieces = super().encode()
        flags, rest = pieces[0], pieces[1:]
        with_headers = struct.unpack(">H", flags)[0] | pika.BasicProperties.FLAG_HEADERS
        assert not self.content_type and not self.content_encoding  # they would stand before the headers
        return [struct.pack(">H", with_headers), struct.pack(">I", len(self.table)), self.table, *rest]


def entry(name: str, kind: bytes, value: bytes) -> bytes:
    return bytes([len(name)]) + name.encode() + kind + value


def nested(depth: int) -> bytes:
    table = b""
    for _ in range(depth):
        table = entry("n", b"F", struct.pack(">I", len(table)) + table)
    return table


PURPOSE_ENTRY = entry("purpose", b"S", struct.pack(">I", 4) + b"JT-1")
TABLES = {
    "a date beyond all calendars": entry("when", b"T", struct.pack(">Q", 2**63 - 1)),
    "tables nested a thousand times": nested(1_000),
    "a name that is not UTF-8": b"\x02\xff\xfe" + b"S" + struct.pack(">I", 1) + b"x",
    "text that is not UTF-8": entry("purpose", b"S", struct.pack(">I", 2) + b"\xff\xfe"),
    "a purpose of bytes": entry("purpose", b"x", struct.pack(">I", 4) + b"JT-1"),
    "a version as a decimal": PURPOSE_ENTRY + entry("version", b"D", b"\x02" + struct.pack(">i", 100)),
    "a purpose of nothing": entry("purpose", b"V", b""),
    "ten thousand headers": b"".join(entry(f"x{number}", b"V", b"") for number in range(10_000)),
    "a header of a hundred thousand characters": entry("x", b"S", struct.pack(">I", 100_000) + b"x" * 100_000),
    "a purpose said twice": entry("purpose", b"I", struct.pack(">i", 7)) + PURPOSE_ENTRY + entry("purpose", b"V", b""),
}


class Door:
    """The engine on RabbitMQ, and a publisher of crafted headers."""

    def __init__(self, engine: Engine, vhost: RabbitVhost) -> None:
        self.engine, self.vhost = engine, vhost
        self.connection = BlockingConnection(pika.URLParameters(vhost.amqp_url))
        self.channel = self.connection.channel()
        self.channel.confirm_delivery()

    def publish(self, table: bytes, body: bytes) -> None:
        crafted = Crafted(delivery_mode=2, type="office.note", message_id=str(uuid4()))
        crafted.table = table
        self.channel.basic_publish(INTAKE_EXCHANGE, "office.office.note", body, crafted, mandatory=True)

    def reject_once(self, queue: str) -> bool:
        """Take a message and give it back, which counts as a delivery; False when there was none."""
        method = self.channel.basic_get(queue)[0]
        if method is not None:
            self.channel.basic_reject(method.delivery_tag)
        return method is not None

    def policy(self, queue: str) -> object:
        """The name of the policy the queue goes by."""
        return self.vhost.management.call("GET", "queues", self.vhost.vhost, queue).get("policy")


@pytest.fixture
def door(rabbit_vhost: RabbitVhost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    made = Door(Engine(tmp_path, monkeypatch, rabbit_vhost.amqp_url), rabbit_vhost)
    yield made
    made.connection.close()
    made.engine.close()


def test_headers_no_client_library_makes_are_dead_letters_and_the_others_flow(door: Door) -> None:
    # Given
    engine = door.engine
    for number, table in enumerate(TABLES.values()):
        door.publish(table, note(100 + number))
        engine.publish(note(200 + number))

    # When
    engine.run()

    # Then: each is one dead letter of the door, and none ends the connection
    engine.await_ended(ARCHIVE, delivered=len(TABLES))
    engine.await_(lambda: len(engine.dead(state=None)) == len(TABLES))
    codes = [letter.code for letter in engine.dead(state=None)]
    assert set(codes) <= {"receive.header", "authorise.purpose"}, codes
    assert [letter for letter in engine.dead(state=None) if not letter.explanation] == []
    assert balanced(engine)


def test_a_forged_history_does_not_tell_where_a_message_died(door: Door) -> None:
    # Given: a door whose delivery limit is passed by a message with a forged history
    engine, vhost = door.engine, door.vhost
    definition = dict(engine.app.topology.policy_of("intake.office")) | {"delivery-limit": 0}
    body = {"pattern": r"^intake\.office$", "definition": definition, "apply-to": "queues", "priority": 99}
    vhost.management.call("PUT", "policies", vhost.vhost, "strict", body=body)
    engine.await_(lambda: door.policy("intake.office") == "strict")
    message_id = engine.publish(note(), headers=FORGED)
    engine.await_(lambda: door.reject_once("intake.office"))

    # When
    engine.run()

    # Then: it is a dead letter of the door it came in by, with its attempt counted by the hub alone
    engine.await_(lambda: len(engine.dead()) == 1)
    letter = engine.dead()[0]
    assert (letter.code, letter.hop, letter.source) == ("broker.dead_lettered", INTAKE, "office")
    assert (letter.message_id, letter.attempt) == (message_id, 1)


# --- size ---


@pytest.mark.slow
def test_huge_bodies_are_dead_letters_and_do_not_fill_the_memory(installed: Installation) -> None:
    # Given: a hub that has taken in a message
    installed.init()
    installed.apply()
    process = installed.run()
    changes = City(seed=1, persons=20).changes()
    letters = [Publication(TYPE, resident_change(next(changes)), PURPOSE) for _ in range(2)]
    installed.publish(SENDER, letters[:1])
    hop = f"intake.{SENDER}"

    def accepted(count: int) -> bool:
        return sum(one.accepted for one in installed.app.store.balances() if one.hop == hop) == count

    wait_until(lambda: accepted(1), "taken in", 30)
    before = process.peak_bytes()

    # When: eight of 50 MB, 400 MB in all, and a small one behind them
    huge = [Publication(TYPE, bytes([65 + number]) * 50_000_000, PURPOSE) for number in range(8)]
    for one in huge:
        installed.publish(SENDER, [one])
    installed.publish(SENDER, letters[1:])
    wait_until(lambda: accepted(10), "all are taken in", 60)

    # Then
    found = installed.json("dead", "list")
    assert [letter["code"] for letter in found] == ["receive.too_large"] * 8
    assert {letter["message_id"] for letter in found} == {one.message_id for one in huge}
    assert found[0]["explanation"] == "50000000 bytes, the limit is 4194304; its first 65536 are kept"
    assert process.peak_bytes() - before < 60_000_000
    assert process.stop() == 0
    assert installed.json("reconcile")["matches"]


@pytest.mark.slow
@pytest.mark.rule("R66")
def test_bombs_through_the_door_are_dead_letters_of_a_process_that_goes_on(installed: Installation) -> None:
    """Given a hub process. When documents that cost much come in, as large as they may be, with good ones between
    Then each is one dead letter with a code, the good ones are taken in, and it is the same process still.
    """
    installed.init()
    installed.apply()
    process = installed.run("--role", "intake")
    changes = City(seed=1, persons=20).changes()
    hop = f"intake.{SENDER}"
    wicked = [body for _name, reader, body in bombs() if reader is document and body]

    for body in wicked:
        installed.publish(SENDER, [Publication(TYPE, body, PURPOSE)])
        installed.publish(SENDER, [Publication(TYPE, resident_change(next(changes)), PURPOSE)])

    def taken_in() -> bool:
        return sum(one.accepted for one in installed.app.store.balances() if one.hop == hop) == 2 * len(wicked)

    process.await_(taken_in, "all are taken in", 240)
    found = installed.json("dead", "list", "--limit", "1000")
    assert len(found) == len(wicked)
    assert {letter["code"] for letter in found} == {"validate.xml", "validate.schema"}
    assert process.peak_bytes() < 2_000_000_000  # all of them may be in hand at once, whole, parsed and sealed
    assert process.stop() == 0
    assert installed.json("reconcile")["matches"]
