"""Standing in at an urgent door ends with whoever stands in, whatever ends it."""

import threading

import pytest

from hub.brokers.memory import MemoryBroker
from hub.ports.broker import Outgoing, Properties
from hub.topology import Queue, Topology
from hub.worker.stand_in import StandIn

QUEUE = "intake.welfare.urgent"


class Bug(Exception):
    pass


class Broken:
    def run(self) -> None:
        raise Bug


def test_a_bug_at_the_door_is_not_kept_back_by_what_still_waits_there() -> None:
    broker, stop = MemoryBroker(), threading.Event()
    broker.declare(Topology((), (Queue(QUEUE),), (), (), ()))
    broker.publish([Outgoing("", QUEUE, b"<measure/>", Properties(message_id="1"))])

    with pytest.raises(Bug):
        StandIn(QUEUE, lambda _done: Broken(), broker, stop).run()  # type: ignore[arg-type, return-value]

    assert not stop.is_set()
    assert broker.depth(QUEUE) == 1
    broker.close()
