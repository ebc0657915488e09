"""Recognise: numbers that name one person belong together from here on.

The fence is asked for all of them, whichever a message carries (promise 5). The links are written with the settlement.
"""

from dataclasses import replace

from hub.exchange import Exchange
from hub.services import Services
from hub.stages.identify import references


def recognise(exchange: Exchange, hub: Services) -> Exchange:
    """Before and after translation: the partner's own form may name a person by more numbers than the canonical one."""
    found = references(exchange.known_contract().facts(exchange.known_document()), hub)
    several = (person for person in found if len(person.aliases) > 1)
    return replace(exchange, links=tuple(dict.fromkeys((*exchange.links, *several))))
