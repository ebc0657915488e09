"""Collector port: fetches what a partner lays out for the hub, where the partner does not publish by itself.

A module `connectors/<kind>/collector.py` offers `def create(settings: ConnectorSettings) -> Collector`, found by
discovery beside the kind's connector, under the same import rules.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from hub.errors import Refused


@dataclass(frozen=True, slots=True)
class Collected:
    """One message a partner laid out.

    `key`: the partner's own stable name of it, without personal data; the message id is derived from it, so what is
    fetched twice is taken in once. `document`: XML under the contract `type`/`version`; the hub validates it.
    `fault`: why it could not be turned into XML. Then `document` is what the partner laid out, or the beginning of it,
    and the message becomes a dead letter with that code.
    `variant`: what tells it from other content under the same key where that is no conflict: of what is faulty there
    may come a better one.
    `attachments`: by the SHA-256 of each, as the document names them; in safe keeping before it is published.

    Several messages may have one key: it is confirmed when all of them are in safe keeping.
    """

    key: str
    type: str
    document: bytes = field(repr=False)
    version: int = 1
    fault: Refused | None = None
    variant: str = ""
    attachments: Mapping[str, bytes] = field(default_factory=dict, repr=False)


class Collector(Protocol):
    """One partner's out-tray. Used by one thread at a time; several processes may look at the same tray."""

    def collect(self, most: int) -> Sequence[Collected]:
        """Up to about `most` of what is laid out and not confirmed, oldest first; changes nothing.

        Raises Unavailable or Retryable when the partner cannot be asked.
        """
        ...

    def confirm(self, keys: Sequence[str]) -> None:
        """Tell the partner that these are in the hub's safe keeping. Telling it twice changes nothing more.

        Raises Unavailable or Retryable; what was not confirmed is collected again, and known again.
        """
        ...

    def close(self) -> None: ...
