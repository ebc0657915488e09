"""One case: its card, its messages, what was said of it, and what can be done."""

from starlette.responses import Response

from hub.codes import CODES, effect
from hub.console import formats, reach
from hub.console.page import Page
from hub.console.screen import does, sees
from hub.ports.accounts import Right
from hub.ports.store import DeadFilter
from hub.support import cases
from hub.support.cases import Case
from hub.support.replay import replayable

FEW = 10


def show(page: Page) -> Response:
    found = _found(page)
    cause = found.row.cause
    after = page.query.get("after", "")
    where = DeadFilter(code=cause.code, hop=cause.hop, type=cause.type)
    letters = page.app.store.dead_letters(where, int(after) if after.isdecimal() else 0, FEW + 1)
    seen = [one for one in letters if reach.sees(page, one.hop, one.type)]
    return page.show(
        "case.html",
        case=found,
        cause=cause,
        letters=seen[:FEW],
        more=letters[FEW - 1].id if len(letters) > FEW else None,
        notes=page.app.store.case_notes(found.row.case_id),
        words=_words(page, found),
        explanation=seen[0].explanation if seen else "",
        can_replay=replayable(cause.code),
    )


def take(page: Page) -> Response:
    found = _found(page)
    cases.take(page.app.store, found.row.case_id, page.actor.name, page.given("note"))
    return page.go(f"/cases/{found.row.case_id}", "done.taken")


def note(page: Page) -> Response:
    """`act` says whether it waits for somebody else from now on."""
    found = _found(page)
    waiting = {"wait": True, "go_on": False}.get(page.given("act"))
    cases.say(
        page.app.store, found.row.case_id, page.actor.name, page.needed("note"), page.given("ticket") or None, waiting
    )
    return page.go(f"/cases/{found.row.case_id}", "done.noted")


def resolve(page: Page) -> Response:
    found = _found(page)
    cases.resolve(page.app.store, found.row.case_id, page.actor.name, page.needed("note"))
    return page.go(f"/cases/{found.row.case_id}", "done.resolved")


def _found(page: Page) -> Case:
    found = cases.case(page.app.store, page.word("case_id"))
    reach.need(page, Right.WATCH, found.row.cause.hop, found.row.cause.type)
    return found


def _words(page: Page, found: Case) -> str:
    """What whoever acts can be told, ready to be copied: nothing of a message is in it."""
    cause, card, texts = found.row.cause, CODES[found.row.cause.code], page.texts
    what = effect(cause.code)
    names = page.desk.names.into(texts)
    since = "–" if found.first_at is None else formats.at(found.first_at)
    return texts(
        "case.words",
        title=texts.of(card.title_ja, card.title),
        code=cause.code,
        where=names.hop(cause.hop),
        type=names.type(cause.type),
        technical=cause.type,
        count=formats.count(found.letters),
        since=since,
        effect=texts.of(what[1], what[0]),
        next=texts.of(card.next_step_ja, card.next_step),
        case=found.row.case_id,
    )


SCREENS = (
    sees("/cases/{case_id}", Right.WATCH, show),
    does("/cases/{case_id}/take", Right.WORK, take),
    does("/cases/{case_id}/note", Right.WORK, note),
    does("/cases/{case_id}/resolve", Right.WORK, resolve),
)
