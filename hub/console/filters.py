"""The filter of lists and plans, as it stands in an address and in a form."""

from collections.abc import Mapping

from hub.console import formats
from hub.console.page import Page
from hub.errors import Refused
from hub.ports.store import DeadFilter

STATES = ("open", "replaying", "replayed", "discarded", "edited", "erased")
_LONGEST = 100
_DAY_US = 24 * 3600 * 1_000_000


def words(given: Mapping[str, str]) -> dict[str, str]:
    """The criteria as typed, known names only; `since`, `until`: Japanese dates, `until` the last day that counts."""
    names = (
        "code",
        "source",
        "hop",
        "type",
        "message_id",
        "correlation_id",
        "origin",
        "state",
        "since",
        "until",
        "found",
    )
    return {name: given.get(name, "").strip()[:_LONGEST] for name in names}


def read(page: Page, given: Mapping[str, str]) -> DeadFilter:
    """Raises Refused `search.expired` for a person's number that was typed too long ago, or by somebody else."""
    said = words(given)
    persons = None
    if said["found"]:
        persons = page.desk.searches.find(page.actor.name, said["found"])
        if persons is None:
            raise Refused("search.expired", "the number has to be typed again")
    until = formats.microseconds(said["until"])
    return DeadFilter(
        code=said["code"] or None,
        source=said["source"] or None,
        hop=said["hop"] or None,
        type=said["type"] or None,
        message_id=said["message_id"] or None,
        correlation_id=said["correlation_id"] or None,
        origin=said["origin"] or None,
        state=None if said["state"] == "any" else said["state"] or "open",
        since=formats.microseconds(said["since"]),
        until=None if until is None else until + _DAY_US,
        persons=persons,
    )
