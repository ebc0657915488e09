"""Leases and settlements against a model that only knows the list of all that happened."""

from dataclasses import dataclass, field

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from hub.ports.store import End, LeaseRequest, LeaseVerdict, Progress, Verdict
from hub.store import SqlStore
from tests.contract.store.samples import DELIVERY, SECOND, new_id, request, sent, settled

MESSAGES = ("m1", "m2", "m3", "m4")
RECORDS = (None, "r1", "r2")
OUTCOMES = (End.DELIVERED, End.DELIVERED, Progress.RETRY, Progress.WAIT, Progress.DEAD)


@dataclass
class Sending:
    """One granted send, as it went."""

    lease: LeaseRequest
    doubt_before: bool
    open: bool = True
    doubt_after: bool = False

    def alive(self, now: int) -> bool:
        return self.open and now < self.lease.deadline


@dataclass
class Model:
    sends: list[Sending] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    ends: dict[str, End] = field(default_factory=dict)
    delivered: set[tuple[str, int]] = field(default_factory=set)  # record, version

    def last(self, message_id: str) -> Sending | None:
        return next((one for one in reversed(self.sends) if one.lease.message_id == message_id), None)

    def open(self, lease: LeaseRequest) -> LeaseVerdict:
        if self.digests.get(lease.message_id, lease.digest) != lease.digest:
            return LeaseVerdict(Verdict.ID_CONFLICT)
        if lease.message_id in self.ends:
            return LeaseVerdict(Verdict.DUPLICATE)
        before = self.last(lease.message_id)
        if before is not None and before.alive(lease.now):
            return LeaseVerdict(Verdict.BUSY)
        record = [one.lease for one in self.sends if lease.state_key and one.lease.state_key == lease.state_key]
        versions = [one for one in record if one.version is not None]
        newest = max((one.version or 0 for one in versions), default=0)
        if lease.version is not None and newest > lease.version:
            return LeaseVerdict(Verdict.SUPERSEDED)
        same = [one for one in versions if one.version == lease.version]
        if lease.version is not None and any(one.digest != lease.digest for one in same):
            return LeaseVerdict(Verdict.VERSION_CONFLICT)
        if any(last.alive(lease.now) for one in record if (last := self.last(one.message_id)) and last.lease == one):
            return LeaseVerdict(Verdict.BUSY)
        if lease.version is not None and (lease.state_key, lease.version) in self.delivered:
            return LeaseVerdict(Verdict.DUPLICATE)
        doubt = before is not None and (before.doubt_after or before.open)
        self.sends.append(Sending(lease, doubt))
        self.digests.setdefault(lease.message_id, lease.digest)
        return LeaseVerdict(Verdict.GRANTED, doubt)

    def settle(self, sending: Sending, outcome: End | Progress, in_doubt: bool) -> None:
        lease = sending.lease
        last = self.last(lease.message_id)
        if isinstance(outcome, End):
            self.ends.setdefault(lease.message_id, outcome)
        if outcome is End.DELIVERED and last is not None and last.lease.state_key is not None:
            record = [one.lease for one in self.sends if one.lease.state_key == last.lease.state_key]
            newest = max((one.version for one in record if one.version is not None), default=None)
            if any(one.version == newest and one.digest == lease.digest for one in record) and newest is not None:
                self.delivered.add((last.lease.state_key, newest))
        if last is sending and (last.open or last.doubt_after):
            last.open = False
        if last is sending:
            last.doubt_after = in_doubt


class Machine(RuleBasedStateMachine):
    store: SqlStore

    @initialize()
    def begin(self) -> None:
        self.run = new_id()
        self.model = Model()
        self.now = 0

    def named(self, name: str | None) -> str | None:
        return None if name is None else f"{name} {self.run}"

    @rule(seconds=st.integers(1, 12))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds * SECOND

    @rule(
        batch=st.lists(
            st.tuples(
                st.sampled_from(MESSAGES),
                st.sampled_from(["a", "a", "b"]),
                st.sampled_from(RECORDS),
                st.sampled_from([None, 1, 2, 3]),
            ),
            min_size=1,
            max_size=4,
        )
    )
    def ask(self, batch: list[tuple[str, str, str | None, int | None]]) -> None:
        requests = []
        for name, digest, record, version in batch:
            self.now += 1
            requests.append(
                request(
                    f"{name} {self.run}",
                    digest=digest,
                    state_key=self.named(record),
                    version=version,
                    now=self.now,
                    deadline=self.now + 10 * SECOND,
                )
            )
        expected = [self.model.open(one) for one in requests]
        assert self.store.open_leases(requests) == expected

    @rule(data=st.data(), outcome=st.sampled_from(OUTCOMES), in_doubt=st.booleans(), twice=st.booleans())
    def settle(self, data: st.DataObject, outcome: End | Progress, in_doubt: bool, twice: bool) -> None:
        if not self.model.sends:
            return
        sending = data.draw(st.sampled_from(self.model.sends))
        self.now += 1
        for _ in range(1 + twice):
            self.store.settle([sent(sending.lease, outcome, in_doubt=in_doubt, settled_at=self.now)])
            self.model.settle(sending, outcome, in_doubt)

    @rule(name=st.sampled_from(MESSAGES), end=st.sampled_from([End.SUPERSEDED, End.DUPLICATE]))
    def end_without_sending(self, name: str, end: End) -> None:
        message_id = f"{name} {self.run}"
        if message_id in self.model.digests:
            self.now += 1
            self.store.settle([settled(message_id, end, hop=DELIVERY, settled_at=self.now)])
            self.model.ends.setdefault(message_id, end)

    @invariant()
    def messages_are_as_in_the_model(self) -> None:
        if hasattr(self, "run"):
            known = self.store.known(DELIVERY, [f"{name} {self.run}" for name in MESSAGES])
            assert {key: found.digest for key, found in known.items()} == self.model.digests
            assert {key: found.end for key, found in known.items() if found.end} == self.model.ends


def test_the_store_agrees_with_the_model(store: SqlStore) -> None:
    run_state_machine_as_test(
        type("BoundMachine", (Machine,), {"store": store}),
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
