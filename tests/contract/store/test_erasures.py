"""Erasing a person: bodies emptied, keys destroyed, open messages ended, and the books still balance."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from hub.ports.erasure import ErasureState, Found
from hub.ports.holds import HoldState, NewHold
from hub.ports.store import Alias, Child, DeadFilter, End, PersonRef, Progress, SealedBody, Waiting, WrappedKey
from hub.store import SqlStore
from tests.contract.store.samples import DELIVERY, dead, draft, new_id, settled


class City:
    """One store with a person of whom something lies everywhere, and another one beside."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.number, self.card = Alias("addressee_number", new_id()), Alias("individual_number", new_id())
        self.person = PersonRef("subject", (self.number,))
        self.other = PersonRef("guardian", (Alias("addressee_number", new_id()),))
        self.key = self.new_key("person", store.person_id(self.person))
        self.other_key = self.new_key("person", store.person_id(self.other))
        store.settle([settled(new_id(), links=(PersonRef("x", (self.number, self.card)),))])

    def new_key(self, purpose: str, subject: str | None) -> str:
        return self.store.add_key(WrappedKey(new_id(), purpose, subject, b"wrapped", 1)).key_id

    def bury(self, key_id: str, *persons: PersonRef, message_id: str = "", hop: str = DELIVERY) -> int:
        plain = dead(message_id or new_id(), hop=hop)
        assert plain.dead is not None
        letter = replace(plain.dead, body=SealedBody(key_id, b"sealed"), persons=persons)
        self.store.settle([replace(plain, dead=letter)])
        [found] = self.store.dead_letters(DeadFilter(message_id=plain.message_id))
        return found.id

    def hold(self, key_id: str, *persons: PersonRef) -> int:
        body = SealedBody(key_id, b"sealed")
        kept = NewHold("fence.protected", 1, "digest", DELIVERY, "{}", body, persons)
        self.store.settle([replace(settled(new_id(), Progress.HELD, hop=DELIVERY), hold=kept)])
        return self.store.holds([HoldState.OPEN], limit=1000)[-1].id

    def erase(self) -> Found:
        erasure = self.store.ask_erasure([self.card], "officer", "asked by the person", "T-1", 5)
        done = self.store.erase(erasure, "supervisor", "right", 100)
        assert done is not None
        return done

    def body(self, dead_id: int) -> bytes:
        return self.store.dead_body(dead_id)[1].ciphertext

    def wrapped(self, key_id: str) -> bytes:
        key = self.store.key(key_id)
        assert key is not None
        return key.wrapped


def test_what_lies_here_is_counted_by_any_of_the_persons_numbers(new_store: Callable[[], SqlStore]) -> None:
    city = City(new_store())
    city.bury(city.key, city.person)
    city.bury(city.new_key("case", None), city.person, city.other)
    city.hold(city.key, city.person)
    city.bury(city.other_key, city.other)

    assert city.store.lies_here([city.card]) == Found(2, 1, 0, 0, unended=3, kept=0)
    assert city.store.lies_here([Alias("addressee_number", "nobody")]).bodies == 0


def test_bodies_are_gone_keys_destroyed_and_messages_ended(new_store: Callable[[], SqlStore]) -> None:
    city = City(new_store())
    hop = f"delivery.{new_id()[:8]}"
    case = city.new_key("case", None)
    own, shared = city.bury(city.key, city.person, hop=hop), city.bury(case, city.person, city.other, hop=hop)
    spared, hold = city.bury(city.other_key, city.other, hop=hop), city.hold(city.key, city.person)

    assert city.erase() == Found(2, 1, 0, 0, unended=3, kept=0)

    assert [city.body(one) for one in (own, shared, spared)] == [b"", b"", b"sealed"]
    assert city.store.hold_body(hold)[1].ciphertext == b""
    assert [city.wrapped(one) for one in (city.key, case, city.other_key)] == [b"", b"", b"wrapped"]
    letters = {one.id: one for one in city.store.dead_letters(DeadFilter(state=None), limit=1000)}
    assert [letters[one].state for one in (own, shared, spared)] == ["erased", "erased", "open"]
    assert (letters[own].closed_by, letters[own].closed_reason) == ("supervisor", "right")
    held = city.store.hold(hold)
    assert held is not None
    assert held.state is HoldState.ERASED
    [balance] = [one for one in city.store.balances() if one.hop == hop]
    assert (balance.accepted, dict(balance.ends), balance.dead) == (3, {"erased": 2}, 1)
    assert city.store.trace(letters[own].message_id)[-1].outcome == "erased"
    assert city.store.lies_here([city.number]).bodies == 0


def test_a_body_that_was_sent_again_is_emptied_and_its_letter_stays_as_it_ended(
    new_store: Callable[[], SqlStore],
) -> None:
    city = City(new_store())
    dead_id = city.bury(city.key, city.person)
    city.store.claim_replay(dead_id, "clerk", "healed")
    city.store.mark_replayed(dead_id)

    assert city.erase() == Found(1, 0, 0, 0, unended=0, kept=0)

    letter = city.store.dead_letter(dead_id)
    assert letter is not None
    assert (letter.state, letter.closed_by) == ("replayed", "clerk")
    assert city.body(dead_id) == b""


