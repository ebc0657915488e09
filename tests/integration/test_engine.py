"""The engine end to end: doors, hops, retries, order, doubt, replay; on the in-process broker and on RabbitMQ."""

import time
from collections.abc import Sequence
from uuid import uuid4

import pytest

from hub import envelope
from hub.errors import InDoubt, Pending, Refused, Retryable, Unavailable
from hub.ports.broker import KEPT_BYTES, Outgoing, PublishOutcome
from hub.ports.connector import Objection, Reply, SendContext, Wire
from hub.store.keys import Keys
from hub.support.reconcile import reconcile
from hub.support.replay import replay
from tests.engine import Engine, failing, note

INTAKE, ARCHIVE, DESK = "intake.office", "delivery.archive", "delivery.desk"


def receipts(wire: Wire, _context: SendContext) -> Sequence[Reply]:
    return (Reply("archive.receipt", wire.content.replace(b"archive.note", b"archive.receipt")),)


def test_a_message_travels_both_hops_and_its_reply_too(engine: Engine) -> None:
    engine.archive.behaviour = receipts
    engine.run()

    message_id = engine.publish(note())

    engine.await_ended(DESK, delivered=1)
    engine.await_ended(INTAKE, forwarded=1)
    assert "\U0010de92".encode() in next(iter(engine.desk.effects.values()))
    assert "葛󠄀".encode() in next(iter(engine.desk.effects.values()))
    hops = [(entry.hop, entry.outcome) for entry in engine.app.store.trace(message_id)]
    assert hops == [
        ("intake.office", "forwarded"),
        ("delivery.archive", "delivered"),
        ("intake.archive", "forwarded"),
        ("delivery.desk", "delivered"),
    ]
    assert reconcile(engine.app.store, engine.app.broker, engine.app.topology).matches


@pytest.mark.rule("R65")
def test_the_same_message_twice_has_one_effect(engine: Engine) -> None:
    engine.run()
    same = str(uuid4())

    engine.publish(note(), message_id=same)
    engine.await_ended(ARCHIVE, delivered=1)
    engine.publish(note(), message_id=same)

    engine.await_(lambda: [e.outcome for e in engine.app.store.trace(same)].count("duplicate") == 1)
    assert len(engine.archive.effects) == 1


def test_the_same_id_with_other_content_is_a_dead_letter_of_its_own(engine: Engine) -> None:
    engine.run()
    same = str(uuid4())

    engine.publish(note(1), message_id=same)
    engine.await_ended(ARCHIVE, delivered=1)
    for _ in range(2):
        engine.publish(note(2), message_id=same)
    engine.publish(note(3), message_id=same)

    engine.await_(lambda: len(engine.dead()) == 2)
    assert {letter.code for letter in engine.dead()} == {"receive.id_conflict"}
    assert len(engine.archive.effects) == 1


@pytest.mark.parametrize(
    ("body", "given", "code"),
    [
        (b"<note", {}, "validate.xml"),
        (b"\xff\xfe\x00", {}, "validate.xml"),
        (b'<!DOCTYPE note [<!ENTITY x "y">]><note/>', {}, "validate.xml"),
        (note(**{">1<": ">9<"}), {}, "validate.schema"),
        (note(**{"9018": "9012"}), {}, "validate.check_digit"),
        (note(), {"type": "office.unknown"}, "validate.type"),
        (note(), {"headers": {"purpose": "JT-1", "version": 7}}, "validate.version"),
        (note(type="note.kept"), {"type": "note.kept"}, "authorise.grant"),
        (note(), {"headers": {"purpose": "other"}}, "authorise.purpose"),
        (note(), {"headers": {}}, "authorise.purpose"),
        (note(), {"headers": {"purpose": 5}}, "receive.header"),
        (note(), {"message_id": None}, "receive.missing_id"),
        (note(), {"message_id": "123456789018"}, "receive.id_format"),
        (note() + b" " * (6 * 1024 * 1024), {}, "receive.too_large"),
    ],
)
def test_bad_input_is_one_coded_dead_letter_and_the_others_flow(
    engine: Engine, body: bytes, given: dict[str, object], code: str
) -> None:
    engine.run()

    engine.publish(body, **given)
    engine.publish(note(42))

    engine.await_ended(ARCHIVE, delivered=1)
    engine.await_(lambda: len(engine.dead()) == 1)
    letter = engine.dead()[0]
    assert (letter.code, letter.hop, letter.state) == (code, INTAKE, "open")
    assert letter.explanation
    assert "123456789" not in letter.explanation
    envelope, sealed = engine.app.store.dead_body(letter.id)
    kept = body[:KEPT_BYTES] if code == "receive.too_large" else body
    assert engine.app.sealer.open(letter.message_id, sealed) == kept
    assert "葛" not in envelope


