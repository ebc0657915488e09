"""An edit that waits for a second person: what differs, masked; agreed to, refused or taken back."""

from starlette.responses import Response

from hub.console import reach
from hub.console.page import Page
from hub.console.screen import does, sees
from hub.errors import BrokerUnavailable, Refused
from hub.ports.accounts import Right
from hub.ports.edits import Edit, EditState
from hub.support import differences, edits

WAITING = (EditState.PROPOSED, EditState.APPROVED)


def show(page: Page) -> Response:
    return _shown(page, _found(page, Right.READ), None)


def reveal(page: Page) -> Response:
    """Both values of one difference, in this answer alone. Who looked and why is kept before they are shown."""
    edit, reason = _found(page, Right.REVEAL), page.needed("reason")
    field = page.form.get("field", "")
    number = int(field) if isinstance(field, str) and field.isdecimal() else -1
    one = differences.one(edits.differences(page.app.store, page.app.bench.hub, edit.id), number)
    edits.note_look(page.app.store, edit, reason, one.path or "(whole)")
    return _shown(page, edit, number)


def approve(page: Page) -> Response:
    edit, reason = _found(page, Right.APPROVE), page.needed("reason")
    if page.desk.broker_problem():
        raise BrokerUnavailable("nothing was approved")
    edits.approve(page.app.bench, edit.id, page.actor.name, reason)
    return page.go(f"/edits/{edit.id}", "done.edit_sent")


def refuse(page: Page) -> Response:
    edit = _found(page, Right.APPROVE)
    edits.refuse(page.app.store, edit.id, page.actor.name, page.needed("reason"))
    return page.go(f"/edits/{edit.id}", "done.not_agreed")


def withdraw(page: Page) -> Response:
    edit = _found(page, Right.EDIT)
    if edit.who != page.actor.name:
        raise Refused("approval.not_yours", f"somebody else proposed edit {edit.id}")
    edits.refuse(page.app.store, edit.id, page.actor.name, page.needed("reason"))
    return page.go(f"/edits/{edit.id}", "done.withdrawn")


def _found(page: Page, right: Right) -> Edit:
    edit = edits.found(page.app.store, page.number("edit_id"))
    reach.need(page, right, edit.hop, edit.type)
    return edit


def _shown(page: Page, edit: Edit, revealed: int | None) -> Response:
    problem, found = None, []
    try:
        found = edits.differences(page.app.store, page.app.bench.hub, edit.id)
    except Refused as error:
        problem = error
    return page.show(
        "edit.html",
        edit=edit,
        letter=page.app.store.dead_letter(edit.dead_id),
        found=found,
        problem=problem,
        revealed=revealed,
        waits=edit.state in WAITING,
        own=edit.who == page.actor.name,
    )


SCREENS = (
    sees("/edits/{edit_id:int}", Right.READ, show),
    does("/edits/{edit_id:int}/reveal", Right.REVEAL, reveal),
    does("/edits/{edit_id:int}/approve", Right.APPROVE, approve),
    does("/edits/{edit_id:int}/refuse", Right.APPROVE, refuse),
    does("/edits/{edit_id:int}/withdraw", Right.EDIT, withdraw),
)
