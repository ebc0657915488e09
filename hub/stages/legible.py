"""Legible: what a collector could not turn into a document is refused with the reason it found."""

from hub import envelope
from hub.exchange import Exchange
from hub.services import Services


def legible(exchange: Exchange, hub: Services) -> Exchange:
    """Refuses with the collector's code. Only the hub's own lane carries such a reason."""
    fault = envelope.fault(exchange.delivery.properties) if exchange.trusted else None
    if fault is not None:
        raise fault
    return exchange