def test_an_older_version_is_superseded_not_sent(engine: Engine) -> None:
    engine.run()

    engine.publish(note(version=2))
    engine.await_ended(ARCHIVE, delivered=1)
    engine.publish(note(version=1))

    engine.await_ended(ARCHIVE, delivered=1, superseded=1)
    assert len(engine.archive.effects) == 1


def test_the_same_version_with_other_content_is_a_conflict(engine: Engine) -> None:
    engine.run()

    engine.publish(note(version=2))
    engine.await_ended(ARCHIVE, delivered=1)
    engine.publish(note(version=2, **{">1<": ">2<"}))

    engine.await_(lambda: len(engine.dead()) == 1)
    assert (engine.dead()[0].code, engine.dead()[0].hop) == ("order.conflict", ARCHIVE)


def test_versions_of_one_record_never_go_backwards_however_many_are_in_flight(engine: Engine) -> None:
    engine.archive.behaviour = lambda _wire, _context: time.sleep(0.002) or ()
    versions = [7, 3, 9, 1, 8, 2, 10, 5, 4, 6]
    for version in versions:
        engine.publish(note(version=version))
    engine.run()

    engine.await_(lambda: sum(engine.ends(ARCHIVE).values()) == len(versions))
    applied = [int(wire.split(b"history_number>")[1].split(b"<")[0]) for wire in engine.archive.order]
    assert applied == sorted(applied)
    assert applied[-1] == 10


def test_transient_failures_are_retried_and_counted(engine: Engine) -> None:
    engine.archive.behaviour = failing(Retryable("deliver.error"), times=2)
    engine.run()

    message_id = engine.publish(note())

    engine.await_ended(ARCHIVE, delivered=1)
    attempts = [e.attempt for e in engine.app.store.trace(message_id) if e.hop == ARCHIVE]
    assert attempts == [1, 2, 3]


@pytest.mark.rule("R65")
def test_out_of_attempts_is_a_dead_letter_that_can_be_replayed_once(engine: Engine) -> None:
    engine.archive.behaviour = failing(Retryable("deliver.error"), times=3)
    engine.run()
    engine.publish(note())
    engine.await_(lambda: len(engine.dead()) == 1)
    letter = engine.dead()[0]
    assert letter.code == "deliver.exhausted"

    app = engine.app
    assert replay(app.store, app.broker, app.sealer, letter.id, "tester", "healed")
    assert not replay(app.store, app.broker, app.sealer, letter.id, "tester", "again")

    engine.await_ended(ARCHIVE, delivered=1)
    assert engine.dead(state="replayed")[0].closed_by == "tester"
    assert len(engine.archive.effects) == 1


def test_an_interrupted_replay_can_be_finished_and_has_one_effect(engine: Engine) -> None:
    engine.archive.behaviour = failing(Refused("deliver.rejected"), times=1)
    engine.run()
    engine.publish(note())
    engine.await_(lambda: len(engine.dead()) == 1)
    letter, app = engine.dead()[0], engine.app

    class Dying(type(app.broker)):  # type: ignore[misc]
        """Publishes, then dies before the replay can be marked."""

        def __init__(self) -> None:
            """Borrows the real one's connection."""

        def publish(self, batch, timeout=30.0):  # type: ignore[no-untyped-def]
            app.broker.publish(batch)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replay(app.store, Dying(), app.sealer, letter.id, "tester", "healed")
    engine.await_ended(ARCHIVE, delivered=1)
    assert engine.dead(state="replaying")[0].id == letter.id

    assert replay(app.store, app.broker, app.sealer, letter.id, "tester", "healed")
    engine.await_(lambda: len(engine.dead(state="replayed")) == 1)
    assert len(engine.archive.effects) == 1


