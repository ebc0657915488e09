"""The record: every act leaves a row in its own transaction, and where none can be written nothing is done (R47)."""

import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
import rfc8785

from hub.errors import ConfigError
from hub.ports.audit import ACTS, Entry, acting
from hub.ports.cases import CaseRow, CaseState, Cause, Note
from hub.ports.fence import Guard, NewAct, Step
from hub.ports.holds import HoldAct, HoldState, NewHold
from hub.ports.permissions import PermissionList
from hub.ports.plans import NewPlan, PlanState
from hub.ports.store import DeadFilter, End, Progress, SealedBody, Verdict
from hub.store import SqlStore
from tests.audit import audit_key
from tests.contract.store.samples import CHILD, DELIVERY, dead, new_id, request, sent, settled

GUARD = Guard("discloses", (CHILD,), ("TM00000000000002",), None, False, True, "digest of the bytes")
PERSONS = [["subject", [["addressee_number", "h1"], ["individual_number", "h2"]]]]


def rows(store: SqlStore) -> list[dict[str, Any]]:
    return [json.loads(row.text) for row in store.audit_rows()]


def acts(store: SqlStore) -> list[str]:
    return [str(row["act"]) for row in rows(store)]


def ready(store: SqlStore) -> Guard:
    """A registry of fences that lets go what names a known person, and a guard that knows it."""
    position = store.found_fences("epoch", "one", 0, [])
    assert store.confirm_fences("epoch", "another", 0)
    state = store.fence_state()
    assert state is not None
    assert state.at.epoch == position.epoch
    return replace(GUARD, seen=state.at, persons=(CHILD,))


def disclosing(store: SqlStore, message: str, **changes: Any) -> Any:
    return request(message, guard=ready(store), purpose="WF11013", basis="an act of parliament", **changes)


def test_a_row_is_canonical_and_fits_its_hmac(store: SqlStore) -> None:
    entry = Entry("look.body", ("dead:7",), 5, (CHILD,), "a complaint", details={"b": 1, "a": "é"})
    with acting("hanako", "203.0.113.5"):
        store.record([entry])

    (row,) = store.audit_rows()
    said = json.loads(row.text)
    assert said == {
        "v": 1, "tenant": store.tenant, "at": 5, "act": "look.body", "actor": "hanako", "terminal": "203.0.113.5",
        "what": ["dead:7"], "persons": PERSONS, "purpose": "a complaint", "basis": "", "details": {"a": "é", "b": 1},
    }  # fmt: skip
    assert row.text.encode() == rfc8785.dumps(said)
    assert row.mac == hmac.digest(audit_key(), row.text.encode(), sha256).hex()
    assert row.leaf is None


def test_what_nobody_does_is_done_by_the_hub(store: SqlStore) -> None:
    store.record([Entry("permission.keep", ("list:1",), 5)])

    assert [(row["actor"], row["terminal"].partition(":")[0]) for row in rows(store)] == [("hub", "host")]


def test_another_tenant_does_not_see_it(new_store: Callable[[], SqlStore]) -> None:
    one, other = new_store(), new_store()
    one.record([Entry("look.body", ("dead:7",), 5)])

    assert (len(one.audit_rows()), len(other.audit_rows())) == (1, 0)


def test_an_unknown_act_is_a_bug() -> None:
    with pytest.raises(ValueError, match="unknown act"):
        Entry("look.everything", (), 0)


def test_a_disclosure_is_recorded_with_its_intent_and_its_outcome(store: SqlStore) -> None:
    """R47, R48: who is named, why, on which basis, and the bytes' digest; then what became of it."""
    message = new_id()
    lease = disclosing(store, message, now=7)

    (verdict,) = store.open_leases([lease])

    assert verdict.verdict is Verdict.GRANTED
    intent = rows(store)[-1]
    assert (intent["act"], intent["actor"], intent["what"]) == ("disclose.send", "hub", [f"message:{message}"])
    assert (intent["persons"], intent["purpose"], intent["basis"]) == (PERSONS, "WF11013", "an act of parliament")
    assert intent["details"] == {
        "hop": DELIVERY, "edge": "discloses", "type": lease.type, "source": "welfare", "correlation": message,
        "attempt": 1, "lease": 7, "digest": "digest of the bytes", "items": "TM00000000000002",
    }  # fmt: skip

    store.settle([sent(lease, End.DELIVERED, disclosed=(CHILD,))])

    outcome = rows(store)[-1]
    assert (outcome["act"], outcome["what"], outcome["persons"]) == (
        "disclose.outcome",
        [f"message:{message}"],
        PERSONS,
    )
    assert outcome["details"] == {
        "hop": DELIVERY, "type": "welfare.eligibility", "attempt": 1, "lease": 7, "outcome": "delivered",
    }  # fmt: skip


