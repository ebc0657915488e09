"""Attachments port: files that belong to a message and do not travel with it (claim check).

The message names each by the SHA-256 of its content; here it lies sealed, under names that say nothing. `owner` is the
id of the message it came in with. A message with attachments has one target: when that one has it, they are cleared.
"""

from collections.abc import Mapping
from typing import Protocol


class Attachments(Protocol):
    """Thread-safe; several processes may use one place. Every method raises Unavailable `attachment.unavailable`."""

    def keep(self, owner: str, digest: str, content: bytes) -> None:
        """When it returns, the content is on disk. The same again changes nothing."""
        ...

    def open(self, owner: str, digest: str) -> bytes:
        """Raises Refused `attachment.missing` where it is not there, cannot be opened, or is another content."""
        ...

    def owners(self) -> Mapping[str, int]:
        """Messages of which something is kept, and when the newest of it came (microseconds since 1970)."""
        ...

    def clear(self, owner: str) -> None:
        """Delete all that is kept of a message."""
        ...