def test_a_dead_letter_of_the_door_is_replayed_through_intake(engine: Engine) -> None:
    engine.run()
    engine.publish(note(), headers={"purpose": "JT-9"})
    engine.await_(lambda: len(engine.dead()) == 1)

    grants = engine.app.home.root / "config/grants/office.toml"
    grants.write_text(grants.read_text().replace('"JT-2"', '"JT-9"'))
    engine.stop()
    del engine.app.registry
    engine.run()
    app = engine.app
    assert replay(app.store, app.broker, app.sealer, engine.dead()[0].id, "tester", "granted")

    engine.await_ended(INTAKE, forwarded=1)
    engine.await_ended(ARCHIVE, delivered=1)


def test_what_only_the_sender_can_send_again_is_not_replayed(engine: Engine) -> None:
    engine.run()
    engine.publish(note(), message_id=None)
    engine.await_(lambda: len(engine.dead()) == 1)

    with pytest.raises(Refused) as refused:
        replay(engine.app.store, engine.app.broker, engine.app.sealer, engine.dead()[0].id, "tester", "x")

    assert refused.value.code == "replay.sender_only"


def test_a_discarded_dead_letter_ends_its_message(engine: Engine) -> None:
    engine.run()
    engine.publish(b"<x/>")
    engine.await_(lambda: len(engine.dead()) == 1)

    assert engine.app.store.discard(engine.dead()[0].id, "tester", "sent again")

    engine.await_ended(INTAKE, discarded=1)
    assert reconcile(engine.app.store, engine.app.broker, engine.app.topology).matches


def test_an_outage_costs_no_message_an_attempt(engine: Engine) -> None:
    engine.archive.behaviour = failing(Unavailable("deliver.unavailable"), times=3)
    engine.run()

    ids = [engine.publish(note(number)) for number in range(1, 21)]

    engine.await_ended(ARCHIVE, delivered=20)
    for message_id in ids:
        attempts = {e.attempt for e in engine.app.store.trace(message_id) if e.hop == ARCHIVE}
        assert attempts == {1}
    assert engine.app.store.circuit("archive").state == "closed"


def test_a_paused_connector_sends_nothing_until_resumed(engine: Engine) -> None:
    engine.app.store.set_paused("archive", "maintenance")
    engine.run()
    engine.publish(note())
    engine.await_ended(INTAKE, forwarded=1)
    assert engine.archive.sends == []

    engine.app.store.set_paused("archive", None)

    engine.await_ended(ARCHIVE, delivered=1)


def acted_then_silent(engine: Engine, wire: Wire, context: SendContext) -> Sequence[Reply]:
    first = context.key not in engine.archive.effects
    engine.archive.act(wire, context)
    if first:
        raise InDoubt("deliver.in_doubt", "no answer in time")
    return ()


@pytest.mark.parametrize(("idempotency", "sends", "asked"), [("key", 2, 0), ("query", 1, 1)])
def test_an_unanswered_send_is_resolved_as_the_connector_declares(
    engine: Engine, idempotency: str, sends: int, asked: int
) -> None:
    engine.archive.idempotency = idempotency
    engine.archive.behaviour = lambda wire, context: acted_then_silent(engine, wire, context)
    engine.run()

    engine.publish(note())

    engine.await_ended(ARCHIVE, delivered=1)
    assert (len(engine.archive.sends), len(engine.archive.asked)) == (sends, asked)
    assert len(engine.archive.effects) == 1


def test_an_unanswered_send_to_a_partner_that_cannot_be_asked_is_for_a_person(engine: Engine) -> None:
    engine.archive.idempotency = "none"
    engine.archive.behaviour = lambda wire, context: acted_then_silent(engine, wire, context)
    engine.run()

    engine.publish(note())

    engine.await_(lambda: len(engine.dead()) == 1)
    assert engine.dead()[0].code == "deliver.in_doubt"
    assert len(engine.archive.sends) == 1


@pytest.mark.rule("R33")
def test_a_result_that_is_not_there_yet_is_asked_for_and_never_requested_twice(engine: Engine) -> None:
    """R33. Given a partner that takes a request and has its result only at the fourth question
    When the process is restarted meanwhile
    Then it gets one request, and the result arrives
    """
    engine.archive.idempotency = "query"
    not_yet = [Pending()] * 3

    def take(wire: Wire, context: SendContext) -> Sequence[Reply]:
        engine.archive.act(wire, context)
        raise Pending

    def ask(wire: Wire, context: SendContext) -> Sequence[Reply] | None:
        engine.archive.asked.append(context.key)
        if not_yet:
            raise not_yet.pop()
        return receipts(wire, context)

    engine.archive.behaviour, engine.archive.query = take, ask  # type: ignore[method-assign]
    engine.run()
    message_id = engine.publish(note())
    engine.await_(lambda: engine.archive.asked, "it was asked for once")
    assert engine.stop() == 0

    engine.run()

    engine.await_ended("delivery.desk", delivered=1)
    assert (len(engine.archive.sends), len(engine.archive.asked)) == (1, 4)
    assert {e.attempt for e in engine.app.store.trace(message_id) if e.hop == ARCHIVE} == {1}


