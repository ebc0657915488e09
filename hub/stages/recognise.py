"""Recognise: numbers that name one person belong together from here on.

The fence is asked for all of them, whichever a message carries (promise 5). The links are written with the settlement.
"""

from hub.exchange import Exchange
from hub.frozen import changed
from hub.services import Services
from hub.stages.identify import references


def recognise(exchange: Exchange, hub: Services) -> Exchange:
    """Before and after translation: the partner's own form may name a person by more numbers than the canonical one."""
    named = exchange.known_contract().persons(exchange.known_document())
    several = references((person for person in named if len(person.aliases) > 1), hub)
    if not several:
        return exchange
    return changed(exchange, links=tuple(dict.fromkeys((*exchange.links, *several))))
