"""Master keys as the store knows them, by their ids: which one wraps new data keys, and the way to another (R56).

```
                rotate_master                    retire_masters
 (none) ─▶ current ─────────▶ retiring ──────────────────────▶ retired
                              its data keys are wrapped anew    nothing is wrapped under it
```
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class MasterState(Enum):
    CURRENT = "current"
    RETIRING = "retiring"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key under a master key. `purpose`: "epoch" | "person" | "case"; `subject`: person id, or None.

    `master`: id of the master key, "" where it is from before these had ids; `form`: see `hub.seal.FORM`.
    """

    key_id: str
    purpose: str
    subject: str | None
    wrapped: bytes
    created_at: int
    master: str = ""
    form: int = 1


class MasterKeySupersededError(Exception):
    """A data key was wrapped under a master key that is not the current one any more: wrap it under that one."""


@dataclass(frozen=True, slots=True)
class KnownMaster:
    """`since`: when it became so, microseconds; `keys`: data keys wrapped under it.

    `id` "" stands for keys from before master keys had ids.
    """

    id: str
    state: MasterState
    since: int
    keys: int


class KeyRotation(Protocol):
    """Wrapping all data keys anew, in batches, while others use them and make new ones."""

    def current_master(self, candidate: str) -> str:
        """Under which master key new data keys are wrapped; where the store knows of none, it is `candidate` now."""
        ...

    def masters(self) -> list[KnownMaster]:
        """The newest first."""
        ...

    def rotate_master(self, key_id: str, now: int) -> bool:
        """Make it the current one; the others are retiring. Recorded. False where it is already.

        From this commit on `add_key` refuses what is wrapped under another one.
        """
        ...

    def keys_to_rewrap(self, after: int, limit: int) -> list[tuple[int, WrappedKey]]:
        """(number, key) of data keys not under the current master key, in the order of their numbers.

        Destroyed ones are none.
        """
        ...

    def rewrap(self, pairs: Sequence[tuple[WrappedKey, WrappedKey]]) -> int:
        """Replace each first by its second, in one commit; returns how many.

        One that is not as the first says any more is left alone: it was wrapped by somebody else, or destroyed.
        """
        ...

    def retire_masters(self, now: int) -> list[str]:
        """Ids of retiring ones that no data key is wrapped under any more: they are retired now. Recorded."""
        ...