def test_a_send_in_doubt_says_so(store: SqlStore) -> None:
    message = new_id()
    lease = disclosing(store, message, now=7)
    store.open_leases([lease])
    store.settle([sent(lease, Progress.RETRY, code="deliver.in_doubt", in_doubt=True, disclosed=(CHILD,))])
    again = replace(lease, now=20_000_000, deadline=30_000_000, attempt=2)

    store.open_leases([again])

    outcome, intent = (row["details"] for row in rows(store)[-2:])
    assert (outcome["outcome"], outcome["code"], outcome["in_doubt"]) == ("retry", "deliver.in_doubt", 1)
    assert (intent["attempt"], intent["prior"]) == (2, "in_doubt")


def test_what_is_not_granted_or_stays_in_the_city_is_no_disclosure(store: SqlStore) -> None:
    message, other = new_id(), new_id()
    lease = disclosing(store, message)
    store.open_leases([lease])
    before = acts(store)

    refused = store.open_leases([replace(lease, owner="worker 2", now=1), request(other)])
    store.settle([sent(request(other))])

    assert [one.verdict for one in refused] == [Verdict.BUSY, Verdict.GRANTED]
    assert acts(store) == before


class NoKey:
    """A key file that becomes unreadable."""

    def __init__(self) -> None:
        self.there = True

    def __call__(self) -> bytes:
        if not self.there:
            raise ConfigError("master.key cannot be read", "config.key_file")
        return audit_key()


