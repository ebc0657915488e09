"""What a document says that the hub acts on: whose it is, which record's state, at which version."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """One person a document names. `aliases`: (kind, value) pairs; values are personal data and not shown."""

    role: str
    aliases: tuple[tuple[str, str], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Facts:
    """`state_key`: which record of the partner this is the complete state of; `version`: of that state, growing.

    Both are None for messages that are no state. The key is personal data and not shown.
    """

    state_key: str | None = field(repr=False)
    version: int | None
    persons: tuple[NamedPerson, ...]
