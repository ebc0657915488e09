"""利用者: accounts of staff, their roles and limits; made, changed, ended and reset (R50 to R52)."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from hub.clock import now_us
from hub.console import formats
from hub.console.page import Page
from hub.console.screen import does, sees
from hub.errors import Refused
from hub.ports.accounts import Account, Right, Role
from hub.support import accounts, qr
from hub.support.accounts import Handed, Terms

_DAY_US = 24 * 3600 * 1_000_000


def list_(page: Page) -> Response:
    found = page.app.store.accounts()
    return page.show("accounts.html", accounts=[(one, _state(one)) for one in found], **_choices(page))


def show(page: Page) -> Response:
    return _shown(page, accounts.found(page.app.store, page.word("name")), None)


def create(page: Page) -> Response:
    """The password for one sign-in and the authenticator's secret stand in this answer alone."""
    made = accounts.create(
        page.app.store, page.app.sealer, page.needed("name"), page.needed("display"), _terms(page), page.actor.name,
        page.needed("reason"),
    )  # fmt: skip
    return _shown(page, made.account, made)


def change(page: Page) -> Response:
    name = _another(page)
    accounts.change(page.app.store, name, _terms(page), page.actor.name, page.needed("reason"))
    return page.go(f"/accounts/{name}", "done.account_changed")


def disable(page: Page) -> Response:
    name = _another(page)
    accounts.disable(page.app.store, name, page.actor.name, page.needed("reason"))
    return page.go(f"/accounts/{name}", "done.account_ended")


def enable(page: Page) -> Response:
    name = _another(page)
    accounts.enable(page.app.store, name, page.actor.name, page.needed("reason"))
    return page.go(f"/accounts/{name}", "done.account_changed")


def reset(page: Page) -> Response:
    name = _another(page)
    handed = accounts.reset(page.app.store, page.app.sealer, name, page.actor.name, page.needed("reason"))
    return _shown(page, handed.account, handed)


def _another(page: Page) -> str:
    """Nobody gives rights to the account they act with."""
    name = page.word("name")
    if name == page.actor.name:
        raise Refused("access.denied", "somebody else has to change this account")
    return accounts.found(page.app.store, name).name


def _terms(page: Page) -> Terms:
    """`until`: the last day, in Japan. What is no role, partner or flow of this installation is not taken."""
    chosen = {name: frozenset(str(one) for one in page.form.getlist(name)) for name in ("roles", "partners", "flows")}
    last = formats.microseconds(page.given("until"))
    known = page.app.registry.partners.keys() | page.app.registry.connectors.keys()
    return Terms(
        frozenset(role for role in Role if role.value in chosen["roles"]),
        frozenset(chosen["partners"] & known),
        frozenset(chosen["flows"] & page.desk.flows.keys()),
        None if last is None else last + _DAY_US,
    )


def _shown(page: Page, account: Account, handed: Handed | None) -> Response:
    return page.show(
        "account.html",
        account=account,
        state=_state(account),
        handed=handed,
        picture="" if handed is None else qr.svg(handed.uri),
        until="" if account.expires_at is None else formats.at(account.expires_at - 1).partition(" ")[0],
        changes=page.app.store.account_changes(account.name),
        sessions=page.app.store.sessions([account.name], 10),
        own=account.name == page.actor.name,
        **_choices(page),
    )


def _choices(page: Page) -> Mapping[str, Any]:
    registry = page.app.registry
    return {
        "roles": list(Role),
        "partners": sorted(registry.partners.keys() | registry.connectors.keys()),
        "flows": page.desk.flows,
    }


def _state(account: Account) -> str:
    return "disabled" if account.disabled else "works" if account.works(now_us()) else "expired"


SCREENS = (
    sees("/accounts", Right.ACCOUNTS, list_),
    sees("/accounts/{name}", Right.ACCOUNTS, show),
    does("/accounts", Right.ACCOUNTS, create),
    does("/accounts/{name}/change", Right.ACCOUNTS, change),
    does("/accounts/{name}/disable", Right.ACCOUNTS, disable),
    does("/accounts/{name}/enable", Right.ACCOUNTS, enable),
    does("/accounts/{name}/reset", Right.ACCOUNTS, reset),
)
