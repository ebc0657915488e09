"""Accounts of staff, and what their roles let them do (R50, R51).

An account belongs to one person and has one or more roles; a role gives rights. An account may be confined to some
partners and some procedures (R17): what belongs to others is not there for it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from hub.errors import Refused


class Role(Enum):
    OPERATOR = "operator"  # 運用担当: sees whether it flows, pauses connectors; no bodies
    SUPPORT = "support"  # 支援担当: cases, masked bodies, replay
    REVIEWER = "reviewer"  # 審査担当: holds, approvals, fences
    PRIVACY_OFFICER = "privacy_officer"  # 個人情報保護担当: audit, reveal, erasure
    ADMIN = "admin"  # ID管理者: accounts; no bodies


class Right(Enum):
    """One kind of act. Whatever a person does through console or command line needs one of these."""

    WATCH = "watch"  # counts, ages, cards, journal: nothing of a body
    OPERATE = "operate"  # pause and resume connectors
    WORK = "work"  # take, note and resolve cases
    READ = "read"  # bodies, masked
    FIND = "find"  # search by a person's number
    REPLAY = "replay"
    EDIT = "edit"
    DISCARD = "discard"
    REVIEW = "review"  # say of a hold that it may go, or refuse it
    APPROVE = "approve"  # agree as the second person
    PROTECT = "protect"  # raise a fence, ask to lift one
    REVEAL = "reveal"  # see one field as it is, with a reason that is kept
    AUDIT = "audit"  # the record of who looked and acted
    ERASE = "erase"
    ACCOUNTS = "accounts"  # make, change and end accounts


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.OPERATOR: frozenset({Right.WATCH, Right.OPERATE}),
    Role.SUPPORT: frozenset(
        {Right.WATCH, Right.WORK, Right.READ, Right.FIND, Right.REPLAY, Right.EDIT, Right.DISCARD, Right.PROTECT}
    ),
    Role.REVIEWER: frozenset(
        {Right.WATCH, Right.READ, Right.FIND, Right.REVIEW, Right.APPROVE, Right.PROTECT, Right.REVEAL}
    ),
    Role.PRIVACY_OFFICER: frozenset(
        {Right.WATCH, Right.READ, Right.FIND, Right.APPROVE, Right.REVEAL, Right.AUDIT, Right.ERASE}
    ),
    Role.ADMIN: frozenset({Right.WATCH, Right.ACCOUNTS}),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, with what rights. `partners`, `procedures`: what the account is confined to, empty for all.

    `terminal`: where from: "shell", or the address the console saw.
    """

    name: str
    rights: frozenset[Right]
    partners: frozenset[str] = frozenset()
    procedures: frozenset[str] = frozenset()
    terminal: str = "shell"

    def may(self, right: Right, partners: Collection[str] = ()) -> bool:
        """`partners`: whose messages it is about."""
        return right in self.rights and (not self.partners or self.partners.issuperset(partners))

    def need(self, right: Right, partners: Collection[str] = ()) -> None:
        """Raises Refused `access.denied`."""
        if not self.may(right, partners):
            raise Refused("access.denied", f"{self.name} may not {right.value}")
