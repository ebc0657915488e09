"""記録: who looked, who acted and what left the city; of one person as well, by a number kept nowhere (R47, R70)."""

import json
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from hub.clock import now_us
from hub.console import formats
from hub.console.page import Page
from hub.console.screen import does, sees
from hub.errors import Refused
from hub.ports.accounts import Right
from hub.ports.audit import ACTS, AuditFilter, AuditRow, Entry
from hub.support.search import search

MANY = 50
_DAY_US = 24 * 3600 * 1_000_000


def list_(page: Page) -> Response:
    """Newest first. That somebody looks is on the record before anything is shown."""
    names = ("what", "actor", "act", "since", "until", "found")
    said = {name: page.query.get(name, "").strip()[:100] for name in names}
    persons = None
    if said["found"]:
        persons = page.desk.searches.find(page.actor.name, said["found"])
        if persons is None:
            raise Refused("search.expired", "the number has to be typed again")
    until = formats.microseconds(said["until"])
    where = AuditFilter(
        formats.microseconds(said["since"]), None if until is None else until + _DAY_US, said["what"] or None,
        said["actor"] or None, said["act"] or None, persons,
    )  # fmt: skip
    page.app.store.record([Entry("audit.look", ("list",), now_us())])
    asked = {name: value for name, value in said.items() if value}
    before = page.query.get("before", "")
    found = page.app.store.newest_audit_rows(where, int(before) if before.isdecimal() else None, MANY + 1)
    return page.show(
        "record.html",
        rows=[_said(row) for row in found[:MANY]],
        said=said,
        asked=asked,
        acts=list(ACTS),
        more=urlencode({**asked, "before": found[MANY - 1].id}) if len(found) > MANY else "",
    )


def person(page: Page) -> Response:
    """The number becomes keyed hashes here and now; who searches and why is on the record."""
    reason = page.needed("reason")
    found = search(page.app.store, page.app.sealer, page.app.registry, page.needed("number"), reason)
    hashes = tuple(alias.hash for alias in found)
    return page.go("/record", found=page.desk.searches.keep(page.actor.name, hashes))


def _said(row: AuditRow) -> dict[str, Any]:
    said = json.loads(row.text)
    return {**said, "id": row.id, "leaf": row.leaf, "key": f"record_act.{said['act'].replace('.', '_')}"}


SCREENS = (
    sees("/record", Right.AUDIT, list_),
    does("/record/person", Right.AUDIT, person),
)
