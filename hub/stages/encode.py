"""Encode: the connector turns the document into the very bytes that will leave."""

from hub.exchange import Exchange
from hub.frozen import changed
from hub.services import Services


def encode(exchange: Exchange, hub: Services) -> Exchange:
    """Pure; refuses what the connector cannot express."""
    contract = exchange.known_contract()
    connector = hub.connectors[exchange.name]
    return changed(exchange, wire=connector.encode(contract.type, exchange.known_document().serialise()))
