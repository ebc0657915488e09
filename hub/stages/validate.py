"""Validate: the body is well-formed and satisfies the contract it claims."""

from hub.documents import parse
from hub.exchange import Exchange
from hub.frozen import changed
from hub.services import Services


def validate(exchange: Exchange, hub: Services) -> Exchange:
    """Refuses `validate.type`, `validate.xml`, `validate.schema`, `validate.check_digit`."""
    message = exchange.known_message()
    contract = hub.registry.contract(message.type, message.version)
    document = parse(message.body, hub.max_body_bytes)
    contract.validate(document)
    return changed(exchange, document=document, contract=contract)
