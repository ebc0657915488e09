"""Guard: what the fence is asked when the lease is opened (promises 3 and 5).

All persons count: those in the bytes about to leave, and those in the message they were made from. A status that names
only a reception number is about somebody all the same.
"""

from hub.documents import parse
from hub.exchange import Exchange
from hub.frozen import changed
from hub.ports.fence import Guard
from hub.services import Services
from hub.stages.identify import references


def guard(exchange: Exchange, hub: Services) -> Exchange:
    """Nothing is asked where nothing leaves the city."""
    kind = hub.registry.edge(exchange.name).kind
    if kind == "internal":
        return exchange
    message, contract, document = exchange.known_message(), exchange.known_contract(), exchange.known_document()
    origin = hub.registry.contract(message.type, message.version)
    meant = references(origin.persons(parse(message.body, hub.max_body_bytes)), hub)
    protection = contract.protection
    items = [code for code, _field in contract.data_items(document)]
    items += [] if protection is None else protection.items(document)
    asked = Guard(
        edge=kind,
        persons=tuple(dict.fromkeys((*exchange.persons, *meant))),
        items=tuple(dict.fromkeys(items)),
        shields=None if protection is None else protection.shields(document),
        forced=protection is not None and protection.forced,
        impersonal=contract.impersonal,
        outgoing=hub.sealer.digest(exchange.known_wire().content),
    )
    return changed(exchange, guard=asked)
