"""A console for tests: served on loopback, with a door to which the account is the word in the session."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from hub.app import App
from hub.console.application import build
from hub.console.door import Door
from hub.errors import Refused
from hub.ports.accounts import RIGHTS, Actor, Right, Role
from hub.sandbox.process import wait_until
from hub.support.sign_in import SignedIn

PASSWORD = "correct horse"
DEADLINE = 30.0


class WordDoor:
    """`all` has every right; a role's name has the rights of the role; `gone` is signed out again."""

    def __init__(self) -> None:
        self.gone: set[str] = set()
        self.partners: frozenset[str] = frozenset()

    def sign_in(self, name: str, password: str, _code: str, terminal: str) -> SignedIn:
        if password != PASSWORD:
            raise Refused("access.sign_in", "wrong")
        return SignedIn(name, self.actor(name, terminal), elsewhere=False)

    def actor(self, token: str, terminal: str, use: bool = True) -> Actor:
        known: dict[str, frozenset[Right]] = {role.value: RIGHTS[role] for role in Role}
        known["all"] = known["other"] = frozenset(Right)
        if token not in known or token in self.gone:
            raise Refused("access.signed_out", "no such session")
        return Actor(token, known[token], self.partners, terminal=terminal)

    def sign_out(self, token: str) -> None:
        self.gone.add(token)


@contextmanager
def served(app: App, door: Door, secure: bool = False) -> Iterator[str]:
    """The console of this installation; the value is its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(build(app, door, secure), log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="console", daemon=True)
    thread.start()
    try:
        wait_until(lambda: server.started, "the console serves", DEADLINE)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(DEADLINE)
        listening.close()
