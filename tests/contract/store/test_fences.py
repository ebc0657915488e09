"""The registry of fences: what closes, what opens, and which sends it stops (promises 3 to 5, R26)."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event, Thread
from typing import Any

import pytest

from hub import fence as rules
from hub.ports.fence import Guard, NewAct, Position, Step
from hub.ports.holds import HoldAct, HoldState, NewHold
from hub.ports.store import Alias, LeaseRequest, PersonRef, Progress, SealedBody, Verdict
from hub.store import SqlStore
from tests.contract.store.samples import DELIVERY, SECOND, child, new_id, request, sent, settled

NUMBER = Alias("addressee_number", "anchor")
CARD = Alias("individual_number", "card")
NATIONAL = Alias("integrated_number", "national")
CHILD = PersonRef("child", (NUMBER,))
BY_CARD = PersonRef("child", (CARD,))
BY_NATIONAL = PersonRef("subject", (NATIONAL,))
STRANGER = PersonRef("guardian", (Alias("individual_number", "nobody"),))
ITEM = "TM00000000000002"


def act(step: Step = Step.RAISE, who: str = "welfare", **changes: object) -> NewAct:
    return replace(NewAct(step, "welfare", CHILD, "", who, 1, version=1, number="KH0001"), **changes)  # type: ignore[arg-type]


@pytest.fixture
def founded(store: SqlStore) -> SqlStore:
    """A confirmed registry in which nobody is protected; the three numbers are known to be one person's."""
    store.found_fences("epoch 1", "a clerk", 0, [])
    assert store.confirm_fences("epoch 1", "a supervisor", 0)
    link(store, PersonRef("x", (NUMBER, CARD)), PersonRef("x", (CARD, NATIONAL)))
    return store


def link(store: SqlStore, *persons: PersonRef) -> None:
    store.settle([settled(new_id(), links=persons)])


def seen(store: SqlStore) -> Position:
    state = store.fence_state()
    assert state is not None
    return state.at


def leaving(store: SqlStore, *persons: PersonRef, message_id: str = "", **changes: object) -> LeaseRequest:
    """A wish to send something about these persons to the other side of a disclosing edge."""
    guard = Guard("discloses", persons, (), None, False, False, "bytes", seen(store))
    lease = request(message_id or new_id(), guard=replace(guard, **changes))  # type: ignore[arg-type]
    store.settle([settled(lease.message_id, Progress.WAIT, hop=DELIVERY)])  # accepted: its intake is committed
    return lease


def ask(store: SqlStore, *requests: LeaseRequest) -> list[Verdict]:
    return [found.verdict for found in store.open_leases(requests)]


def held_code(store: SqlStore, lease: LeaseRequest) -> str:
    (answer,) = store.open_leases([lease])
    assert answer.verdict is Verdict.HELD
    assert answer.judgement is not None
    return answer.judgement.code


def test_nobody_protected_and_everybody_known(founded: SqlStore) -> None:
    assert ask(founded, leaving(founded, CHILD, BY_CARD)) == [Verdict.GRANTED]


def test_a_raise_does_not_wait_with_the_other_writers_of_its_process(founded: SqlStore) -> None:
    """Given a writer whose turn is next, and another behind it
    When a fence is raised
    Then it stands before either of them has written
    """
    written = Event()

    def write() -> None:
        link(founded, STRANGER)
        written.set()

    behind = Thread(target=write)

    with founded._database._queue:
        behind.start()
        founded.record_acts([act()])
        raised_first = not written.is_set()

    behind.join(10)
    assert written.is_set()
    assert raised_first or founded.dialect == "postgresql"  # there rows are locked, and nobody queues
    assert ask(founded, leaving(founded, CHILD)) == [Verdict.HELD]


@pytest.mark.parametrize("person", [CHILD, BY_CARD, BY_NATIONAL], ids=["anchor", "one link", "two links"])
def test_a_raise_closes_every_number_of_the_person(founded: SqlStore, person: PersonRef) -> None:
    founded.record_acts([act()])

    assert held_code(founded, leaving(founded, person)) == "fence.protected"


