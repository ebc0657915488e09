"""One request and what a screen needs to answer it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from hub.app import App
from hub.console import forms
from hub.console.texts import Texts
from hub.errors import Refused
from hub.ports.accounts import Actor, Right
from hub.ports.emergencies import Emergency

if TYPE_CHECKING:
    from hub.console.desk import Desk


@dataclass(slots=True)
class Page:
    """`visit`, `token`: the browser's two cookies; `form` is empty for what only looks.

    `emergencies`: those open now, for everybody to see."""

    request: Request
    desk: Desk
    texts: Texts
    visit: str
    token: str
    terminal: str
    form: FormData
    signed_in: Actor | None = None
    emergencies: Sequence[Emergency] = ()
    path: str = ""

    @property
    def app(self) -> App:
        return self.desk.app

    @property
    def actor(self) -> Actor:
        """Whose request it is. Screens that need no right have none and do not ask."""
        if self.signed_in is None:
            raise Refused("access.signed_out", "nobody is signed in")
        return self.signed_in

    def may(self, right: Right) -> bool:
        return self.signed_in is not None and self.signed_in.may(right)

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.query_params

    def given(self, name: str) -> str:
        """A field of the form."""
        return forms.text(self.form, name)

    def needed(self, name: str) -> str:
        """A field that has to be filled in. Raises Refused `console.missing`."""
        found = self.given(name)
        if not found:
            raise Refused("console.missing", f"field {name} is empty")
        return found

    def number(self, name: str) -> int:
        """A number in the path."""
        return int(self.request.path_params[name])

    def word(self, name: str) -> str:
        """A word in the path."""
        return str(self.request.path_params[name])

    def show(self, template: str, status: int = 200, **values: object) -> Response:
        """The template with these values."""
        html = self.desk.templates.get_template(template).render(
            page=self, t=self.texts, **self.desk.helpers(self), **values
        )
        return HTMLResponse(html, status)

    def go(self, path: str, done: str = "", **query: str) -> Response:
        """To another page, after an act. `done`: key of the text that says what was done."""
        asked = urlencode({**query, **({"done": done} if done else {})})
        return RedirectResponse(f"{path}?{asked}" if asked else path, 303)
