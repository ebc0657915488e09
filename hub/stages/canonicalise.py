"""Canonicalise: map a partner's contract to the hub's canonical one, where a mapping exists."""

from hub.exchange import Exchange
from hub.frozen import changed
from hub.services import Services
from hub.stages.mapped import mapped


def canonicalise(exchange: Exchange, hub: Services) -> Exchange:
    """Refuses as `mapped`. A partner contract that is routed itself needs no mapping."""
    message = exchange.known_message()
    way = hub.registry.way_in(message.type, message.version)
    if not way:
        return exchange
    type_, version = way[-1].end
    return changed(
        exchange,
        message=changed(message, type=type_, version=version),
        document=mapped(exchange.known_document(), way, hub),
        contract=hub.registry.contract(type_, version),
    )
