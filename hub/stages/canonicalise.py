"""Canonicalise: map a partner's contract to the hub's canonical one, where a mapping exists."""

from hub.exchange import Exchange
from hub.frozen import changed
from hub.services import Services


def canonicalise(exchange: Exchange, hub: Services) -> Exchange:
    """Refuses `translate.failed`. A partner contract that is routed itself needs no mapping."""
    message = exchange.known_message()
    mapping = hub.registry.intake_mapping(message.type, message.version)
    if mapping is None:
        return exchange
    return changed(
        exchange,
        message=changed(message, type=mapping.to_type, version=mapping.to_version),
        document=mapping.apply(exchange.known_document()),
        contract=hub.registry.contract(mapping.to_type, mapping.to_version),
    )
