"""A simulated partner's books without its process: what it decides, and what is left of it after a restart."""

import importlib
from pathlib import Path
from uuid import uuid4

from hub.sandbox.addresses import CITY_CODE
from hub.sandbox.credentials import credential
from hub.sandbox.partner import Answer, Entry, Partner, Request
from tests.unit.connectors.routed import routed

TOKEN = credential(CITY_CODE)


class Books:
    """One partner in a folder; `restart` reads its ledger anew."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind, self._folder = kind, folder
        self.restart()

    def restart(self) -> None:
        behaviour = importlib.import_module(f"connectors.{self.kind}.sandbox").create()
        self._partner = Partner(behaviour, self._folder)

    def post(self, path: str, body: bytes, key: str = "", token: str = TOKEN) -> Answer:
        return self._partner.handle(Request("POST", path, body, key or str(uuid4()), "correlation", credential=token))

    def get(self, path: str) -> Answer:
        return self._partner.handle(Request("GET", path, b"", "", ""))

    def lay_out(self, key: str, content: bytes) -> None:
        self._partner.lay_out(key, content)

    def last(self) -> Entry:
        return self._partner.entries()[-1]

    def effects(self) -> list[Entry]:
        return [entry for entry in self._partner.entries() if entry.effect]


def document(kind: str, operation: str, name: str) -> bytes:
    """A valid sample, to be changed by the test."""
    return next(each.document for each in routed(kind) if (each.operation, each.name) == (operation, name))


def refused(books: Books, path: str, body: bytes) -> int:
    """The status of a request that has no effect."""
    before = len(books.effects())
    answer = books.post(path, body)
    assert len(books.effects()) == before
    return answer.status
