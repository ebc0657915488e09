"""Three kinds of accident that were published, in every order in which their events can arrive.

After each event somebody tries to send; whatever came first, nothing about the person leaves from the first raise on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count, permutations
from types import SimpleNamespace

import pytest

from hub import fence as rules
from hub.documents.marks import Measure
from hub.ports.fence import Guard
from hub.ports.persons import Alias, PersonRef
from hub.ports.store import Progress, Verdict
from hub.stages import protect
from hub.store import SqlStore, migrate
from hub.support import fences
from tests.audit import audit_key
from tests.contract.store.samples import DELIVERY, new_id, request, settled

NUMBER, NATIONAL = Alias("addressee_number", "the child's"), Alias("integrated_number", "the child's, national")
CHILD, BY_NATIONAL = PersonRef("child", (NUMBER,)), PersonRef("child", (NATIONAL,))
FATHER = PersonRef("guardian", (Alias("addressee_number", "the father's"),))
SET_1 = Measure("welfare", "", True, "domestic_violence", 1, "K1")
RELEASE_2 = Measure("welfare", "", False, "domestic_violence", 2, "K2")
SET_3 = Measure("welfare", "", True, "domestic_violence", 3, "K3")

Event = Callable[[SqlStore], object]


@pytest.fixture
def stores(sqlite_url: str) -> Iterator[Callable[[], SqlStore]]:
    """A city of its own for each order, with a registry that was confirmed while nobody was protected."""
    migrate(sqlite_url)
    made: list[SqlStore] = []
    numbers = count()

    def make() -> SqlStore:
        made.append(SqlStore(sqlite_url, f"synthetic {next(numbers)}", audit_key))
        fences.load(made[-1], [], "a clerk")
        fences.complete(made[-1], "a supervisor")
        return made[-1]

    yield make
    for store in made:
        store.close()


def hears(measure: Measure) -> Event:
    """The message arrives; it may arrive again."""

    def event(store: SqlStore) -> None:
        hub = SimpleNamespace(fences=store, remember=lambda _at: None)
        protect._measured([measure], [CHILD], hub)  # type: ignore[arg-type]

    return event


def sends(store: SqlStore, *persons: PersonRef) -> Verdict:
    state = store.fence_state()
    assert state is not None
    guard = Guard("discloses", persons, (), None, False, False, "bytes", state.at)
    lease = request(new_id(), guard=guard)
    store.settle([settled(lease.message_id, Progress.WAIT, hop=DELIVERY)])  # accepted
    return store.open_leases([lease])[0].verdict


def one(store: SqlStore) -> rules.Standing:
    (found,) = rules.standings(store.acts())
    return found


def test_a_release_list_made_before_a_protection_was_renewed_and_executed_after(
    stores: Callable[[], SqlStore],
) -> None:
    events = [hears(SET_1), hears(RELEASE_2), hears(SET_3), hears(RELEASE_2)]
    orders = list(permutations(events))
    assert len(orders) == 24
    for order in orders:
        store, raised = stores(), False
        for event in order:
            event(store)
            raised = raised or event in (events[0], events[2])
            assert sends(store, CHILD) is (Verdict.HELD if raised else Verdict.GRANTED)
        assert one(store).raised.version in (1, 3)
        # whoever looks is told that the release is older than the newest raise, or that a raise came late
        assert one(store).stale_release or one(store).conflict or one(store).released is None


def test_a_list_that_has_lost_somebody(stores: Callable[[], SqlStore]) -> None:
    """A change of system: the full list is loaded again, without the child, and two persons confirm it."""

    def reload(store: SqlStore) -> None:
        told.append(fences.load(store, [], "a clerk").missing)
        fences.complete(store, "a supervisor")

    told: list[Sequence[str]] = []
    events = [hears(SET_1), reload, hears(SET_1), hears(RELEASE_2)]
    for order in permutations(events):
        store, raised = stores(), False
        told.clear()
        for event in order:
            before = raised
            event(store)
            raised = raised or event in (events[0], events[2])
            assert sends(store, CHILD) is (Verdict.HELD if raised else Verdict.GRANTED)
            if event is reload:
                assert bool(told[0]) is before  # what is closed here and not on the list is shown


def test_a_notice_to_the_other_parent_after_the_household_was_split(stores: Callable[[], SqlStore]) -> None:
    """The notice names the father, who is nobody's danger to himself, and the child by another number."""

    def numbered(store: SqlStore) -> None:
        store.settle([settled(new_id(), links=(PersonRef("child", (NUMBER, NATIONAL)),))])

    def moved(store: SqlStore) -> None:
        """The household changes; father and child are named together, and stay two persons."""
        store.settle([settled(new_id(), links=(PersonRef("head", FATHER.aliases), CHILD))])

    raised_by = hears(SET_1)
    for order in permutations([raised_by, numbered, moved]):
        store, seen = stores(), set()
        for event in order:
            event(store)
            seen.add(event)
            closed = raised_by in seen or numbered not in seen
            assert sends(store, FATHER, BY_NATIONAL) is (Verdict.HELD if closed else Verdict.GRANTED)
            assert sends(store, FATHER) is Verdict.GRANTED
