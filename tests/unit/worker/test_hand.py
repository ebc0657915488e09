"""What is in hand goes out in order, but for what is busy: that is set aside and keeps nobody waiting."""

from __future__ import annotations

import time
from dataclasses import dataclass

from hub.exchange import Exchange
from hub.ports.broker import Delivery, Properties, Tag
from hub.worker.hand import Hand, Held

AGES = 60.0


@dataclass
class Channel:
    """A subscription whose deliveries below `lost` are gone."""

    lost: int = 0

    def current(self, tag: Tag) -> bool:
        return tag.number >= self.lost


def held(number: int, count: int = 0, since: float | None = None) -> Held:
    delivery = Delivery("delivery.pmh", Tag(1, number), b"", Properties(), count)
    exchange = Exchange("delivery.pmh", "pmh", delivery, 0, True)
    return Held(exchange) if since is None else Held(exchange, since)


def drawn(hand: Hand, most: int = 10) -> list[int]:
    return [one.exchange.delivery.tag.number for one in hand.draw(most)]


def filled(*numbers: int) -> Hand:
    hand = Hand()
    for number in numbers:
        hand.add(held(number))
    return hand


def test_what_is_put_back_comes_first_again() -> None:
    hand = filled(1, 2, 3)

    hand.put_back(hand.draw(2))

    assert drawn(hand) == [1, 2, 3]


def test_a_busy_one_keeps_nobody_behind_it_waiting() -> None:
    # Given: room for one send only, as after an outage
    hand = filled(1, 2, 3)

    # When the first one is busy for long
    hand.set_aside(hand.draw(1), AGES)

    # Then
    assert hand.ready() == 2
    assert len(hand) == 3
    assert drawn(hand, 1) == [2]


def test_set_aside_it_comes_back_in_front_when_its_time_has_come() -> None:
    hand = filled(1, 2)

    hand.set_aside(hand.draw(1), 0.0)

    assert drawn(hand) == [1, 2]


def test_one_that_goes_alone_is_drawn_alone() -> None:
    hand = filled(1)
    hand.add(held(2, count=2))
    hand.add(held(3))

    assert [drawn(hand), drawn(hand), drawn(hand)] == [[1], [2], [3]]


def test_what_a_lost_channel_handed_out_is_forgotten_wherever_it_is() -> None:
    hand = filled(1, 2, 3, 4)
    hand.set_aside(hand.draw(2), AGES)

    assert hand.forget_lost(Channel(lost=2)) == 1  # type: ignore[arg-type]
    assert len(hand) == 3


def test_what_is_held_for_long_is_taken_out_wherever_it_is() -> None:
    hand = Hand()
    past = time.monotonic() - AGES
    for number in (1, 2):
        hand.add(held(number, since=past))
    hand.add(held(3))
    hand.set_aside(hand.draw(1), AGES)

    taken = hand.older_than(past + 1)

    assert [one.exchange.delivery.tag.number for one in taken] == [1, 2]
    assert drawn(hand) == [3]
