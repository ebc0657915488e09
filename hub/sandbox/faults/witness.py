"""What a process of the hub can be seen to do against promise 2, by standing beside its ports.

Ack is last: whatever is acked was committed before, and whatever is committed had all it caused confirmed before.
The witness keeps lists of its own and asks neither the store nor the broker.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from hub.ports.broker import Delivery, Outgoing, PublishOutcome, Tag
from hub.ports.store import Progress, Settlement

_ROUND_TRIPS = frozenset({Progress.RETRY, Progress.WAIT})


class Witness:
    """Of one process. Writes one line to `file` for each breach. Thread-safe."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._confirmed: set[str] = set()
        self._committed: set[str] = set()

    def confirmed(self, batch: Sequence[Outgoing], outcomes: Sequence[PublishOutcome]) -> None:
        with self._lock:
            for outgoing, outcome in zip(batch, outcomes, strict=True):
                if outcome is PublishOutcome.CONFIRMED and outgoing.properties.message_id:
                    self._confirmed.add(outgoing.properties.message_id)

    def settling(self, batch: Iterable[Settlement]) -> None:
        """Before the commit."""
        with self._lock:
            for one in batch:
                caused = [child.message_id for child in one.children]
                if one.outcome in _ROUND_TRIPS:
                    caused.append(one.message_id)
                for message_id in caused:
                    if message_id not in self._confirmed:
                        self._breach(f"committed before it was confirmed: {message_id} at {one.hop}")

    def settled(self, batch: Iterable[Settlement]) -> None:
        """After the commit."""
        with self._lock:
            self._committed.update(one.message_id for one in batch)

    def acking(self, tags: Iterable[Tag], handed_out: Mapping[Tag, str]) -> None:
        with self._lock:
            for tag in tags:
                message_id = handed_out.get(tag)
                if message_id is not None and message_id not in self._committed:
                    self._breach(f"acked before it was committed: {message_id}")

    def _breach(self, line: str) -> None:
        with self._file.open("a") as file:
            file.write(line + "\n")


def named(deliveries: Iterable[Delivery]) -> dict[Tag, str]:
    """The message ids by tag, of those that have one."""
    return {each.tag: each.properties.message_id for each in deliveries if each.properties.message_id}


def breaches(files: Iterable[Path]) -> list[str]:
    """All lines of all witnesses."""
    return [line for file in files if file.exists() for line in file.read_text().splitlines()]
