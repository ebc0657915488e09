"""A correction of a failed message: its fields masked, with room for other values; or the whole of it as text."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from hub.console.page import Page
from hub.console.screen import does, sees
from hub.console.screens import letter
from hub.documents import Fault, parse
from hub.errors import Refused
from hub.ports.accounts import Right
from hub.ports.store import DeadLetter
from hub.support import edits, masking
from hub.support.edits import Draft
from hub.support.masking import Row
from hub.support.replay import opened

MOST_FIELDS = 500  # of one page; what has more is corrected as a text
WHOLE = "(whole)"


@dataclass(frozen=True, slots=True)
class Typed:
    """What came with the form. `values`: by the number of the field; `text`: the whole, None for the form of fields."""

    values: Mapping[int, str]
    cleared: frozenset[int]
    text: str | None


NOTHING = Typed({}, frozenset(), None)


def show(page: Page) -> Response:
    dead = letter.found(page, Right.EDIT)
    return _shown(page, edits.open_letter(page.app.store, dead.id), NOTHING)


def reveal(page: Page) -> Response:
    """One field as it is. What was typed so far stays typed."""
    dead = letter.found(page, Right.REVEAL)
    field = page.form.get("field", "")
    number = int(field) if isinstance(field, str) and field.isdecimal() else -1
    row = masking.one(letter.rows(page, dead), number)
    letter.note_reveal(page, dead, row, page.needed(f"why{number}"))
    return _shown(page, dead, _typed(page), revealed=row)


def whole(page: Page) -> Response:
    """All of it as text, for what fields cannot tell: a missing element, or what cannot be read at all."""
    dead = letter.found(page, Right.REVEAL)
    reason = page.needed("reason")
    message, _ = opened(page.app.store, page.app.sealer, dead.id)
    letter.note_reveal(page, dead, Row(0, WHOLE, ""), reason)
    return _shown(page, dead, Typed({}, frozenset(), message.body.decode("utf-8", errors="replace")))


def propose(page: Page) -> Response:
    """Checked before it is kept; what is wrong is said at its field, and nothing that was typed is lost."""
    dead, typed = letter.found(page, Right.EDIT), _typed(page)
    rows = letter.rows(page, dead)
    values = {f"/{rows[number].path}": value for number, value in typed.values.items() if number < len(rows)}
    values |= {f"/{rows[number].path}": "" for number in typed.cleared if number < len(rows)}
    content = None if typed.text is None else typed.text.encode()
    draft = Draft(
        dead.id, page.actor.name, page.needed("reason"), page.given("ticket") or None,
        None if content is not None else values, content,
    )  # fmt: skip
    store, hub = page.app.store, page.app.bench.hub
    faults = edits.faults(store, hub, draft)
    if faults:
        return _shown(page, dead, typed, faults=faults)
    try:
        made = edits.propose(store, hub, draft)
    except Refused as error:
        return _shown(page, dead, typed, problem=error)
    return page.go(f"/edits/{made.id}", "done.edit_proposed")


def _typed(page: Page) -> Typed:
    """White space at the ends of a value stays: it may be what is wrong. Browsers send line ends as CR LF."""
    given = [(name, value) for name, value in page.form.items() if isinstance(value, str)]
    text = next((value.replace("\r\n", "\n") for name, value in given if name == "text"), None)
    return Typed(
        {int(name[1:]): value for name, value in given if name[0] == "v" and name[1:].isdecimal() and value},
        frozenset(int(name[1:]) for name, _ in given if name[0] == "e" and name[1:].isdecimal()),
        text,
    )


def _shown(
    page: Page, dead: DeadLetter, typed: Typed, revealed: Row | None = None,
    faults: list[Fault] | None = None, problem: Refused | None = None,
) -> Response:  # fmt: skip
    rows = _fields(page, dead)
    at = {row.number: [one for one in faults or () if _same(row.path, one.field)] for row in rows}
    return page.show(
        "edit_new.html",
        200 if faults is None and problem is None else 409,
        letter=dead,
        rows=rows,
        typed=typed,
        revealed=revealed,
        faults=faults or [],
        at=at,
        problem=problem,
        reason="" if typed.text is not None and not faults and not problem else page.given("reason"),
        ticket=page.given("ticket"),
    )


def _fields(page: Page, dead: DeadLetter) -> tuple[Row, ...]:
    """None where it cannot be read, or has too many for a page: then it is corrected as a text."""
    message, _ = opened(page.app.store, page.app.sealer, dead.id)
    try:
        parse(message.body, page.app.settings.max_body_bytes)
    except Refused:
        return ()
    found = letter.rows(page, dead)
    return found if len(found) <= MOST_FIELDS else ()


def _same(path: str, field: str) -> bool:
    """A schema names a field as here; a contract without its place among brothers, or without the root."""
    plain = masking.without_places(path)
    return bool(field) and field in (path, plain, plain.partition("/")[2])


SCREENS = (
    sees("/letters/{dead_id:int}/edit", Right.EDIT, show),
    does("/letters/{dead_id:int}/edit/reveal", Right.REVEAL, reveal),
    does("/letters/{dead_id:int}/edit/whole", Right.REVEAL, whole),
    does("/letters/{dead_id:int}/edit", Right.EDIT, propose),
)
