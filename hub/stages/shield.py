"""Shield: what goes to a protecting edge about a protected person says so, whatever its source said (R40)."""

from hub.exchange import Exchange
from hub.frozen import changed
from hub.services import Services


def shield(exchange: Exchange, _hub: Services) -> Exchange:
    """Does nothing until the fence has asked for it, when the lease is opened."""
    protection = exchange.known_contract().protection
    if not exchange.shield or protection is None:
        return exchange
    return changed(exchange, document=protection.shielded(exchange.known_document()))
