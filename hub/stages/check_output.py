"""Check the output: what a mapping produced must satisfy the contract it maps to."""

from hub.errors import Refused
from hub.exchange import Exchange
from hub.services import Services


def check_output(exchange: Exchange, hub: Services) -> Exchange:
    """Refuses `translate.output`: a fault of the mapping, not of the sender."""
    try:
        exchange.known_contract().validate(exchange.known_document())
    except Refused as error:
        raise Refused("translate.output", error.detail) from None
    return exchange
