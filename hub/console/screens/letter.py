"""A failed message: why, its body field by field, one of which can be shown with a reason."""

from starlette.responses import Response

from hub.console import reach
from hub.console.page import Page
from hub.console.screen import does, sees
from hub.documents import Contract
from hub.errors import Refused
from hub.message import Message
from hub.ports.accounts import Right
from hub.ports.cases import Cause
from hub.ports.store import DeadLetter
from hub.support import cases, masking
from hub.support.cases import case_id
from hub.support.masking import Row
from hub.support.replay import opened, replayable


def show(page: Page) -> Response:
    return _shown(page, None)


def reveal(page: Page) -> Response:
    """One field, as it is, in this answer alone: it stands in no address and is kept by no browser."""
    letter = found(page, Right.REVEAL)
    number = page.form.get("field", "")
    row = masking.one(rows(page, letter), int(number) if isinstance(number, str) and number.isdecimal() else -1)
    note_reveal(page, letter, row, page.needed("reason"))
    return _shown(page, row)


def found(page: Page, right: Right) -> DeadLetter:
    """The one in the address. Raises Refused `letter.unknown`, `access.denied`."""
    letter = page.app.store.dead_letter(page.number("dead_id"))
    if letter is None:
        raise Refused("letter.unknown", "there is no failed message of this number")
    reach.need(page, right, letter.hop, letter.type)
    return letter


def rows(page: Page, letter: DeadLetter) -> tuple[Row, ...]:
    """Its fields. Raises Refused `receive.unsealable`."""
    message, _ = opened(page.app.store, page.app.sealer, letter.id)
    return masking.rows(message.body, _contract(page, message), page.app.settings.max_body_bytes)


def note_reveal(page: Page, letter: DeadLetter, row: Row, reason: str) -> None:
    """On the record and in the history of the case, before it is shown."""
    what = page.texts("letter.looked", id=letter.id, path=row.path, reason=reason)
    page.app.store.note_look(letter.id, "reveal.field", reason, row.path)
    cases.looked(page.app.store, case_id(Cause(letter.code, letter.hop, letter.type)), page.actor.name, what)


def _shown(page: Page, revealed: Row | None) -> Response:
    letter = found(page, Right.WATCH)
    shown: tuple[Row, ...] = ()
    problem = None
    if page.may(Right.READ):
        try:
            shown = rows(page, letter)
            page.app.store.note_look(letter.id, "look.body")
        except Refused as error:
            problem = error
    return page.show(
        "letter.html",
        letter=letter,
        case=case_id(Cause(letter.code, letter.hop, letter.type)),
        rows=shown,
        problem=problem,
        revealed=revealed,
        can_replay=replayable(letter.code),
        edits=page.app.store.edits_of(letter.id),
    )


def _contract(page: Page, message: Message) -> Contract | None:
    try:
        return page.app.registry.contract(message.type, message.version)
    except Refused:
        return None


SCREENS = (
    sees("/letters/{dead_id:int}", Right.WATCH, show),
    does("/letters/{dead_id:int}/reveal", Right.REVEAL, reveal),
)
