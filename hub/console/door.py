"""Who is at the browser: signing in, the session, signing out. Tests put their own in its place."""

from typing import Protocol

from hub.app import App
from hub.clock import now_us
from hub.ports.accounts import Actor
from hub.support import sign_in
from hub.support.sign_in import SignedIn


class Door(Protocol):
    """There is no way past it: a request without an actor gets the sign-in form."""

    def sign_in(self, name: str, password: str, code: str, terminal: str) -> SignedIn:
        """Raises Refused `access.…`."""
        ...

    def actor(self, token: str, terminal: str, use: bool = True) -> Actor:
        """`use`: a person is at it, see `hub.support.sign_in`. Raises Refused `access.signed_out`."""
        ...

    def sign_out(self, token: str) -> None: ...


class AccountDoor:
    """The accounts of this installation, see `hub.support.sign_in`."""

    def __init__(self, app: App) -> None:
        self._app = app

    def sign_in(self, name: str, password: str, code: str, terminal: str) -> SignedIn:
        return sign_in.sign_in(self._app.store, self._app.sealer, name, password, code, terminal, now_us())

    def actor(self, token: str, terminal: str, use: bool = True) -> Actor:
        return sign_in.actor_of(self._app.store, token, terminal, now_us(), use=use)

    def sign_out(self, token: str) -> None:
        sign_in.sign_out(self._app.store, token, now_us())