def test_one_protected_person_among_several_is_enough(founded: SqlStore) -> None:
    other = PersonRef("guardian", (Alias("addressee_number", "other"),))
    founded.record_acts([act()])

    assert held_code(founded, leaving(founded, other, BY_CARD)) == "fence.protected"
    assert ask(founded, leaving(founded, other)) == [Verdict.GRANTED]


def test_a_number_linked_after_the_raise_is_closed_as_well(founded: SqlStore) -> None:
    founded.record_acts([act()])
    key = PersonRef("child", (Alias("pmh_key", "key"),))
    assert held_code(founded, leaving(founded, key)) == "fence.unresolved"

    link(founded, PersonRef("child", (*key.aliases, CARD)))

    assert held_code(founded, leaving(founded, key)) == "fence.protected"


def test_a_raise_for_somebody_unknown_closes_that_number(founded: SqlStore) -> None:
    founded.record_acts([act(subject=STRANGER)])

    assert held_code(founded, leaving(founded, STRANGER)) == "fence.protected"


def test_somebody_unknown_holds_what_names_them(founded: SqlStore) -> None:
    assert held_code(founded, leaving(founded, CHILD, STRANGER)) == "fence.unresolved"
    assert held_code(founded, leaving(founded)) == "fence.unresolved"
    assert ask(founded, leaving(founded, impersonal=True)) == [Verdict.GRANTED]


def test_unknown_only_because_the_intake_is_not_committed_yet(founded: SqlStore) -> None:
    lease = request(new_id(), guard=Guard("discloses", (STRANGER,), (), None, False, False, "bytes", seen(founded)))

    assert ask(founded, lease) == [Verdict.UNPLACED]