def test_edits_and_waiting_messages_go_with_it(new_store: Callable[[], SqlStore]) -> None:
    city = City(new_store())
    dead_id = city.bury(city.key, city.person)
    edit = city.store.propose_edit(replace(draft(dead_id), body=SealedBody(city.key, b"sealed")))
    assert edit is not None
    waits = new_id()
    placed = Child(DELIVERY, waits, "eligibility.registration", "digest", new_id())
    city.store.settle([settled(new_id(), children=(placed,))])
    waiting = Waiting(waits, "{}", SealedBody(city.key, b"sealed"), (city.person,))
    plain = settled(waits, Progress.WAITING, hop=DELIVERY, sequenced=True)
    city.store.settle([replace(plain, waiting=waiting)])

    assert city.erase() == Found(1, 0, 1, 1, unended=2, kept=0)

    assert city.store.edit_body(edit)[1].ciphertext == b""
    assert city.store.known(DELIVERY, [waits])[waits].end is End.ERASED
    assert not city.store.release_edit(edit, "supervisor", "too late", 10)


def wait_behind(store: SqlStore, record: str, key_id: str, *persons: PersonRef) -> str:
    """A message that waits, in the place it was given in its record."""
    waits = new_id()
    placed = Child(DELIVERY, waits, "eligibility.registration", "digest", record)
    store.settle([settled(new_id(), children=(placed,))])
    kept = Waiting(waits, "{}", SealedBody(key_id, waits.encode()), persons)
    store.settle([replace(settled(waits, Progress.WAITING, hop=DELIVERY, sequenced=True), waiting=kept)])
    return waits


def test_what_waits_is_found_by_each_of_the_persons_it_names(new_store: Callable[[], SqlStore]) -> None:
    """Given messages of one record that wait: one names two persons, the next only the other
    When one of the two is erased
    Then the first has ended, its key is gone, and the next one's turn has come
    """
    city = City(new_store())
    case = city.new_key("case", None)
    both = wait_behind(city.store, "record", case, city.person, city.other)
    others = wait_behind(city.store, "record", city.other_key, city.other)

    for alias in (city.number, city.card):
        assert city.store.lies_here([alias]) == Found(0, 0, 0, 1, unended=1, kept=0)
        assert [one.body.ciphertext for one in city.store.bodies_of([alias])] == [both.encode()]
    assert city.store.lies_here(city.other.aliases).waiting == 2
    assert city.erase() == Found(0, 0, 0, 1, unended=1, kept=0)

    assert city.store.known(DELIVERY, [both])[both].end is End.ERASED
    assert [city.wrapped(one) for one in (case, city.other_key)] == [b"", b"wrapped"]
    assert city.store.lies_here([city.card]).bodies == 0
    [left] = city.store.claim_releasable(DELIVERY, 0, 1, 10)
    assert left.message_id == others


def test_what_was_handed_back_to_its_queue_is_not_found_any_more(new_store: Callable[[], SqlStore]) -> None:
    city = City(new_store())
    waits = wait_behind(city.store, "record", city.new_key("case", None), city.person, city.other)
    assert len(city.store.claim_releasable(DELIVERY, 0, 1, 10)) == 1

    city.store.released(DELIVERY, [waits])

    assert city.store.lies_here([city.card]).bodies == 0


def test_what_comes_later_is_sealed_under_a_new_key(new_store: Callable[[], SqlStore]) -> None:
    city = City(new_store())
    city.bury(city.key, city.person)
    city.erase()
    subject = city.store.person_id(city.person)

    assert city.store.current_key("person", subject) is None
    fresh = city.new_key("person", subject)
    later = city.bury(fresh, city.person)

    assert city.body(later) == b"sealed"
    assert city.wrapped(fresh) == b"wrapped"


def test_it_is_decided_once(new_store: Callable[[], SqlStore]) -> None:
    city = City(new_store())
    dead_id = city.bury(city.key, city.person)
    refused = city.store.ask_erasure([city.number], "officer", "asked", None, 5)
    assert city.store.refuse_erasure(refused, "supervisor", "not the person", 6)
    assert city.store.erase(refused, "supervisor", "after all", 7) is None
    assert city.body(dead_id) == b"sealed"
    assert city.wrapped(city.key) == b"wrapped"
    assert city.store.current_key("person", city.store.person_id(city.person)) is not None
    found = city.store.erasure(refused)
    assert found is not None
    assert (found.state, found.decided_by, found.found.bodies) == (ErasureState.REFUSED, "supervisor", 1)
    assert city.store.erasures([ErasureState.ASKED]) == []
    city.erase()
    assert [one.state for one in city.store.erasures(list(ErasureState))] == [ErasureState.REFUSED, ErasureState.DONE]


def test_another_municipality_has_no_part_in_it(new_store: Callable[[], SqlStore]) -> None:
    city, stranger = City(new_store()), new_store()
    dead_id = city.bury(city.key, city.person)
    asked = city.store.ask_erasure([city.number], "officer", "asked", None, 5)

    assert stranger.lies_here([city.number]).bodies == 0
    assert stranger.erasure(asked) is None
    assert stranger.erase(asked, "stranger", "", 6) is None
    assert not stranger.refuse_erasure(asked, "stranger", "", 6)
    assert city.body(dead_id) == b"sealed"


@pytest.mark.rule("R70")
def test_the_bodies_that_name_a_person_are_read_by_any_number_and_by_nobody_else(
    new_store: Callable[[], SqlStore],
) -> None:
    city, stranger = City(new_store()), new_store()
    own = city.bury(city.key, city.person)
    both = city.bury(city.new_key("case", None), city.person, city.other)
    city.hold(city.key, city.person)
    city.bury(city.other_key, city.other)

    found = city.store.bodies_of([city.card])

    assert {one.what for one in found if one.what.startswith("dead:")} == {f"dead:{own}", f"dead:{both}"}
    assert sorted(one.what.partition(":")[0] for one in found) == ["dead", "dead", "hold"]
    assert {one.body.ciphertext for one in found} == {b"sealed"}
    assert all(one.at is not None for one in found)
    assert stranger.bodies_of([city.card, city.number]) == []
