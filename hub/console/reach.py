"""What an account that is confined to some partners or flows gets to see (R17)."""

from hub.console.page import Page
from hub.errors import Refused
from hub.ports.accounts import Right
from hub.support import sight


def of_hop(hop: str) -> str:
    """The partner a hop belongs to."""
    return hop.partition(".")[2]


def sees(page: Page, hop: str, type: str) -> bool:
    """Whether messages of this type at this hop are there for whoever asks."""
    return sight.seen(page.actor, page.app.registry, ((hop, type),))


def need(page: Page, right: Right, hop: str, type: str) -> None:
    """Raises Refused `access.denied`."""
    page.actor.need(right)
    if not sees(page, hop, type):
        raise Refused("access.denied", f"{page.actor.name} has nothing to do with this partner or flow")
