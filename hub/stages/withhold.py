"""Withhold: items that people have decided not to give are taken out before anything else looks at what leaves."""

from hub.errors import Refused
from hub.exchange import Exchange
from hub.frozen import changed
from hub.services import Services


def withhold(exchange: Exchange, _hub: Services) -> Exchange:
    """Refuses `hold.part` where the contract does not say how, or has no such item: never the whole instead."""
    withheld = exchange.known_message().withheld
    if not withheld:
        return exchange
    contract = exchange.known_contract()
    if contract.parts is None:
        raise Refused("hold.part", f"{contract.type} marks no items that could be withheld")
    return changed(exchange, document=contract.parts.without(exchange.known_document(), withheld.split(",")))
