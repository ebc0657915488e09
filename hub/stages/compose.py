"""Compose: map the canonical message to the contract of the partner it goes to."""

from hub.documents import parse
from hub.exchange import Exchange
from hub.frozen import changed
from hub.services import Services
from hub.stages.mapped import mapped


def compose(exchange: Exchange, hub: Services) -> Exchange:
    """Refuses `route.none` when the target was removed, `validate.version` when it is for newer versions only and
    nothing raises the message to them, and as `mapped`.
    """
    message = exchange.known_message()
    upcasts, target = hub.registry.way_out(message.type, message.version, exchange.name)
    steps = upcasts if target.mapping is None else (*upcasts, target.mapping)
    document = mapped(parse(message.body, hub.max_body_bytes), steps, hub)
    return changed(exchange, document=document, contract=target.contract)
