"""Who is at the browser: signing in, the session, signing out. Tests put their own in its place."""

from typing import Protocol

from hub.ports.accounts import Actor


class Door(Protocol):
    """There is no way past it: a request without an actor gets the sign-in form."""

    def sign_in(self, name: str, password: str, code: str, terminal: str) -> str:
        """The session's token. Raises Refused `access.…`."""
        ...

    def actor(self, token: str, terminal: str) -> Actor:
        """Raises Refused `access.signed_out`."""
        ...

    def sign_out(self, token: str) -> None: ...
