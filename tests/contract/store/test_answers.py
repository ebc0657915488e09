"""What publishers are to be told: written with what made it true, told by one at a time, never lost."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from hub.ports.letters import DeadFilter
from hub.ports.store import End, Progress
from hub.store import SqlStore
from tests.contract.store.samples import DELIVERY, INTAKE, SECOND, dead, new_id, settled

LATER = 60 * SECOND


def outcomes(store: SqlStore, now: int = 0) -> list[tuple[str, str, str]]:
    return [(one.published_as, one.hop, one.outcome) for one in store.claim_answers(now, now + LATER, 500)]


def test_what_stays_is_told_and_what_is_on_its_way_is_not(store: SqlStore) -> None:
    mine, made = new_id(), new_id()
    delivered = settled(made, End.DELIVERED, hop=DELIVERY, told=mine)
    store.settle([settled(mine, told=mine)])
    store.settle([replace(delivered, outcome=Progress.RETRY), replace(delivered, outcome=Progress.WAIT)])
    store.settle([delivered, settled(mine, End.DUPLICATE, told=mine, settled_at=40)])
    store.settle([settled(new_id()), dead(new_id())])  # of partners that do not want to hear

    assert outcomes(store) == [(mine, INTAKE, "forwarded"), (mine, DELIVERY, "delivered"), (mine, INTAKE, "duplicate")]


def test_it_is_told_once_and_again_where_the_teller_died(store: SqlStore) -> None:
    mine = new_id()
    store.settle([settled(mine, told=mine)])
    (due,) = store.claim_answers(0, LATER, 500)
    assert (due.partner, due.message_id, due.at) == ("welfare", mine, 30)
    assert store.claim_answers(LATER - 1, 2 * LATER, 500) == []
    assert store.claim_answers(LATER, 2 * LATER, 500) == [due]

    store.answered([due.id])
    assert store.claim_answers(10 * LATER, 11 * LATER, 500) == []


def test_the_oldest_come_first_and_no_more_than_asked_for(store: SqlStore) -> None:
    ids = [new_id() for _ in range(7)]
    for one in ids:
        store.settle([settled(one, told=one)])
    assert [due.published_as for due in store.claim_answers(0, LATER, 5)] == ids[:5]
    assert [due.published_as for due in store.claim_answers(0, LATER, 5)] == ids[5:]


def test_two_tellers_never_have_the_same(new_store: Callable[[], SqlStore]) -> None:
    store, other = new_store(), new_store()
    ids = [new_id() for _ in range(200)]
    store.settle([settled(one, told=one) for one in ids])

    def all_of(one: SqlStore) -> list[str]:
        got: list[str] = []
        while found := one.claim_answers(0, LATER, 7):
            got += [due.published_as for due in found]
        return got

    with ThreadPoolExecutor(2) as threads:
        told = [each for part in threads.map(all_of, (store, other)) for each in part]
    assert sorted(told) == sorted(ids)


@pytest.mark.parametrize("published_as", [None, new_id()], ids=["nobody", "publisher"])
def test_a_person_who_closes_a_letter_is_heard_of_too(store: SqlStore, published_as: str | None) -> None:
    letter = dead(new_id(), told=published_as)
    assert letter.dead is not None
    envelope = json.dumps({"published_as": published_as, "source": "welfare"})
    store.settle([replace(letter, dead=replace(letter.dead, envelope=envelope))])
    (found,) = store.dead_letters(DeadFilter())

    assert store.discard(found.id, "a clerk", "by telephone")

    expected = [(published_as, letter.hop, "dead"), (published_as, letter.hop, "discarded")]
    assert outcomes(store) == (expected if published_as else [])
