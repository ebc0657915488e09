"""May this message be sent now? The rules, on what a transaction has read of one hop; no database here.

circuit ─▶ this id's content ─▶ its end ─▶ its own lease ─▶ its place ─▶ the record's version ─▶ the fence
  ─▶ the record's lease ─▶ the partner's rate ─▶ granted

The fence is asked after the versions: what is given up anyway need not be looked at by people.

An older version is given up at once, not only when the newer send is over: whatever becomes of that one, the older must
not follow it.
"""

from dataclasses import dataclass, field, replace

from hub.circuit import SEND
from hub.ports.fence import Fate, Judgement
from hub.ports.store import Known, LeaseRequest, LeaseVerdict, Verdict


@dataclass(frozen=True, slots=True)
class Lease:
    """The latest send of a message. `deadline` None: it was settled. `in_doubt`: see `hub.store.tables.leases`."""

    owner: str
    state_key: str | None
    opened_at: int
    deadline: int | None
    in_doubt: bool
    attempt: int

    def alive(self, now: int) -> bool:
        return self.deadline is not None and self.deadline > now


@dataclass(frozen=True, slots=True)
class Version:
    """The newest version of a record that was sent. `delivered`: and is known to have arrived."""

    version: int
    digest: str
    delivered: bool


@dataclass(frozen=True, slots=True)
class Grant:
    request: LeaseRequest
    prior_in_doubt: bool


@dataclass(slots=True)
class Hop:
    """What is known at one hop: messages and leases by message id, versions by state key.

    `leases` holds those of the requested messages and the open ones of the requested state keys.
    `ahead`: for requested messages with a place in a sequence: whether an earlier one of their record has no end.
    `allowance`: millionths of sends the partner's rate still allows, None for no limit.
    `fates`: what the fence says to those that leave the city.
    `grants` and what follows from them are added by `decide`, so a batch is judged as if one by one.
    `shortened`: deadlines by message id that were too far ahead to be believed, see `_believe`.
    """

    known: dict[str, Known]
    leases: dict[str, Lease]
    versions: dict[str, Version]
    ahead: dict[str, bool] = field(default_factory=dict)
    allowance: int | None = None
    fates: dict[str, Judgement] = field(default_factory=dict)
    grants: list[Grant] = field(default_factory=list)
    shortened: dict[str, int] = field(default_factory=dict)
    _sending: dict[str, set[str]] = field(init=False)  # message ids by the state key of their lease

    def __post_init__(self) -> None:
        self._sending = {}
        for message_id, lease in self.leases.items():
            if lease.state_key is not None:
                self._sending.setdefault(lease.state_key, set()).add(message_id)

    def decide(self, request: LeaseRequest, may_send: bool) -> LeaseVerdict:
        """`may_send`: what the connector's circuit says to this owner."""
        if not may_send:
            return LeaseVerdict(Verdict.CIRCUIT_OPEN)
        known = self.known.get(request.message_id)
        if known is not None and known.digest != request.digest:
            return LeaseVerdict(Verdict.ID_CONFLICT)
        if known is not None and known.end is not None:
            return LeaseVerdict(Verdict.DUPLICATE)
        self._believe(request)
        own = self.leases.get(request.message_id)
        if own is not None and own.alive(request.now):
            return self._granted_before(request, own) or LeaseVerdict(Verdict.BUSY)
        if request.sequenced and (waits := self._waits(request.message_id)) is not None:
            return LeaseVerdict(waits)
        stored = self.versions.get(request.state_key or "") if request.version is not None else None
        if stored is not None and request.version is not None:
            if stored.version > request.version:
                return LeaseVerdict(Verdict.SUPERSEDED)
            if stored.version == request.version and stored.digest != request.digest:
                return LeaseVerdict(Verdict.VERSION_CONFLICT)
        if (stopped := self._stopped(request.message_id)) is not None:
            return stopped
        if self._record_is_busy(request):
            return LeaseVerdict(Verdict.BUSY)
        if stored is not None and stored.version == request.version and stored.delivered:
            return LeaseVerdict(Verdict.DUPLICATE)
        if self.allowance is not None and self.allowance < SEND:
            return LeaseVerdict(Verdict.THROTTLED)
        return self._grant(request, own)

    def _stopped(self, message_id: str) -> LeaseVerdict | None:
        """What the fence does not let pass. Who is named may be unknown only as long as its intake is not committed."""
        fate = self.fates.get(message_id)
        match None if fate is None else fate.fate:
            case None | Fate.GO:
                return None
            case Fate.UNREADY:
                return LeaseVerdict(Verdict.UNREADY)
            case Fate.UNSHIELDED:
                return LeaseVerdict(Verdict.UNSHIELDED)
        if fate is not None and fate.unknown and message_id not in self.known:
            return LeaseVerdict(Verdict.UNPLACED)
        return LeaseVerdict(Verdict.HELD, judgement=fate)

    def _believe(self, request: LeaseRequest) -> None:
        """No lease ends later than one whole lease from now: one beyond that was written by a clock ahead of ours.

        Whoever wrote it began before now, so it is over by then. Without this, a clock that was an hour ahead and was
        put right would keep what it had abandoned, and all of the same record, for an hour.
        """
        latest = request.deadline
        for message_id in {request.message_id, *self._sending.get(request.state_key or "", ())}:
            lease = self.leases.get(message_id)
            if lease is not None and lease.deadline is not None and lease.deadline > latest:
                self.leases[message_id] = replace(lease, deadline=latest)
                if all(grant.request.message_id != message_id for grant in self.grants):
                    self.shortened[message_id] = latest

    def _waits(self, message_id: str) -> Verdict | None:
        ahead = self.ahead.get(message_id)
        if ahead is None:  # accepted before its route kept an order, or not accepted yet
            return None if message_id in self.known else Verdict.UNPLACED
        return Verdict.WAITING if ahead else None

    def _granted_before(self, request: LeaseRequest, own: Lease) -> LeaseVerdict | None:
        """The same request again: its answer was lost with the connection to the database."""
        again = own.owner == request.owner and own.opened_at == request.now
        if again and all(grant.request.message_id != request.message_id for grant in self.grants):
            return LeaseVerdict(Verdict.GRANTED, own.in_doubt, own.attempt)
        return None

    def _record_is_busy(self, request: LeaseRequest) -> bool:
        if request.state_key is None:
            return False
        others = self._sending.get(request.state_key, set()) - {request.message_id}
        return any(self.leases[message_id].alive(request.now) for message_id in others)

    def _grant(self, request: LeaseRequest, own: Lease | None) -> LeaseVerdict:
        # what is open and not alive was abandoned
        in_doubt = own is not None and (own.in_doubt or own.deadline is not None)
        if self.allowance is not None:
            self.allowance -= SEND
        self.grants.append(Grant(request, in_doubt))
        if own is not None and own.state_key is not None:
            self._sending[own.state_key].discard(request.message_id)
        self.known.setdefault(request.message_id, Known(request.digest, None))
        self.leases[request.message_id] = Lease(
            request.owner, request.state_key, request.now, request.deadline, in_doubt, request.attempt
        )
        if request.state_key is not None:
            self._sending.setdefault(request.state_key, set()).add(request.message_id)
            if request.version is not None:
                self.versions[request.state_key] = Version(request.version, request.digest, False)
        return LeaseVerdict(Verdict.GRANTED, in_doubt, own.attempt if own is not None else 0)
