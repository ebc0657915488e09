"""電文: all that happened to one message, and where it is now."""

from collections.abc import Sequence

from starlette.responses import Response

from hub.console import reach
from hub.console.page import Page
from hub.console.screen import does, sees
from hub.errors import Refused
from hub.message import UUID_TEXT
from hub.ports.accounts import Right
from hub.ports.store import DeadFilter, JournalEntry

_LONGEST = 200


def show(page: Page) -> Response:
    """The whole flow it belongs to, in order; its own steps stand out."""
    wanted = page.word("message_id")
    trace = [one for one in page.app.store.trace(wanted) if reach.sees(page, one.hop, one.type)]
    own = [one for one in trace if one.message_id == wanted] or trace
    if not trace:
        raise Refused("message.unknown", "the journal knows no message of this id")
    store = page.app.store
    letters = store.dead_letters(DeadFilter(message_id=wanted, state=None))
    holds = store.holds_of(wanted)
    related: dict[str, JournalEntry] = {}
    for one in trace:
        if one.message_id != wanted:
            related[one.message_id] = one
    return page.show(
        "message.html",
        message_id=wanted,
        trace=trace,
        own=own,
        state=_state(own),
        letters=[one for one in letters if reach.sees(page, one.hop, one.type)],
        holds=[one for one in holds if reach.sees(page, one.hop, one.type)],
        related=list(related.values()),
    )


def find(page: Page) -> Response:
    """By message id or correlation id."""
    wanted = page.needed("message_id")[:_LONGEST].lower()
    if not UUID_TEXT.fullmatch(wanted):
        raise Refused("message.unknown", "that is no message id: five groups of letters a to f and digits")
    return page.go(f"/messages/{wanted}")


def _state(own: Sequence[JournalEntry]) -> dict[str, JournalEntry]:
    """By hop, the last that happened to it there."""
    return {one.hop: one for one in own}


SCREENS = (
    sees("/messages/{message_id}", Right.WATCH, show),
    does("/messages", Right.WATCH, find),
)
