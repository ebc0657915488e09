"""Signing in and out, one's own password and sessions, and the language."""

import unicodedata

from starlette.responses import Response

from hub.clock import now_us
from hub.console.page import Page
from hub.console.screen import Without, does, sees
from hub.errors import Refused
from hub.support import accounts
from hub.support import sign_in as signing_in


def form(page: Page) -> Response:
    """Who is signed in already goes on."""
    if page.signed_in is not None:
        return page.go(_local(page.query.get("next", "")))
    why = "sign_in.timed_out" if page.query.get("why") == "signed_out" else ""
    return page.show("sign_in.html", goal=page.query.get("next", ""), why=why, error=None, name="")


def sign_in(page: Page) -> Response:
    """One message for whatever is wrong with name, password or code, as the door says it."""
    goal, name = page.given("next"), page.given("name")
    password = page.form.get("password", "")
    try:
        if not page.desk.tries.take(page.terminal):
            raise Refused("console.tries", "too many tries from this address")
        signed_in = page.desk.door.sign_in(name, str(password), _digits(page.given("code")), page.terminal)
    except Refused as error:
        status = 429 if error.code == "console.tries" else 401
        return page.show("sign_in.html", status, goal=goal, why="", error=error, name=name)
    response = page.go("/sessions") if signed_in.elsewhere else page.go(_local(goal))
    page.desk.jar.keep_token(response, signed_in.token)
    return response


def sign_out(page: Page) -> Response:
    if page.token:
        page.desk.door.sign_out(page.token)
    response = page.go("/sign-in", "done.signed_out")
    page.desk.jar.drop_token(response)
    return response


def language(page: Page) -> Response:
    response = page.go(_local(page.given("back")))
    page.desk.jar.keep_language(response, page.given("language"))
    return response


def sessions(page: Page) -> Response:
    """Where the account is signed in as well: its person has to know (R50)."""
    return page.show("sessions.html", sessions=signing_in.live(page.app.store, page.actor.name, now_us()))


def password_form(page: Page) -> Response:
    return page.show("password.html")


def password(page: Page) -> Response:
    """By the person; all sessions end, and it begins anew with the new one."""
    old, new, again = (str(page.form.get(name, "")) for name in ("old", "new", "again"))
    if new != again:
        raise Refused("access.password", "the two do not agree")
    accounts.set_password(page.app.store, page.actor.name, old, new)
    response = page.go("/sign-in", "done.password")
    page.desk.jar.drop_token(response)
    return response


def _digits(code: str) -> str:
    """A code may be typed full-width."""
    return unicodedata.normalize("NFKC", code)


def _local(path: str) -> str:
    """An address of this console, and no other's."""
    plain = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if plain else "/"


SCREENS = (
    sees("/sign-in", Without.ANYONE, form),
    does("/sign-in", Without.ANYONE, sign_in),
    does("/sign-out", Without.ANYONE, sign_out),
    does("/language", Without.ANYONE, language),
    sees("/sessions", Without.SIGNED_IN, sessions),
    sees("/password", Without.SIGNED_IN, password_form),
    does("/password", Without.SIGNED_IN, password),
)
