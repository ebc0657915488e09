"""Signing in and out, and the language."""

from starlette.responses import Response

from hub.console.page import Page
from hub.console.screen import does, sees
from hub.errors import Refused


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
        token = page.desk.door.sign_in(name, str(password), page.given("code"), page.terminal)
    except Refused as error:
        status = 429 if error.code == "console.tries" else 401
        return page.show("sign_in.html", status, goal=goal, why="", error=error, name=name)
    response = page.go(_local(goal))
    page.desk.jar.keep_token(response, token)
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


def _local(path: str) -> str:
    """An address of this console, and no other's."""
    plain = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if plain else "/"


SCREENS = (
    sees("/sign-in", None, form),
    does("/sign-in", None, sign_in),
    does("/sign-out", None, sign_out),
    does("/language", None, language),
)
