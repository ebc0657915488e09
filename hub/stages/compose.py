"""Compose: map the canonical message to the contract of the partner it goes to."""

from hub.documents import parse
from hub.exchange import Exchange
from hub.frozen import changed
from hub.services import Services


def compose(exchange: Exchange, hub: Services) -> Exchange:
    """Refuses `route.none` when the target was removed, `translate.failed`."""
    message = exchange.known_message()
    target = hub.registry.target(message.type, message.version, exchange.name)
    document = parse(message.body, hub.max_body_bytes)
    if target.mapping is not None:
        document = target.mapping.apply(document)
    return changed(exchange, document=document, contract=target.contract)
