"""The failed messages, one by one; and those of one person, by a number that is typed in and kept nowhere."""

from urllib.parse import urlencode

from starlette.responses import Response

from hub.console import filters, reach
from hub.console.page import Page
from hub.console.screen import does, sees
from hub.ports.accounts import Right
from hub.support.search import search

MANY = 50


def letters(page: Page) -> Response:
    said = filters.words(page.query)
    after = page.query.get("after", "")
    where = filters.read(page, page.query)
    found = page.app.store.dead_letters(where, int(after) if after.isdecimal() else 0, MANY + 1)
    asked = {name: value for name, value in said.items() if value}
    return page.show(
        "letters.html",
        letters=[one for one in found[:MANY] if reach.sees(page, one.hop, one.type)],
        said=said,
        asked=asked,
        states=filters.STATES,
        partners=sorted(page.app.registry.partners),
        more=urlencode({**asked, "after": found[MANY - 1].id}) if len(found) > MANY else "",
        plan=urlencode({name: value for name, value in asked.items() if name != "state"}),
    )


def person(page: Page) -> Response:
    """The number becomes keyed hashes here and now; the address of what is found carries a word without meaning."""
    found = search(page.app.store, page.app.sealer, page.app.registry, page.needed("number"))
    hashes = tuple(alias.hash for alias in found)
    return page.go("/letters", found=page.desk.searches.keep(page.actor.name, hashes), state="any")


SCREENS = (
    sees("/letters", Right.WATCH, letters),
    does("/letters/person", Right.FIND, person),
)
