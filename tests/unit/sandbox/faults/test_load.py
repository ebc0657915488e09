"""Steady load: what was not confirmed is published again under its id; the list holds what was confirmed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hub.client import Publication
from hub.errors import BrokerUnavailable
from hub.sandbox.city import City
from hub.sandbox.faults.load import Load, grounded
from hub.sandbox.flows import FLOWS
from hub.sandbox.process import wait_until
from tests.unit.sandbox.perfect_run import PerfectHub

FAST = 1000.0
LONG = 20.0


class UnsteadyHub(PerfectHub):
    """Every second publish fails after the broker has taken the messages."""

    def __init__(self) -> None:
        super().__init__({})
        self.copies: Counter[str] = Counter()
        self._calls = 0

    def publish(self, partner: str, publications: Sequence[Publication]) -> None:
        self._calls += 1
        self.copies.update(each.message_id for each in publications)
        if self._calls % 2:
            raise BrokerUnavailable("the confirm was lost")


def test_everything_is_published_until_it_is_confirmed() -> None:
    hub = UnsteadyHub()
    messages = FLOWS[0].messages(City(1, 200), 40)
    load = Load(hub, messages, FAST)

    load.start()
    load.join(LONG)

    assert load.sent == messages
    assert hub.copies.keys() == {each.publication.message_id for each in messages}


def test_asked_to_it_sends_a_copy_that_must_change_nothing() -> None:
    hub = UnsteadyHub()
    messages = FLOWS[0].messages(City(1, 200), 40)
    load = Load(hub, messages, 40.0)
    load.start()
    wait_until(lambda: len(load.sent) > 0, "it has begun", LONG)

    load.duplicate(0.5)
    wait_until(lambda: any(each not in messages for each in list(load.sent)), "a copy went out", LONG)
    load.finish()

    copies = [each for each in load.sent if each not in messages]
    assert [(each.fate, each.dues) for each in copies] == [("duplicate", ())]
    assert len(load.sent) < len(messages) + 1


def test_what_a_shortened_run_has_not_laid_the_ground_for_is_not_sent() -> None:
    """Given stale changes, each older than another change of the same person
    When that other one was not sent
    Then the stale one would be no stale one, and is left out
    """
    messages = FLOWS[0].messages(City(1, 200), 60)
    stale = [each for each in messages if each.wave == 2]
    sent = [each for each in messages if each.wave == 1]

    assert grounded(stale, sent) == stale
    assert grounded(stale, []) == []
