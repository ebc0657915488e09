"""What staff do about holds: look, review, approve by another, refuse. An approval is of that very content."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hub import envelope, pipeline
from hub.clock import now_us
from hub.errors import BrokerUnavailable, Refused
from hub.exchange import Exchange
from hub.message import Message
from hub.pipeline import Failed
from hub.ports.accounts import Actor
from hub.ports.broker import Delivery, Outgoing, Properties, PublishOutcome, Tag
from hub.ports.fence import Fate
from hub.ports.holds import Hold, HoldAct, HoldState
from hub.ports.store import Store
from hub.registry import Registry
from hub.services import Services
from hub.support.expiry import in_time
from hub.support.plans import Bench
from hub.support.sight import seen

_UNDECIDED = (HoldState.OPEN, HoldState.REVIEWED)
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Content:
    """What would leave now. `same`: it is what was held, or what was left of it; else it will be held anew.

    `parts`: codes of the items that can be withheld.
    """

    text: str
    same: bool
    parts: tuple[str, ...]


def found(store: Store, hold_id: int) -> Hold:
    """Raises Refused `hold.unknown`."""
    hold = store.hold(hold_id)
    if hold is None:
        raise Refused("hold.unknown", f"there is no hold {hold_id}")
    return hold


def totals(store: Store, registry: Registry, actor: Actor) -> list[tuple[str, str, int, int]]:
    """(hop, code, count, oldest at) of holds nobody has decided on yet, as far as they are there for the account."""
    if not actor.confined:
        return store.hold_counts()
    found: dict[tuple[str, str], tuple[int, int]] = {}
    after = 0
    while rows := store.holds((*_UNDECIDED, HoldState.APPROVED), after, _PAGE):
        for one in rows:
            if seen(actor, registry, [(one.hop, one.type)]):
                count, oldest = found.get((one.hop, one.code), (0, one.at))
                found[one.hop, one.code] = count + 1, min(oldest, one.at)
        after = rows[-1].id
    return [(hop, code, count, oldest) for (hop, code), (count, oldest) in sorted(found.items())]


def look(
    store: Store, hub: Services, hold_id: int, who: str, reason: str, withhold: Sequence[str] | None = None
) -> Content:
    """Show the content, and keep who looked and why. `withhold`: items to leave out, None: those of the review.

    Raises Refused `hold.unknown`, `hold.part`, `receive.unsealable`, …
    """
    found(store, hold_id)
    store.note_hold(hold_id, HoldAct(now_us(), who, "look", reason))
    return content(store, hub, hold_id, withhold)


def content(store: Store, hub: Services, hold_id: int, withhold: Sequence[str] | None = None) -> Content:
    """What would leave, for those who mask it before anybody sees it. Otherwise as `look`."""
    hold = found(store, hold_id)
    exchange = _prepared(store, hub, hold, withhold)
    wire, parts = exchange.known_wire().content, exchange.known_contract().parts
    same = hub.sealer.digest(wire) == hold.agreed
    codes = () if parts is None else tuple(parts.codes(exchange.known_document()))
    return Content(wire.decode("utf-8", errors="replace"), same, codes)


def review(
    store: Store,
    hub: Services,
    hold_id: int,
    who: str,
    reason: str,
    withhold: Sequence[str] = (),
    ticket: str | None = None,
) -> None:
    """One person says it may go, or what is left of it without the items `withhold`. Said again, the last word counts.

    Raises Refused `hold.unknown`, `hold.state`, `hold.part`.
    """
    hold = found(store, hold_id)
    told = f"{reason} (withheld: {', '.join(withhold)})" if withhold else reason
    act = HoldAct(now_us(), who, "review", told, ticket)
    part = ""
    if withhold:
        part = hub.sealer.digest(_prepared(store, hub, hold, withhold).known_wire().content)
    if not store.review_hold(hold_id, _UNDECIDED, ",".join(withhold), part, act):
        raise _in_another_state(store, hold_id, act, _UNDECIDED)


def approve(bench: Bench, hold_id: int, who: str, reason: str, shown: str | None = None) -> None:
    """Another person agrees, and it goes back into its queue; the lease decides whether the approval still holds.

    `shown`: `Hold.agreed` of what this person has seen, None where nobody says: what it is at this moment.

    Where the fence would let it pass by now (it was lifted, or the person has become known), one person is enough.
    Done again after a failure it goes on where it stopped. Raises Refused `hold.unknown`, `hold.state`,
    `hold.same_person`, `approval.state`, `approval.changed` where it was reviewed anew since; BrokerUnavailable.
    """
    store, hub = bench.store, bench.hub
    hold = found(store, hold_id)
    if hold.state is not HoldState.APPROVED:
        if shown not in (None, hold.agreed):
            raise _reviewed_anew(hold_id)
        passes, reviewed = _passes(store, hub, hold), _review(store, hold_id)
        if not passes and reviewed is not None:
            if reviewed.who == who:
                raise Refused("hold.same_person", "whoever reviewed it cannot approve")
            in_time(reviewed.at, bench.request_hours)
        act = HoldAct(now_us(), who, "approve", reason)
        before = _UNDECIDED if passes else (HoldState.REVIEWED,)
        if not store.move_hold(hold_id, before, HoldState.APPROVED, act, hold.agreed):
            if found(store, hold_id).agreed != hold.agreed:
                raise _reviewed_anew(hold_id)
            raise _in_another_state(store, hold_id, act, before)
    message, digest = opened(store, hub, hold)
    sealed = hub.sealer.seal(message.message_id, message.body)
    outgoing = Outgoing("", hold.queue, sealed.ciphertext, envelope.properties(message, digest, sealed.key_id))
    if bench.broker.publish([outgoing]) != [PublishOutcome.CONFIRMED]:
        raise BrokerUnavailable(f"queue {hold.queue} did not take the message; approve it again")
    store.move_hold(hold_id, (HoldState.APPROVED,), HoldState.RELEASED, HoldAct(now_us(), who, "release", ""))


def refuse(store: Store, hold_id: int, who: str, reason: str) -> None:
    """It does not go; its message ends as discarded. Raises Refused `hold.unknown`, `hold.state`."""
    found(store, hold_id)
    _move(store, hold_id, _UNDECIDED, HoldState.REFUSED, HoldAct(now_us(), who, "refuse", reason))


def reviewer(store: Store, hold_id: int) -> str | None:
    """Who said last that it may go."""
    last = _review(store, hold_id)
    return None if last is None else last.who


def _review(store: Store, hold_id: int) -> HoldAct | None:
    return next((act for act in reversed(store.hold_acts(hold_id)) if act.act == "review"), None)


def prepared(hub: Services, hop: str, message: Message, digest: str) -> Exchange:
    """A message as it would leave now at this hop. Raises what a stage refuses it for."""
    delivery, name = Delivery("", Tag(0, 0), b"", Properties()), hop.partition(".")[2]
    exchange = Exchange(hop, name, delivery, now_us(), trusted=True, message=message, digest=digest)
    done = pipeline.run(pipeline.PREPARE[1:], exchange, hub)
    if isinstance(done, Failed):
        raise done.error
    return done


def opened(store: Store, hub: Services, hold: Hold) -> tuple[Message, str]:
    """The held message and its digest. Raises Refused `receive.unsealable`."""
    text, sealed = store.hold_body(hold.id)
    message, digest = envelope.from_json(text, b"")
    body = hub.sealer.open(message.message_id, sealed)
    # how long people took is told by the age of holds
    return replace(message, body=body, withheld=hold.withheld or message.withheld, accepted_at=now_us()), digest


def _passes(store: Store, hub: Services, hold: Hold) -> bool:
    guard = _prepared(store, hub, hold).guard
    if guard is None:  # nothing leaves the city there any more
        return True
    return store.judge({hold.message_id: (hold.hop, guard)}, now_us())[hold.message_id].fate is Fate.GO


def _prepared(store: Store, hub: Services, hold: Hold, withhold: Sequence[str] | None = None) -> Exchange:
    """As it would leave now. Raises what a stage refuses it for."""
    message, digest = opened(store, hub, hold)
    if withhold is not None:
        message = replace(message, withheld=",".join(withhold))
    return prepared(hub, hold.hop, message, digest)


def _move(store: Store, hold_id: int, before: tuple[HoldState, ...], after: HoldState, act: HoldAct) -> None:
    if not store.move_hold(hold_id, before, after, act):
        raise _in_another_state(store, hold_id, act, before)


def _reviewed_anew(hold_id: int) -> Refused:
    return Refused("approval.changed", f"hold {hold_id} was reviewed anew, for something else than was shown")


def _in_another_state(store: Store, hold_id: int, act: HoldAct, before: Sequence[HoldState]) -> Refused:
    state, needed = found(store, hold_id).state.value, " or ".join(each.value for each in before)
    return Refused("hold.state", f"hold {hold_id} is {state}; {act.act} needs {needed}")