def test_an_intake_that_is_committed_meanwhile_holds_nothing(
    founded: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = request(new_id(), guard=Guard("discloses", (STRANGER,), (), None, False, False, "bytes", seen(founded)))
    known = PersonRef("guardian", (*STRANGER.aliases, Alias("addressee_number", "its own")))
    committed = settled(new_id(), links=(known,), children=(child(lease.message_id),))
    intake = Thread(target=lambda: founded.settle([committed]))
    judge = founded._judgements

    def judge_and_be_overtaken(*given: Any) -> Any:
        judged = judge(*given)
        intake.start()
        intake.join(1)  # SQLite lets nobody write until the lease is decided
        return judged

    with monkeypatch.context() as patch:
        patch.setattr(founded, "_judgements", judge_and_be_overtaken)
        assert ask(founded, lease) == [Verdict.UNPLACED]
    intake.join()

    assert ask(founded, lease) == [Verdict.GRANTED]


def test_inside_the_city_the_fence_is_not_asked(founded: SqlStore) -> None:
    founded.record_acts([act()])

    assert ask(founded, request(new_id(), persons=(CHILD,))) == [Verdict.GRANTED]


def test_one_data_item_of_a_person(founded: SqlStore) -> None:
    founded.record_acts([act(item=ITEM)])

    assert held_code(founded, leaving(founded, CHILD, items=(ITEM,))) == "fence.protected"
    assert ask(founded, leaving(founded, CHILD, items=("TM00000000000009",))) == [Verdict.GRANTED]
    # what does not say which items it carries is taken to carry them all
    assert held_code(founded, leaving(founded, CHILD)) == "fence.protected"


def test_a_data_item_as_such(founded: SqlStore) -> None:
    founded.record_acts([act(subject=PersonRef("", ()), item=ITEM)])

    assert held_code(founded, leaving(founded, CHILD, items=(ITEM,))) == "fence.protected"
    assert ask(founded, leaving(founded, CHILD)) == [Verdict.GRANTED]


def protecting(store: SqlStore, shields: bool | None, forced: bool = False) -> LeaseRequest:
    return leaving(store, CHILD, edge="protects", shields=shields, forced=forced)


def test_what_protects_may_go_and_what_does_not_must_say_so(founded: SqlStore) -> None:
    assert ask(founded, protecting(founded, False)) == [Verdict.GRANTED]
    founded.record_acts([act()])

    assert ask(founded, protecting(founded, True)) == [Verdict.GRANTED]
    assert ask(founded, protecting(founded, False, forced=True)) == [Verdict.UNSHIELDED]
    assert held_code(founded, protecting(founded, False)) == "fence.lowers"
    assert held_code(founded, protecting(founded, None)) == "fence.protected"


def test_what_could_be_made_to_protect_may_lower_once_two_have_agreed(founded: SqlStore) -> None:
    founded.record_acts([act()])
    lifting(founded, (Step.REQUEST, "a"))
    assert ask(founded, protecting(founded, False, forced=True)) == [Verdict.UNSHIELDED]

    lifting(founded, (Step.APPROVE, "b"))
    assert ask(founded, protecting(founded, False, forced=True)) == [Verdict.GRANTED]

    founded.record_acts([act(source="resident_registry")])  # another one stands
    assert ask(founded, protecting(founded, False, forced=True)) == [Verdict.UNSHIELDED]


def lifting(store: SqlStore, *steps: tuple[Step, str], **changes: object) -> None:
    store.record_acts([act(step, who, **changes) for step, who in steps])


AGREED = ((Step.REQUEST, "a"), (Step.APPROVE, "b"))
ALL = (*AGREED, (Step.CLEAR, "target"), (Step.LIFT, "target"))


def test_lifted_by_two_persons_and_the_targets_word(founded: SqlStore) -> None:
    founded.record_acts([act()])
    lifting(founded, *AGREED)
    assert held_code(founded, leaving(founded, CHILD)) == "fence.protected"
    assert ask(founded, protecting(founded, False)) == [Verdict.GRANTED]  # the target may be told

    lifting(founded, (Step.CLEAR, "target"), (Step.LIFT, "target"))

    assert ask(founded, leaving(founded, CHILD)) == [Verdict.GRANTED]


def test_before_its_day_nothing_is_lowered(founded: SqlStore) -> None:
    founded.record_acts([act()])
    lifting(founded, *AGREED, effective_at=5 * SECOND)

    early, due = (replace(protecting(founded, False), now=now, deadline=99 * SECOND) for now in (SECOND, 5 * SECOND))

    assert held_code(founded, early) == "fence.lowers"
    assert ask(founded, due) == [Verdict.GRANTED]


@pytest.mark.parametrize(
    "steps",
    [
        [(Step.RELEASE, "welfare")],
        [(Step.LIFT, "a")],
        [(Step.APPROVE, "b"), (Step.LIFT, "b")],
        [(Step.REQUEST, "a"), (Step.APPROVE, "a"), (Step.LIFT, "a")],
        [(Step.REQUEST, "a"), (Step.LIFT, "a")],
        [*AGREED, (Step.REQUEST, "a"), (Step.LIFT, "a")],
        [*ALL, (Step.RAISE, "welfare")],
        [*AGREED, (Step.RAISE, "welfare"), (Step.CLEAR, "target"), (Step.LIFT, "target")],
    ],
    ids=lambda steps: "-".join(step.value for step, _ in steps),
)
def test_nothing_less_opens_it(founded: SqlStore, steps: Sequence[tuple[Step, str]]) -> None:
    founded.record_acts([act()])
    lifting(founded, *steps)

    assert held_code(founded, leaving(founded, CHILD)) == "fence.protected"


def test_the_measures_of_all_sources_must_be_lifted(founded: SqlStore) -> None:
    founded.record_acts([act(), act(source="resident_registry")])
    lifting(founded, *ALL)

    assert held_code(founded, leaving(founded, CHILD)) == "fence.protected"


# --- the registry as a whole


def test_an_empty_registry_lets_nothing_out_and_keeps_raises(store: SqlStore) -> None:
    nothing = Position("", 0, "")
    lease = request(new_id(), guard=Guard("discloses", (CHILD,), (), None, False, False, "bytes", nothing))
    assert ask(store, lease) == [Verdict.UNREADY]

    store.record_acts([act()])

    state = store.fence_state()
    assert state is not None
    assert state.confirmed_by is None
    assert ask(store, leaving(store, CHILD)) == [Verdict.UNREADY]
    assert ask(store, protecting(store, True)) == [Verdict.GRANTED]
    store.found_fences("epoch 1", "a clerk", 0, [])
    store.confirm_fences("epoch 1", "a supervisor", 0)
    assert held_code(store, leaving(store, CHILD)) == "fence.protected"


def test_a_list_nobody_has_confirmed_lets_nothing_out(founded: SqlStore) -> None:
    before = leaving(founded, CHILD)
    founded.found_fences("epoch 2", "a clerk", 0, [act()])

    assert ask(founded, before, leaving(founded, CHILD)) == [Verdict.UNREADY, Verdict.UNREADY]
    assert not founded.confirm_fences("epoch 1", "a supervisor", 0)
    assert founded.confirm_fences("epoch 2", "a supervisor", 0)
    assert held_code(founded, leaving(founded, CHILD)) == "fence.protected"


def test_a_registry_that_has_forgotten_what_was_seen(founded: SqlStore) -> None:
    ahead = replace(seen(founded), position=seen(founded).position + 1)

    assert ask(founded, leaving(founded, CHILD, seen=ahead)) == [Verdict.UNREADY]
    assert ask(founded, leaving(founded, CHILD, seen=None)) == [Verdict.UNREADY]


def test_whom_a_registry_descends_from(founded: SqlStore, new_store: Callable[[], SqlStore]) -> None:
    then = seen(founded)
    founded.record_acts([act()])
    later = seen(founded)
    other = new_store()
    assert not other.descends(then)
    for _ in range(4):
        other.record_acts([act(number="another")])

    assert founded.descends(then)
    assert founded.descends(later)
    assert not founded.descends(replace(later, position=later.position + 1))
    assert not founded.descends(replace(later, mark="of another past"))
    assert not other.descends(later)
    founded.found_fences("epoch 2", "a clerk", 0, [])
    assert founded.descends(later)  # founded on top of what it knew


def test_acts_are_numbered_and_read_back(founded: SqlStore) -> None:
    founded.record_acts([act(), act(Step.RELEASE, version=2)])
    (raised, released) = founded.acts(founded.measures_of([NATIONAL]))

    assert (raised.step, raised.subject, raised.number) == (Step.RAISE, CHILD, "KH0001")
    assert (released.step, released.version) == (Step.RELEASE, 2)
    assert released.position == raised.position + 1
    assert raised.measure == released.measure == rules.measure_of(act())
    assert founded.record_acts([act(Step.REQUEST, "a")], after=released.position - 1) is None
    assert founded.record_acts([act(Step.REQUEST, "a")], after=released.position) is not None


def test_the_same_word_by_two_copies_is_recorded_once(founded: SqlStore) -> None:
    """Both copies have looked, and neither has seen the other's."""
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: founded.record_acts([act()], once=True), range(8)))

    assert len([one for one in found if one is not None]) == 1
    assert [one.step for one in founded.acts(founded.measures_of([NATIONAL]))] == [Step.RAISE]
    assert founded.record_acts([act(version=2)], once=True) is not None
    assert founded.record_acts([act(number="KH0002", version=2)], once=True) is not None
    assert founded.record_acts([act()]) is not None  # a person's word is not asked


