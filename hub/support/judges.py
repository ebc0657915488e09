"""The dry run: what would become of a dead letter if it were replayed now. Nothing is sent and nothing is changed.

Each judge looks at one thing, in the order of `JUDGES`, and the first that has something to say is believed:

    sender_only ─▶ legible ─▶ ended ─▶ valid ─▶ protected ─▶ newest ─▶ turn ─▶ would be delivered

The judges run the very stages of the pipeline; the hop itself decides again when the message comes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from hub import pipeline
from hub.catalogue import in_words
from hub.clock import now_us
from hub.errors import Refused
from hub.exchange import Exchange, Output
from hub.message import Message
from hub.pipeline import Failed
from hub.ports.broker import Delivery, Properties, Tag
from hub.ports.fence import Fate, Judgement
from hub.ports.plans import Item, Judged, Prospect
from hub.ports.store import End, Known, SealedBody, Store
from hub.services import Services
from hub.stages.permit import permit
from hub.stages.protect import protect
from hub.support.replay import BODIES, replayable, unsealed


def permit_only(exchange: Exchange, hub: Services) -> Exchange:
    """What `permit` decides, without keeping a list of permitted inquiries."""
    return exchange if exchange.known_contract().permissions is not None else permit(exchange, hub)


# Without `receive`: what it would open is open here. A dry run writes nothing: it raises no fence and keeps no list.
_INTAKE = tuple(
    permit_only if stage is permit else stage
    for stage in (*pipeline.OPEN[1:], *pipeline.INTAKE)
    if stage is not protect
)
_PREPARE = pipeline.PREPARE[1:]

# what is said of an item; the console has each of these in Japanese
STALE = "a newer version of its record was sent"
CONFLICT = "the same version was sent with other content"
SENT = "the same version with the same content was delivered"
BEHIND = "behind an earlier one of its record, which is not in its end"
WOULD_HOLD = "it would be held"
ENDED = "it ended here as {}"
RAISED = "raised: {}"


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of one item. `seen`: the exchange as far as the stages came, or why they refused.
    `outgoing`: keyed digest of the bytes that would leave.
    `raised`: the upcasts it would go through, in words, as its version is none of today's.
    `newest`, `behind` and `fence` as the store has them for its hop; they are asked for all items of a page at once.
    """

    item: Item
    message: Message | None = None
    fault: Refused | None = None
    known: Known | None = None
    seen: Exchange | Failed | None = None
    outgoing: str | None = None
    raised: str | None = None
    newest: tuple[int, str, bool] | None = None
    behind: bool = False
    fence: Judgement | None = None

    @property
    def prepared(self) -> Exchange | None:
        """At a delivery hop, what would leave."""
        return self.seen if isinstance(self.seen, Exchange) and self.item.hop.startswith("delivery.") else None


Verdict = tuple[Prospect, str | None]
Judge = Callable[[Look], Verdict | None]


def sender_only(look: Look) -> Verdict | None:
    """What the door refused must come through the door."""
    return None if replayable(look.item.code) else (Prospect.SENDER_ONLY, look.item.code)


def legible(look: Look) -> Verdict | None:
    """Its body can be opened."""
    return (Prospect.INVALID, look.fault.code) if look.fault is not None else None


def ended(look: Look) -> Verdict | None:
    """It has its end at this hop by another copy."""
    end = None if look.known is None else look.known.end
    if end is None:
        return None
    prospect = Prospect.SUPERSEDED if end is End.SUPERSEDED else Prospect.ALREADY
    return prospect, ENDED.format(end.value)


def valid(look: Look) -> Verdict | None:
    """Today's contracts, grants, mappings, routes and edges take it."""
    if isinstance(look.seen, Failed):
        error = look.seen.error
        return Prospect.INVALID, f"{error.code}: {getattr(error, 'detail', '')}".rstrip(": ")
    return None


def protected(look: Look) -> Verdict | None:
    """It would disclose a person protected by now: it would be held for people to look at, not go out."""
    if look.fence is None or look.fence.fate is not Fate.HELD:
        return None
    return Prospect.PROTECTED, f"{look.fence.code}: {WOULD_HOLD}"


def newest(look: Look) -> Verdict | None:
    """Versions only move forward (promise 4)."""
    exchange = look.prepared
    if exchange is None or look.newest is None or exchange.state_version is None:
        return None
    version, digest, delivered = look.newest
    if version > exchange.state_version:
        return Prospect.SUPERSEDED, STALE
    if version == exchange.state_version and digest != exchange.digest:
        return Prospect.INVALID, f"order.conflict: {CONFLICT}"
    if version == exchange.state_version and delivered:
        return Prospect.ALREADY, SENT
    return None


def turn(look: Look) -> Verdict | None:
    """An earlier message of its record has no end yet."""
    return (Prospect.WAITS, BEHIND) if look.behind else None


JUDGES: tuple[Judge, ...] = (sender_only, legible, ended, valid, protected, newest, turn)


