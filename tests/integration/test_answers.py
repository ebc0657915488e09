"""Answers: a publisher reads in a queue of its own what became of what it sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub import answers
from hub.errors import Refused
from hub.ports.broker import Delivery, Subscription
from hub.ports.persons import PersonRef
from hub.support import fences
from hub.topology import answer_queue
from tests.engine import Engine, built, failing
from tests.integration.test_progress import about, disclosing


def hearing(root: Path) -> None:
    disclosing(root)
    with (root / "config/partners/office.toml").open("a", encoding="utf-8") as partner:
        partner.write("answers = true\n")


@pytest.fixture(params=["memory", "rabbit"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    yield from built(request, tmp_path / "home", monkeypatch, hearing)


class Ear:
    """What the office hears."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: Subscription = engine.app.broker.subscribe(answer_queue("office"), 100)
        self.got: list[Delivery] = []

    def hears(self, count: int) -> list[dict[str, Any]]:
        """The first `count` answers."""

        def heard() -> bool:
            taken = self._queue.take(100, 0.1)
            self._queue.ack([one.tag for one in taken])
            self.got += taken
            return len(self.got) >= count

        self._engine.await_(heard, f"{count} answers")
        found = [json.loads(one.body) for one in self.got]
        schema: Any = answers.SCHEMA  # what AsyncAPI says of it
        for one in found:
            assert set(schema["required"]) <= set(one) <= set(schema["properties"])
            assert one["state"] in schema["properties"]["state"]["enum"]
        return found


def test_accepted_and_delivered_with_the_id_it_was_published_under(engine: Engine) -> None:
    engine.run()
    sent = engine.publish(about(2))
    told = Ear(engine).hears(2)
    told.sort(key=lambda one: one["target"] or "")
    assert [(one["state"], one["target"]) for one in told] == [("accepted", None), ("delivered", "archive")]
    assert {one["published_as"] for one in told} == {sent}


def test_refused_with_code_rule_and_line_in_words_and_nothing_of_the_body(engine: Engine) -> None:
    engine.run()
    sent = engine.publish(about(3).replace(b"<sex>1", b"<sex>secret9"))
    ear = Ear(engine)
    (told,) = ear.hears(1)
    assert (told["published_as"], told["state"], told["code"], told["line"]) == (sent, "refused", "validate.schema", 6)
    assert "is not one of 1, 2" in told["rule"]
    assert told["title"]["ja"]
    assert told["next_step"]["en"]
    assert b"secret9" not in ear.got[0].body
    assert (ear.got[0].properties.correlation_id, ear.got[0].properties.type) == (sent, answers.TYPE)


def test_even_a_message_without_a_usable_id_is_answered(engine: Engine) -> None:
    engine.run()
    engine.publish(about(4), message_id="not a uuid")
    (told,) = Ear(engine).hears(1)
    assert (told["state"], told["code"]) == ("refused", "receive.id_format")


def test_dead_at_the_target_and_then_closed_by_staff(engine: Engine) -> None:
    engine.archive.behaviour = failing(Refused("deliver.rejected", "no"), 1)
    engine.run()
    sent = engine.publish(about(5))
    ear = Ear(engine)
    ear.hears(2)
    (letter,) = engine.dead()
    assert engine.app.store.discard(letter.id, "a clerk", "by telephone")

    told = ear.hears(3)

    assert told[-1]["state"] == "closed by staff"
    dead = next(one for one in told if one["state"] == "dead")
    assert (dead["published_as"], dead["target"], dead["code"]) == (sent, "archive", "deliver.rejected")


def test_what_is_held_is_in_review_and_nobody_learns_why(engine: Engine) -> None:
    person = PersonRef("subject", (engine.app.sealer.alias("addressee_number", f"{1:015d}"),))
    fences.close(engine.app.store, person, "", "domestic_violence", "a clerk")
    engine.run()
    engine.publish(about(1))
    ear = Ear(engine)
    told = ear.hears(2)
    held = next(one for one in told if one["target"] == "archive")
    assert held["state"] == "in review"
    assert {"code", "rule", "title", "next_step"}.isdisjoint(held)
    assert all(b"fence" not in one.body and b"protect" not in one.body for one in ear.got)


def test_an_answer_told_twice_has_the_same_id(engine: Engine) -> None:
    engine.run()
    engine.publish(about(6))
    ear = Ear(engine)
    ear.hears(2)
    ids = {one.properties.message_id for one in ear.got}
    assert len(ids) == 2
    # the same copy again is another fact, told under another id
    engine.publish(about(6), message_id=json.loads(ear.got[0].body)["published_as"])
    assert ear.hears(3)[-1]["state"] == "duplicate"
    assert len({one.properties.message_id for one in ear.got}) == 3


def test_who_does_not_want_to_hear_is_not_kept_waiting_for(engine: Engine) -> None:
    """The other partner of this home has no such queue."""
    engine.run()
    engine.publish(about(7))
    Ear(engine).hears(2)
    engine.await_(lambda: not engine.app.store.claim_answers(2**60, 2**61, 10), "nothing is due")