def test_known_by_the_citys_own_number_and_another(founded: SqlStore) -> None:
    lone = PersonRef("subject", (Alias(rules.ANCHOR, "a wrong number"),))
    founded.record_acts([act(subject=lone)])

    assert founded.known_persons([CHILD, BY_NATIONAL, STRANGER, lone]) == [True, True, False, False]


# --- together with sends


def test_a_raise_tells_which_sends_were_under_way(founded: SqlStore) -> None:
    about, elsewhere = leaving(founded, CHILD), leaving(founded, PersonRef("x", (Alias("addressee_number", "other"),)))
    about = replace(about, persons=(BY_NATIONAL,))
    elsewhere = replace(elsewhere, persons=(PersonRef("x", (Alias("addressee_number", "other"),)),))
    assert ask(founded, about, elsewhere) == [Verdict.GRANTED, Verdict.GRANTED]

    recorded = founded.record_acts([act()])

    assert recorded is not None
    assert [one.message_id for one in recorded.in_flight] == [about.message_id]
    assert recorded.in_flight[0].deadline == about.deadline


@pytest.mark.rule("R26")
def test_from_the_commit_of_a_raise_no_send_begins(founded: SqlStore) -> None:
    """Leases are asked for all the time, on another thread; those granted are all known to the raise."""
    granted: list[str] = []
    stop = Event()

    def keep_asking() -> None:
        while not stop.is_set():
            lease = replace(leaving(founded, CHILD), persons=(CHILD,))
            if ask(founded, lease) == [Verdict.GRANTED]:
                granted.append(lease.message_id)

    asking = [Thread(target=keep_asking) for _ in range(2)]
    for one in asking:
        one.start()
    while len(granted) < 5:
        pass
    recorded = founded.record_acts([act()])
    after = leaving(founded, CHILD)
    stop.set()
    for one in asking:
        one.join()

    assert recorded is not None
    assert {one.message_id for one in recorded.in_flight} == set(granted)
    assert held_code(founded, after) == "fence.protected"


