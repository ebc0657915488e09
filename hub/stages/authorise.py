"""Authorise: the sender holds a grant for this type and states a registered purpose (R31, R53, R69)."""

from hub.exchange import Exchange
from hub.services import Services


def authorise(exchange: Exchange, hub: Services) -> Exchange:
    """Refuses `authorise.grant`, `authorise.purpose`."""
    message = exchange.known_message()
    hub.registry.granted(message.source, message.type, message.purpose)
    return exchange
