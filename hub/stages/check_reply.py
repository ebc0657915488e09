"""Check the replies: each satisfies its contract, or the whole answer is refused (R2)."""

from hub.documents import parse
from hub.errors import Refused
from hub.exchange import Exchange
from hub.services import Services


def check_reply(exchange: Exchange, hub: Services) -> Exchange:
    """Refuses `reply.invalid`."""
    for reply in exchange.replies:
        try:
            contract = hub.registry.contract(reply.type, reply.version)
            contract.validate(parse(reply.document, hub.max_body_bytes))
        except Refused as error:
            raise Refused("reply.invalid", f"{reply.type}: {error.detail}") from None
    return exchange
