"""Identify: the persons the outgoing document names, and which record's state it is at which version."""

from collections.abc import Iterable

from hub.documents import NamedPerson
from hub.exchange import Exchange
from hub.frozen import changed
from hub.ports.store import PersonRef
from hub.services import Services


def identify(exchange: Exchange, hub: Services) -> Exchange:
    """From here on persons and records are keyed hashes only (promise 7).

    Versions only move forward (promise 4) in both orders: in a sequence, what waited its turn may be stale by then.
    """
    facts = exchange.known_contract().facts(exchange.known_document())
    message = exchange.known_message()
    _upcasts, target = hub.registry.way_out(message.type, message.version, exchange.name)
    ordered = target.ordering != "none" and facts.state_key is not None
    return changed(
        exchange,
        persons=references(facts.persons, hub),
        state_key=hub.sealer.state_key(facts.state_key) if ordered and facts.state_key else None,
        state_version=facts.version if ordered else None,
        sequenced=message.sequenced,  # as it was routed, whatever the configuration says by now
    )


def references(persons: Iterable[NamedPerson], hub: Services) -> tuple[PersonRef, ...]:
    """The persons of a document as keyed hashes."""
    return tuple(
        PersonRef(person.role, tuple(hub.sealer.alias(kind, value) for kind, value in person.aliases))
        for person in persons
    )
