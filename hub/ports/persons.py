"""Persons outside sealed bodies: keyed hashes of the numbers that name them (promise 7)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Alias:
    """A keyed hash of one identifier of a person. `kind`: "addressee_number", "individual_number", …"""

    kind: str
    hash: str


@dataclass(frozen=True, slots=True)
class PersonRef:
    """One person a message names. `role`: "subject", "child", "guardian", "spouse" …"""

    role: str
    aliases: tuple[Alias, ...]
