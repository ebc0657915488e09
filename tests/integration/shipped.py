"""The shipped configuration at work: the hub with simulated partners as processes, on the in-process broker."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import urllib3

from hub.client import Publication
from hub.sandbox.launcher import Partner, addresses, launch, stop_all
from hub.sandbox.partner_tokens import GUARDED
from hub.sandbox.process import wait_until
from hub.sandbox.thread_hub import ThreadHub

DEADLINE = 120.0  # seconds; a bound for a machine with much else to do


class Shipped:
    """`partners`: those that run; nothing may be sent to others."""

    def __init__(self, root: Path, partners: Sequence[str]) -> None:
        self.partners: dict[str, Partner] = launch(partners, root / "partners", GUARDED)
        self.hub = ThreadHub(root / "home", addresses(self.partners))
        self._sent: list[tuple[str, str]] = []
        try:
            self.hub.start()
        except BaseException:
            stop_all(self.partners.values())
            raise

    def close(self) -> None:
        try:
            self.hub.stop()
        finally:
            stop_all(self.partners.values())

    def publish(self, partner: str, kind: str, purpose: str, body: bytes, message_id: str = "") -> str:
        """As the partner does; returns the message id."""
        publication = Publication(kind, body, purpose, message_id=message_id or str(uuid4()))
        self.hub.publish(partner, [publication])
        self._sent.append((partner, publication.message_id))
        return publication.message_id

    def ask(self, partner: str, path: str, content: object, token: str = "") -> Any:
        """Something the partner is asked by others than the hub."""
        headers = {"Idempotency-Key": str(uuid4()), "Authorization": f"Bearer {token}"}
        answer = urllib3.request("POST", self.partners[partner].url + path, json=content, headers=headers, timeout=10)
        assert answer.status == 200
        return answer.json()

    def rest(self) -> None:
        """Wait until nothing is under way any more; what waits behind a dead letter is at rest."""
        unrest: list[str] = []

        def at_rest() -> bool:
            unrest[:] = self.hub.unrest(self._sent)
            return not unrest

        try:
            wait_until(at_rest, "at rest", DEADLINE)
        except TimeoutError:
            raise AssertionError(f"not at rest after {DEADLINE:g} s: {unrest}") from None

    def effects(self, operation: str) -> list[dict[str, Any]]:
        """What took effect, in the partner's order, by its own ledger."""
        ledger = self.partners[operation.partition(".")[0]].ledger()
        return [entry for entry in ledger if entry["effect"] and entry["operation"] == operation]

    def violations(self) -> list[str]:
        """What reached a partner and never may."""
        entries = [entry for partner in self.partners.values() for entry in partner.ledger()]
        return [entry["violation"] for entry in entries if entry["violation"]]