def judge(items: Sequence[Item], store: Store, hub: Services) -> list[Judged]:
    """Judge a page of items. Raises StoreUnavailable."""
    looks = [look for at in range(0, len(items), BODIES) for look in _looked_at(items[at : at + BODIES], store, hub)]
    return [_judged(look) for look in _asked(looks, store)]


def _judged(look: Look) -> Judged:
    said = next((verdict for one in JUDGES if (verdict := one(look)) is not None), (Prospect.DELIVER, look.raised))
    exchange = look.prepared
    record = None if exchange is None else exchange.state_key
    differs = look.outgoing is not None and look.item.was is not None and look.outgoing != look.item.was
    return Judged(look.item.dead_id, *said, outgoing=look.outgoing, record=record, differs=differs)


def _looked_at(items: Sequence[Item], store: Store, hub: Services) -> Iterator[Look]:
    bodies = store.dead_bodies([item.dead_id for item in items])
    for item in items:
        found = bodies.get(item.dead_id)
        if found is None:  # deleted in this very moment (R61)
            yield Look(item, fault=Refused("letter.unknown", f"there is no failed message {item.dead_id}"))
        else:
            yield _looked(item, *found, hub)


def _looked(item: Item, text: str, sealed: SealedBody, hub: Services) -> Look:
    try:
        message, digest = unsealed(hub.sealer, text, sealed)
    except Refused as fault:
        return Look(item, fault=fault)
    seen = tried(item.hop, message, digest, hub)
    leaves = None
    if isinstance(seen, Exchange) and item.hop.startswith("delivery."):
        leaves = hub.sealer.digest(seen.known_wire().content)
    return Look(item, message, seen=seen, outgoing=leaves, raised=_raised(item.hop, message, seen, hub))


def _raised(hop: str, message: Message, seen: Exchange | Failed, hub: Services) -> str | None:
    if isinstance(seen, Failed):
        return None
    side, _, name = hop.partition(".")
    registry, key = hub.registry, (message.type, message.version)
    steps = registry.way_in(*key) if side == "intake" else registry.way_out(*key, name)[0]
    words = in_words(steps)
    return RAISED.format(words) if words else None


def tried(hop: str, message: Message, digest: str, hub: Services) -> Exchange | Failed:
    """How far today's stages take it, at intake and then at each hop that it would cause. Nothing is sent."""
    side, _, name = hop.partition(".")
    exchange = _exchange(hop, name, message, digest)
    if side == "delivery":
        return _prepared(exchange, hub)
    taken_in = pipeline.run(_INTAKE, exchange, hub)
    if isinstance(taken_in, Failed):
        return taken_in
    refused = (seen for output in taken_in.outputs if isinstance(seen := _output(output, hub), Failed))
    return next(refused, taken_in)


def _output(output: Output, hub: Services) -> Exchange | Failed:
    """One that is caused at intake, at its own hop. Its refusal says which partner it was meant for."""
    name = output.hop.partition(".")[2]
    seen = _prepared(_exchange(output.hop, name, output.message, output.digest), hub)
    if isinstance(seen, Failed):
        return replace(seen, error=pipeline.Bug(seen.error.code, f"on its way to {name}: {seen.error.detail}"))
    return seen


def _prepared(exchange: Exchange, hub: Services) -> Exchange | Failed:
    return pipeline.run(_PREPARE, exchange, hub)


def _exchange(hop: str, name: str, message: Message, digest: str) -> Exchange:
    delivery = Delivery("", Tag(0, 0), b"", Properties())
    return Exchange(hop, name, delivery, now_us(), trusted=True, message=message, digest=digest)


def _asked(looks: Sequence[Look], store: Store) -> list[Look]:
    """With what the store knows, one question per hop and table."""
    hops = sorted({look.item.hop for look in looks})
    known: dict[str, Mapping[str, Known]] = {}
    newest: dict[str, Mapping[str, tuple[int, str, bool]]] = {}
    behind: dict[str, frozenset[str]] = {}
    guards = {
        look.item.message_id: (look.item.hop, look.prepared.guard)
        for look in looks
        if look.prepared is not None and look.prepared.guard is not None
    }
    fences = store.judge(guards, now_us())
    for hop in hops:
        mine = [look for look in looks if look.item.hop == hop]
        ids = [look.item.message_id for look in mine]
        keys = {look.prepared.state_key for look in mine if look.prepared is not None}
        known[hop] = store.known(hop, ids)
        newest[hop] = store.newest_versions(hop, [key for key in keys if key is not None])
        behind[hop] = store.behind(hop, ids)
    return [
        replace(
            look,
            known=known[look.item.hop].get(look.item.message_id),
            newest=newest[look.item.hop].get((look.prepared.state_key if look.prepared else None) or ""),
            behind=look.item.message_id in behind[look.item.hop],
            fence=fences.get(look.item.message_id),
        )
        for look in looks
    ]