# --- holds


def hold(store: SqlStore, lease: LeaseRequest, **changes: object) -> int:
    (answer,) = store.open_leases([lease])
    assert answer.judgement is not None
    kept = NewHold(
        answer.judgement.code, answer.judgement.version, lease.guard.outgoing if lease.guard else "", "delivery.pmh",
        "{}", SealedBody("key", b"sealed"), (CHILD,),
    )  # fmt: skip
    store.settle([settled(lease.message_id, Progress.HELD, hop=DELIVERY, hold=replace(kept, **changes))])  # type: ignore[arg-type]
    return store.holds([HoldState.OPEN])[-1].id


def agree(store: SqlStore, hold_id: int) -> None:
    assert store.move_hold(hold_id, [HoldState.OPEN], HoldState.REVIEWED, HoldAct(1, "a", "review", "seen"))
    assert store.move_hold(hold_id, [HoldState.REVIEWED], HoldState.APPROVED, HoldAct(2, "b", "approve", "agreed"))


@pytest.fixture
def closed(founded: SqlStore) -> SqlStore:
    founded.record_acts([act()])
    return founded


def test_a_released_hold_goes_out_once(closed: SqlStore) -> None:
    lease = leaving(closed, CHILD)
    hold_id = hold(closed, lease)
    assert ask(closed, lease) == [Verdict.HELD]

    agree(closed, hold_id)

    assert ask(closed, lease) == [Verdict.GRANTED]
    assert ask(closed, leaving(closed, CHILD)) == [Verdict.HELD]
    assert [(one.who, one.act) for one in closed.hold_acts(hold_id)] == [("a", "review"), ("b", "approve")]


@pytest.mark.parametrize("change", ["content", "fence"])
def test_an_approval_is_void_when_content_or_fence_changes(closed: SqlStore, change: str) -> None:
    lease = leaving(closed, CHILD)
    first = hold(closed, lease)
    agree(closed, first)
    assert lease.guard is not None
    if change == "content":
        lease = replace(lease, guard=replace(lease.guard, outgoing="other bytes"))
    else:
        closed.record_acts([act(version=2, number="KH0002")])

    assert ask(closed, lease) == [Verdict.HELD]
    second = hold(closed, lease)

    assert second != first
    void = closed.hold(first)
    assert void is not None
    assert void.state is HoldState.VOID
    assert not closed.move_hold(first, [HoldState.REVIEWED], HoldState.APPROVED, HoldAct(3, "b", "approve", ""))


