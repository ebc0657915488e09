"""Requests: decided once, by another, in time; and everything that waits for a second person in one list."""

from collections.abc import Callable

import pytest

from hub.ports.edits import EditState
from hub.ports.holds import HoldAct, HoldState, NewHold
from hub.ports.requests import Request, RequestKind, RequestState, Waiting
from hub.ports.store import DeadFilter, Progress, SealedBody
from hub.store import SqlStore
from tests.contract.store.samples import CHILD, DELIVERY, asked, dead, draft, new_id, settled

ALL = tuple(RequestState)
BEFORE, AFTER = 99, 100  # the sample expires at 100


def found(store: SqlStore, request_id: int, now: int = BEFORE) -> Request:
    request = store.request(request_id, now)
    assert request is not None
    return request


def states(store: SqlStore, now: int) -> list[RequestState]:
    return [one.state for one in store.requests(ALL, now)]


def test_a_request_is_found_as_it_was_asked(new_store: Callable[[], SqlStore]) -> None:
    store = new_store()
    new = asked()
    request_id = store.add_request(new)

    one = found(store, request_id)

    assert one.state is RequestState.OPEN
    assert {name: getattr(one, name) for name in new.__slots__} == {name: getattr(new, name) for name in new.__slots__}
    assert store.requests([RequestState.OPEN], BEFORE) == [one]
    assert store.requests([RequestState.OPEN], BEFORE, after_id=request_id) == []
    assert store.request(request_id + 1, BEFORE) is None


def test_it_is_decided_once_and_then_done(new_store: Callable[[], SqlStore]) -> None:
    store = new_store()
    request_id = store.add_request(asked())
    store.finish_request(request_id)
    assert found(store, request_id).state is RequestState.OPEN, "nobody has agreed"

    assert store.decide_request(request_id, RequestState.APPROVED, "supervisor", "right", 60)

    one = found(store, request_id)
    assert (one.state, one.decided_by, one.decided_reason, one.decided_at) == (
        RequestState.APPROVED, "supervisor", "right", 60,
    )  # fmt: skip
    for late in (RequestState.REFUSED, RequestState.WITHDRAWN, RequestState.APPROVED):
        assert not store.decide_request(request_id, late, "other", "late", 61)
    store.finish_request(request_id)
    assert found(store, request_id, AFTER).state is RequestState.DONE, "what was done does not expire"


def test_nobody_approves_their_own_and_everybody_may_take_it_back(new_store: Callable[[], SqlStore]) -> None:
    store = new_store()
    request_id = store.add_request(asked())
    assert not store.decide_request(request_id, RequestState.APPROVED, "clerk", "mine", 60)
    assert store.decide_request(request_id, RequestState.WITHDRAWN, "clerk", "a mistake", 60)


@pytest.mark.parametrize("approved", [False, True])
def test_what_nobody_used_in_time_is_expired(new_store: Callable[[], SqlStore], approved: bool) -> None:
    store = new_store()
    request_id = store.add_request(asked())
    if approved:
        assert store.decide_request(request_id, RequestState.APPROVED, "supervisor", "right", 60)

    assert states(store, BEFORE) == [RequestState.APPROVED if approved else RequestState.OPEN]
    assert states(store, AFTER) == [RequestState.EXPIRED]
    assert not store.decide_request(request_id, RequestState.APPROVED, "other", "late", AFTER)
    assert store.waiting(AFTER) == store.waiting_counts(AFTER) == []
    assert store.request_for(RequestKind.DISCARD, [1, 2], AFTER) is None


def test_the_newest_that_stands_is_found_by_what_it_is_about(new_store: Callable[[], SqlStore]) -> None:
    store = new_store()
    plan = {"kind": RequestKind.REPLAY, "subjects": (7,)}
    first = store.add_request(asked(**plan))
    store.decide_request(first, RequestState.REFUSED, "supervisor", "no", 60)
    store.add_request(asked(**plan | {"subjects": (7, 8)}))
    assert store.request_for(RequestKind.REPLAY, [7], BEFORE) is None

    second, third = store.add_request(asked(**plan)), store.add_request(asked(**plan))

    assert second < third
    assert store.request_for(RequestKind.REPLAY, [7], BEFORE) == found(store, third)
    assert store.request_for(RequestKind.DISCARD, [7], BEFORE) is None


def test_everything_that_waits_for_a_second_person_is_listed_and_counted(new_store: Callable[[], SqlStore]) -> None:
    """Given one of everything that takes two persons, half of it with nobody's word or decided already
    When it is listed
    Then there is what waits, with its first person and since when
    """
    store = new_store()
    discard = store.add_request(asked())
    store.add_request(asked(expires_at=51))
    store.settle([dead(buried := new_id())])
    [letter] = store.dead_letters(DeadFilter(message_id=buried))
    edit = store.propose_edit(draft(letter.id))
    erasure = store.ask_erasure(CHILD.aliases, "officer", "asked by the person", "T-2", 40)
    refused = store.ask_erasure(CHILD.aliases, "officer", "twice", None, 41)
    assert store.refuse_erasure(refused, "supervisor", "twice", 42)
    for _ in range(2):
        kept = NewHold("fence.protected", 1, "digest", DELIVERY, "{}", SealedBody("key", b"sealed"), (CHILD,))
        store.settle([settled(new_id(), Progress.HELD, hop=DELIVERY, hold=kept)])
    reviewed, _open = (one.id for one in store.holds([HoldState.OPEN]))
    for at, who in ((30, "first"), (31, "reviewer")):
        assert store.review_hold(
            reviewed, [HoldState.OPEN, HoldState.REVIEWED], "", "", HoldAct(at, who, "review", "seen", "T-3")
        )
    store.note_hold(reviewed, HoldAct(32, "other", "look", "curious"))

    listed = store.waiting(60)

    scope = ((DELIVERY, letter.type),)
    assert {one.kind: one for one in listed} == {
        "discard": Waiting("discard", str(discard), "clerk", 50, "sent anew", "T-1", 100, asked().scope),
        "edit": Waiting("edit", str(edit), "clerk", 50, "a wrong date", "T-1", scope=scope),
        "erasure": Waiting("erasure", str(erasure), "officer", 40, "asked by the person", "T-2"),
        "hold": Waiting("hold", str(reviewed), "reviewer", 31, "seen", "T-3", scope=scope),
    }
    assert len(listed) == 4
    assert sorted(store.waiting_counts(60)) == [
        ("discard", 1, 50),
        ("edit", 1, 50),
        ("erasure", 1, 40),
        ("hold", 1, 31),
    ]
    assert edit is not None
    assert store.decide_edit(edit, EditState.REFUSED, "supervisor", "no", 60)
    assert new_store().waiting(60) == []
    assert {one.kind for one in store.waiting(60)} == {"discard", "erasure", "hold"}


def test_another_tenant_sees_and_decides_nothing(new_store: Callable[[], SqlStore]) -> None:
    first, second = new_store(), new_store()
    request_id = first.add_request(asked())

    assert second.request(request_id, BEFORE) is None
    assert second.requests(ALL, BEFORE) == second.waiting(BEFORE) == second.waiting_counts(BEFORE) == []
    assert second.request_for(RequestKind.DISCARD, [1, 2], BEFORE) is None
    assert not second.decide_request(request_id, RequestState.APPROVED, "other", "right", 60)
    assert first.decide_request(request_id, RequestState.APPROVED, "supervisor", "right", 60)
    second.finish_request(request_id)
    assert found(first, request_id).state is RequestState.APPROVED