@pytest.fixture
def keyless(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> NoKey:
    key = NoKey()
    monkeypatch.setattr(store, "_audit_key", key)
    return key


def test_what_cannot_be_recorded_does_not_leave(store: SqlStore, keyless: NoKey) -> None:
    """Promise 3: no row, no lease; with the row it goes."""
    message = new_id()
    lease = disclosing(store, message)
    keyless.there = False

    with pytest.raises(ConfigError):
        store.open_leases([lease])

    assert store.known(DELIVERY, [message]) == {}
    keyless.there = True
    assert store.open_leases([lease])[0].verdict is Verdict.GRANTED


def test_what_cannot_be_recorded_is_not_done(store: SqlStore, keyless: NoKey) -> None:
    store.settle([dead(new_id())])
    (letter,) = store.dead_letters(DeadFilter())
    before = acts(store)
    keyless.there = False

    for act in (
        lambda: store.discard(letter.id, "hanako", "of no use"),
        lambda: store.set_paused("pmh", "maintenance"),
        lambda: store.record_acts([NewAct(Step.RAISE, "welfare", CHILD, "", "hanako", 0)]),
        lambda: store.create_plan(NewPlan(DeadFilter(), "hanako", "again")),
    ):
        with pytest.raises(ConfigError):
            act()

    assert [one.state for one in store.dead_letters(DeadFilter(state=None))] == ["open"]
    assert not store.circuit("pmh").paused
    assert store.acts() == []
    assert store.plans() == []
    assert acts(store) == before


def test_dead_letters_sent_again_and_closed(store: SqlStore) -> None:
    store.settle([dead(new_id()), dead(new_id())])
    first, second = store.dead_letters(DeadFilter())

    store.discard(first.id, "hanako", "of no use")
    store.claim_replay(second.id, "taro", "mended")
    assert not store.discard(first.id, "hanako", "of no use")  # nothing happens: nothing is recorded

    assert [(row["act"], row["actor"], row["what"], row["purpose"], row["persons"]) for row in rows(store)] == [
        ("dead.discard", "hanako", [f"dead:{first.id}", f"message:{first.message_id}"], "of no use", PERSONS),
        ("dead.replay", "taro", [f"dead:{second.id}", f"message:{second.message_id}"], "mended", PERSONS),
    ]


def test_a_replay_plan_from_its_making_to_its_end(store: SqlStore) -> None:
    store.settle([dead(new_id())])
    plan = store.create_plan(NewPlan(DeadFilter(), "hanako", "mended"))
    (item,) = store.plan_items(plan.id)
    with acting("taro", "shell:host:pts"):
        assert store.enter_plan(plan.id, "runner", 0, 10, [PlanState.PLANNED])
        assert store.claim_items(plan.id, "runner", [item.dead_id], 1) == [item.dead_id]
        assert store.move_plan(plan.id, [PlanState.RUNNING], PlanState.PAUSED)
        assert not store.move_plan(plan.id, [PlanState.RUNNING], PlanState.PAUSED)
        assert store.move_plan(plan.id, [PlanState.PAUSED], PlanState.CANCELLED)

    assert [(row["act"], row["actor"]) for row in rows(store)] == [
        ("replay.create", "hanako"), ("replay.start", "taro"), ("dead.replay", "hanako"), ("replay.pause", "taro"),
        ("replay.cancel", "taro"),
    ]  # fmt: skip
    assert all(f"plan:{plan.id}" in row["what"] for row in rows(store))
    assert rows(store)[2]["persons"] == PERSONS


def test_looks_at_a_hold_and_decisions_on_it(store: SqlStore) -> None:
    kept = NewHold("fence.protected", 1, "bytes", DELIVERY, "{}", SealedBody("key 1", b"x"), (CHILD,))
    message = new_id()
    store.settle([settled(message, Progress.HELD, hop=DELIVERY, hold=kept)])
    (hold,) = store.holds([HoldState.OPEN])

    store.note_hold(hold.id, HoldAct(1, "hanako", "look", "to decide"))
    store.review_hold(hold.id, [HoldState.OPEN], "TM1", "part of the bytes", HoldAct(2, "hanako", "review", "may go"))
    store.move_hold(hold.id, [HoldState.REVIEWED], HoldState.REFUSED, HoldAct(3, "taro", "refuse", "may not"))
    assert not store.move_hold(hold.id, [HoldState.OPEN], HoldState.APPROVED, HoldAct(4, "taro", "approve", "late"))

    assert [(row["act"], row["actor"], row["purpose"], row["details"]["digest"]) for row in rows(store)] == [
        ("hold.look", "hanako", "to decide", "bytes"),
        ("hold.review", "hanako", "may go", "part of the bytes"),
        ("hold.refuse", "taro", "may not", "part of the bytes"),
    ]
    assert all(row["what"] == [f"hold:{hold.id}", f"message:{message}"] for row in rows(store))
    assert all(row["persons"] == PERSONS for row in rows(store))


def test_acts_of_the_fence_name_the_person(store: SqlStore) -> None:
    store.record_acts([NewAct(Step.RAISE, "welfare", CHILD, "TM1", "hanako", 9, reason="dv")])

    (row,) = rows(store)
    assert (row["act"], row["actor"], row["at"], row["persons"]) == ("fence.raise", "hanako", 9, PERSONS)
    assert row["what"] == [f"measure:{store.acts()[0].measure}"]
    assert row["details"] == {"source": "welfare", "item": "TM1"}


def test_cases_connectors_and_lists(store: SqlStore) -> None:
    case = CaseRow("CASE-1", Cause("hub.defect", "delivery.pmh", "x"), CaseState.INVESTIGATING, "hanako", None)
    store.write_case(case, Note(1, "hanako", "take", "what was said is not repeated"))
    with acting("taro", "shell"):
        store.set_paused("pmh", "maintenance")
        store.set_paused("pmh", None)
    store.keep_list(PermissionList(3, 0, 1, frozenset()), 4)
    store.keep_list(PermissionList(3, 0, 1, frozenset()), 5)

    assert [(row["act"], row["actor"], row["what"]) for row in rows(store)] == [
        ("case.take", "hanako", ["case:CASE-1"]),
        ("connector.pause", "taro", ["connector:pmh"]),
        ("connector.resume", "taro", ["connector:pmh"]),
        ("permission.keep", "hub", ["list:3"]),
    ]
    assert "repeated" not in "".join(row.text for row in store.audit_rows())


def test_every_act_is_described_in_one_line() -> None:
    assert all(text and "\n" not in text for text in ACTS.values())
