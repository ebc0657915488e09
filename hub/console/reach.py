"""What an account that is confined to some partners or procedures gets to see (R17)."""

from hub.errors import Refused
from hub.message import Message
from hub.ports.accounts import Actor


def of_hop(hop: str) -> str:
    """The partner a hop belongs to."""
    return hop.partition(".")[2]


def sees(actor: Actor, hop: str, source: str | None = None) -> bool:
    """Whether a message of `source` at a hop is there for the actor."""
    return not actor.partners or actor.partners.issuperset({of_hop(hop), source} - {None})


def open_to(actor: Actor, message: Message) -> None:
    """Raises Refused `access.denied` for a procedure that is not the actor's."""
    if actor.procedures and message.purpose not in actor.procedures:
        raise Refused("access.denied", f"{actor.name} has nothing to do with this procedure")