def test_a_content_that_comes_back_is_looked_at_anew(closed: SqlStore) -> None:
    lease = leaving(closed, CHILD)
    assert lease.guard is not None
    other = replace(lease, guard=replace(lease.guard, outgoing="other bytes"))
    first = hold(closed, lease)
    hold(closed, other)
    agree(closed, closed.holds([HoldState.OPEN])[0].id)

    assert hold(closed, lease) == first
    assert ask(closed, lease) == [Verdict.HELD]
    assert ask(closed, other) == [Verdict.HELD]


def test_held_again_after_a_crash_it_is_one_hold(closed: SqlStore) -> None:
    lease = leaving(closed, CHILD)

    assert hold(closed, lease) == hold(closed, lease)
    assert closed.hold_body(closed.holds([HoldState.OPEN])[0].id) == ("{}", SealedBody("key", b"sealed"))
    assert closed.hold_counts() == [(DELIVERY, "fence.protected", 1, 30)]


def test_the_books_count_what_is_held(closed: SqlStore) -> None:
    hold_id = hold(closed, leaving(closed, CHILD))
    (balance,) = (one for one in closed.balances() if one.hop == DELIVERY)
    assert (balance.accepted, balance.held) == (1, 1)

    closed.move_hold(hold_id, [HoldState.OPEN], HoldState.REFUSED, HoldAct(9, "a", "refuse", "not theirs to see"))

    (balance,) = (one for one in closed.balances() if one.hop == DELIVERY)
    assert (balance.accepted, balance.held, balance.ends) == (1, 0, {"discarded": 1})
    assert closed.hold_counts() == []


def test_a_refused_message_does_not_go_however_often_it_comes(closed: SqlStore) -> None:
    lease = leaving(closed, CHILD)
    closed.move_hold(
        hold(closed, lease), [HoldState.OPEN], HoldState.REFUSED, HoldAct(9, "a", "refuse", "not theirs to see")
    )

    assert ask(closed, lease) == [Verdict.DUPLICATE]


def test_a_held_release_stands_in_nobodys_way(closed: SqlStore) -> None:
    """Given a state that lowers the protection, held, and a newer one that protects, behind it in their sequence
    Then the newer one goes out, and the older one is superseded when it comes back."""
    lowers = replace(protecting(closed, False), sequenced=True, state_key="flag", version=2)
    raises = replace(protecting(closed, True), sequenced=True, state_key="flag", version=3)
    for one in (lowers, raises):
        place = replace(child(one.message_id), sequence_key="flag")
        closed.settle([settled(new_id(), children=(place,))])
    assert ask(closed, raises) == [Verdict.WAITING]

    kept = NewHold("fence.lowers", 1, "bytes", "delivery.pmh", "{}", SealedBody("key", b""), (), gives_way=True)
    closed.settle([settled(lowers.message_id, Progress.HELD, hop=DELIVERY, sequenced=True, hold=kept)])

    assert ask(closed, raises) == [Verdict.GRANTED]
    closed.settle([sent(raises, sequenced=True)])
    assert ask(closed, lowers) == [Verdict.SUPERSEDED]


def test_the_holds_of_one_message_are_found_by_its_id(store: SqlStore) -> None:
    message, other = new_id(), new_id()
    for version, held in ((1, message), (2, message), (1, other)):
        kept = NewHold("fence.protected", version, "bytes", DELIVERY, "{}", SealedBody("key", b"sealed"), (CHILD,))
        store.settle([settled(held, Progress.HELD, hop=DELIVERY, attempt=version, hold=kept)])

    assert [(one.message_id, one.version) for one in store.holds_of(message)] == [(message, 1), (message, 2)]
    assert store.holds_of(new_id()) == []