def test_a_message_whose_key_is_missing_for_a_time_is_replayed_as_what_it_was(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a message in a queue, and a key that cannot be found
    When it became a dead letter, the key is back, and a person replays it
    Then it arrives
    """
    engine.app.store.set_paused("archive", "maintenance")
    engine.run()
    engine.publish(note())
    engine.await_ended(INTAKE, forwarded=1)
    assert engine.stop() == 0
    engine.app.store.set_paused("archive", None)
    del engine.app.sealer  # it remembers keys
    with monkeypatch.context() as patched:
        patched.setattr(Keys, "key", lambda _self, _key_id: None)
        engine.run()
        engine.await_(lambda: len(engine.dead()) == 1, "it is kept")
        assert engine.stop() == 0
    (letter,) = engine.dead()
    assert (letter.code, letter.type, letter.source) == ("receive.unsealable", "note.kept", "office")

    engine.run()
    assert replay(engine.app.store, engine.app.broker, engine.app.sealer, letter.id, "tester", "the key is back")

    engine.await_ended(ARCHIVE, delivered=1)


def test_an_invalid_reply_is_rejected_whole(engine: Engine) -> None:
    engine.archive.behaviour = lambda wire, _context: (*receipts(wire, _context), Reply("archive.receipt", b"<extra/>"))
    engine.run()

    engine.publish(note())

    engine.await_(lambda: len(engine.dead()) == 1)
    assert engine.dead()[0].code == "reply.invalid"
    assert engine.ends(DESK) == {}


@pytest.mark.rule("R3")
def test_a_barred_identifier_never_leaves(engine: Engine) -> None:
    edge = engine.app.home.root / "config/edges/archive.toml"
    edge.write_text(edge.read_text().replace(', "individual_number"', ""))
    del engine.app.registry
    engine.run()

    engine.publish(note())

    engine.await_(lambda: len(engine.dead()) == 1)
    assert (engine.dead()[0].code, engine.archive.sends) == ("screen.identifier", [])


def test_a_bug_in_a_connector_is_a_dead_letter_not_a_loop(engine: Engine) -> None:
    def bug(_wire: Wire, _context: SendContext) -> Sequence[Reply]:
        raise RuntimeError("123456789018")

    engine.archive.behaviour = bug
    engine.run()

    engine.publish(note())

    engine.await_(lambda: len(engine.dead()) == 1)
    assert engine.dead()[0].code == "hub.internal"
    assert "123456789018" not in engine.dead()[0].explanation


@pytest.mark.rule("R65", "R66")
def test_a_restart_in_mid_flow_loses_and_doubles_nothing(engine: Engine) -> None:
    engine.archive.behaviour = receipts
    ids = [engine.publish(note(number)) for number in range(1, 201)]
    for _ in range(4):
        engine.run()
        engine.await_(lambda: engine.archive.sends)
        assert engine.stop() == 0
    engine.run()

    engine.await_ended(DESK, delivered=200)
    assert len(engine.archive.effects) == len(ids)
    assert len(engine.desk.effects) == len(ids)


def test_a_doubt_is_not_forgotten_when_the_partner_cannot_be_asked(engine: Engine) -> None:
    """Given a partner that acted, did not say so, and then cannot be asked
    When it is back
    Then it is asked, and has one effect
    """
    engine.archive.idempotency = "query"
    engine.archive.behaviour = lambda wire, context: acted_then_silent(engine, wire, context)
    ask, away = engine.archive.query, [Retryable("deliver.throttled", "status 429"), Unavailable("deliver.unavailable")]

    def query(wire: Wire, context: SendContext) -> Sequence[Reply] | None:
        if away:
            raise away.pop()
        return ask(wire, context)

    engine.archive.query = query  # type: ignore[method-assign]
    engine.run()

    engine.publish(note())

    engine.await_ended(ARCHIVE, delivered=1)
    assert len(engine.archive.sends) == 1


def test_a_replay_is_the_one_way_past_a_doubt_that_nobody_can_resolve(engine: Engine) -> None:
    """Given a partner that cannot be asked, and two copies of a message in the queue
    When the first copy is in doubt
    Then the second is not sent, and a replay is, once
    """
    engine.archive.idempotency = "none"
    engine.archive.behaviour = lambda wire, context: acted_then_silent(engine, wire, context)
    engine.publish(note())
    engine.run()
    engine.await_(lambda: len(engine.dead()) == 1)
    letter = engine.dead()[0]
    _copy_of(engine, letter.id)
    engine.await_(lambda: _outcomes(engine, letter.message_id).count("dead") >= 1)
    assert len(engine.archive.sends) == 1

    replay(engine.app.store, engine.app.broker, engine.app.sealer, letter.id, "tester", "the partner was asked")

    engine.await_ended(ARCHIVE, delivered=1)
    assert len(engine.archive.sends) == 2


def _copy_of(engine: Engine, dead_id: int) -> None:
    """Publish the message of a dead letter once more as it was, as a crash between publish and commit does."""
    text, sealed = engine.app.store.dead_body(dead_id)
    message, digest = envelope.from_json(text, b"")
    body = engine.app.sealer.open(message.message_id, sealed)
    fresh = engine.app.sealer.seal(message.message_id, body)
    copy = Outgoing("", "delivery.archive", fresh.ciphertext, envelope.properties(message, digest, fresh.key_id))
    assert engine.app.broker.publish([copy]) == [PublishOutcome.CONFIRMED]
    engine.await_(lambda: engine.app.broker.depth("delivery.archive") == 0)


def _outcomes(engine: Engine, message_id: str) -> list[str]:
    return [e.outcome for e in engine.app.store.trace(message_id) if e.hop == ARCHIVE]


def objecting(wire: Wire, context: SendContext) -> Sequence[Reply]:
    raise Objection("deliver.gap", "the partner expects number 6, this is 7", receipts(wire, context))


def test_a_refusal_that_says_something_is_a_dead_letter_and_what_it_says_goes_out(engine: Engine) -> None:
    engine.archive.behaviour = objecting
    engine.run()

    message_id = engine.publish(note())

    engine.await_ended(DESK, delivered=1)
    (letter,) = engine.dead()
    assert (letter.code, letter.hop, letter.stage) == ("deliver.gap", ARCHIVE, "deliver")
    assert letter.explanation == "the partner expects number 6, this is 7"
    hops = [(entry.hop, entry.outcome) for entry in engine.app.store.trace(message_id)]
    assert hops == [
        ("intake.office", "forwarded"),
        ("delivery.archive", "dead"),
        ("intake.archive", "forwarded"),
        ("delivery.desk", "delivered"),
    ]
    assert reconcile(engine.app.store, engine.app.broker, engine.app.topology).matches


def test_each_attempt_that_is_refused_is_heard_anew(engine: Engine) -> None:
    # Given a refusal that was heard
    engine.archive.behaviour = objecting
    engine.run()
    engine.publish(note())
    engine.await_ended(DESK, delivered=1)

    # When a person replays it too early, and once more when the partner takes it
    store, broker, sealer = engine.app.store, engine.app.broker, engine.app.sealer
    replay(store, broker, sealer, engine.dead()[0].id, "tester", "too early")
    engine.await_ended(DESK, delivered=2)
    engine.archive.behaviour = receipts
    replay(store, broker, sealer, engine.dead()[0].id, "tester", "healed")

    # Then all three answers went out, and nothing is left
    engine.await_ended(DESK, delivered=3)
    engine.await_ended(ARCHIVE, delivered=1)
    assert engine.dead() == []
    assert reconcile(store, broker, engine.app.topology).matches


def test_a_refusal_that_says_what_nobody_agreed_on_is_refused_whole(engine: Engine) -> None:
    def behave(_wire: Wire, _context: SendContext) -> Sequence[Reply]:
        raise Objection("deliver.gap", "the partner says so", [Reply("archive.receipt", b"<broken")])

    engine.archive.behaviour = behave
    engine.run()

    engine.publish(note())

    engine.await_(engine.dead)
    (letter,) = engine.dead()
    assert (letter.code, letter.stage) == ("reply.invalid", "check_reply")
    assert engine.desk.effects == {}
