"""Protect: a measure closes the fence before anything else is done about it (F13, R26).

The stage commits by itself, ahead of the settlement: even when what follows fails, the fence is up. A redelivery
changes nothing. What a target says it holds is noted as well; nothing here opens a fence that two persons have not
agreed to open.
"""

from collections.abc import Sequence

import structlog

from hub import fence as rules
from hub.clock import now_us
from hub.documents.marks import Measure
from hub.exchange import Exchange
from hub.ports.fence import ITEM, NewAct, Position, Step
from hub.ports.persons import Alias, PersonRef
from hub.services import Services
from hub.stages.identify import references

_NOBODY = PersonRef("", ())
_log = structlog.get_logger("hub.fence")


def protect(exchange: Exchange, hub: Services) -> Exchange:
    """Of most messages, nothing. Raises StoreUnavailable: then the measure is not taken in either."""
    contract, document = exchange.known_contract(), exchange.known_document()
    if contract.measures is not None:
        _measured(contract.measures.read(document), _persons(exchange, hub), hub)
    elif contract.protection is not None and contract.protection.confirms:
        protection = contract.protection
        held = protection.shields(document) is True
        _confirmed(protection.confirms, held, _persons(exchange, hub), protection.items(document), hub)
    return exchange


def _persons(exchange: Exchange, hub: Services) -> tuple[PersonRef, ...]:
    return references(exchange.known_contract().persons(exchange.known_document()), hub)


def _measured(measures: list[Measure], persons: Sequence[PersonRef], hub: Services) -> None:
    """One measure is about all it names, or a data item as such; several are each about one of them, in their order."""
    about = persons or (_NOBODY,)
    last: Position | None = None
    for measure, person in zip(measures * len(about) if len(measures) == 1 else measures, about, strict=True):
        act = NewAct(
            step=Step.RAISE if measure.raises else Step.RELEASE,
            source=measure.source,
            subject=person,
            item=measure.item,
            who=measure.source,
            at=now_us(),
            version=measure.version,
            number=measure.number,
            reason=measure.reason,
        )
        before = hub.fences.acts([rules.measure_of(act)])
        if rules.repeated(before, act) or not (before or measure.raises):
            continue
        recorded = hub.fences.record_acts([act], once=True)
        if recorded is None:
            continue  # the other copy of this message was quicker, see `hub.topology.urgent_lane`
        last = recorded.at
        (now,) = rules.standings(hub.fences.acts([rules.measure_of(act)]))
        _log.warning(
            "fence_acted",
            step=act.step.value,
            measure=now.measure,
            conflict=now.conflict,
            known_person=not person.aliases or all(hub.fences.known_persons([person])),
            in_flight=len(recorded.in_flight),
        )
    if last is not None:
        hub.remember(last)  # once all are closed: a file takes its time to reach the disk


def _confirmed(target: str, held: bool, persons: Sequence[PersonRef], items: Sequence[str], hub: Services) -> None:
    """A target's word about persons or items, for every measure on them: it decides over all sources."""
    item = items[0] if items else ""
    aliases = [alias for person in persons for alias in person.aliases] or [Alias(ITEM, item)]
    measures = hub.fences.measures_of(aliases)
    while measures:
        state = hub.fences.fence_state()
        after = 0 if state is None else state.at.position
        about = [one for one in rules.standings(hub.fences.acts(measures)) if one.raised.item == item]
        acts = [act for one in about for act in rules.heard(one, target, held, hub.registry.fence_targets, now_us())]
        if not acts:
            return
        recorded = hub.fences.record_acts(acts, after)
        if recorded is not None:
            hub.remember(recorded.at)
            return
