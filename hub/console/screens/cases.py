"""失敗: one row per cause, not per message."""

from starlette.responses import Response

from hub.console import reach
from hub.console.page import Page
from hub.console.screen import sees
from hub.ports.accounts import Right
from hub.ports.cases import CaseState
from hub.support import cases
from hub.support.cases import Case

_ALL = "all"


def list_(page: Page) -> Response:
    """Filters are in the address, so that it can be passed on. Without one: what is not resolved."""
    query = page.query
    wanted = {name: query.get(name, "") for name in ("state", "owner", "partner", "code", "type")}
    every = [
        one
        for one in cases.all_cases(page.app.store, resolved=True)
        if reach.sees(page, one.row.cause.hop, one.row.cause.type)
    ]
    found = [one for one in every if _fits(one, wanted, page.actor.name)]
    return page.show(
        "cases.html",
        cases=found,
        wanted=wanted,
        states=list(CaseState),
        partners=sorted({reach.of_hop(one.row.cause.hop) for one in every}),
        letters=sum(one.letters for one in found),
        none_at_all=not any(one.letters for one in every),
    )


def _fits(one: Case, wanted: dict[str, str], me: str) -> bool:
    row = one.row
    state = row.state.value == wanted["state"] if wanted["state"] not in ("", _ALL) else True
    if wanted["state"] == "" and row.state is CaseState.RESOLVED:
        return False
    owner = {"": True, "me": row.owner == me, "nobody": row.owner is None}.get(
        wanted["owner"], row.owner == wanted["owner"]
    )
    return (
        state
        and owner
        and wanted["partner"] in ("", reach.of_hop(row.cause.hop))
        and wanted["code"] in ("", row.cause.code)
        and wanted["type"] in ("", row.cause.type)
    )


SCREENS = (sees("/cases", Right.WATCH, list_),)
