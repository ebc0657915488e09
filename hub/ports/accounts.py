"""Accounts of staff, and what their roles let them do (R50, R51).

An account belongs to one person and has one or more roles; a role gives rights. An account may be confined to some
partners and to some flows of the programme (R17): what belongs to others is not there for it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from hub.errors import Refused
from hub.ports.sealed import SealedBody


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
    EMERGENCY = "emergency"  # reveal for a while, seen by all (break-glass)
    ACCOUNTS = "accounts"  # make, change and end accounts


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.OPERATOR: frozenset({Right.WATCH, Right.OPERATE}),
    Role.SUPPORT: frozenset(
        {
            Right.WATCH,
            Right.WORK,
            Right.READ,
            Right.FIND,
            Right.REPLAY,
            Right.EDIT,
            Right.DISCARD,
            Right.PROTECT,
            Right.EMERGENCY,
        }
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
    """Who acts, with what rights. `partners`, `flows`: what the account is confined to, empty for all.

    `terminal`: where from: "shell", or the address the console saw. `must_change`: has to choose a password first.
    """

    name: str
    rights: frozenset[Right]
    partners: frozenset[str] = frozenset()
    flows: frozenset[str] = frozenset()
    terminal: str = "shell"
    must_change: bool = False

    def may(self, right: Right) -> bool:
        return right in self.rights and not self.must_change

    def need(self, right: Right) -> None:
        """Raises Refused `access.denied`."""
        if not self.may(right):
            raise Refused("access.denied", f"{self.name} may not {right.value}")

    @property
    def confined(self) -> bool:
        return bool(self.partners or self.flows)

    def sees(self, hop: str, flow: str) -> bool:
        """Whether what happens at this hop ("delivery.pmh") in this flow ("F16") is there for the account (R17)."""
        name = hop.partition(".")[2]
        return (not self.partners or name in self.partners) and (not self.flows or flow in self.flows)


@dataclass(frozen=True, slots=True)
class Account:
    """`name`: what its person signs in with; `display`: the person's name, for colleagues. Times in microseconds."""

    name: str
    display: str
    roles: frozenset[Role]
    partners: frozenset[str]
    flows: frozenset[str]
    disabled: bool
    expires_at: int | None
    must_change: bool
    created_at: int
    created_by: str

    @property
    def rights(self) -> frozenset[Right]:
        return frozenset(right for role in self.roles for right in RIGHTS[role])

    def works(self, now: int) -> bool:
        return not self.disabled and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class Credentials:
    """`password`: argon2 hash; `totp`: the sealed secret; `step`: the newest time step whose code was accepted.

    `failures`: consecutive; `locked_until`: microseconds.
    """

    password: str
    totp: SealedBody
    step: int = 0
    failures: int = 0
    locked_until: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """Who did what to an account, and why; kept for ever. `detail`: roles and limits as they are from then on."""

    at: int
    who: str
    act: str
    detail: str
    reason: str


@dataclass(frozen=True, slots=True)
class Session:
    """`token`: hash of what the browser holds. `ended_why`: "signed out", "disabled", "expired"."""

    token: str
    name: str
    terminal: str
    began_at: int
    last_at: int
    ended_at: int | None = None
    ended_why: str | None = None


class Accounts(Protocol):
    """Every change of an account keeps its `Change` in the same commit."""

    def accounts(self) -> list[Account]:
        """By name."""
        ...

    def account(self, name: str) -> Account | None: ...

    def credentials(self, name: str) -> Credentials | None: ...

    def create_account(self, account: Account, credentials: Credentials, change: Change) -> bool:
        """False where there is one of this name, ended or not: names are not given to another person."""
        ...

    def change_account(self, before: Account, after: Account, change: Change) -> bool:
        """Display name, roles, limits, end. One that is disabled has no session from then on.

        False where it is not `before` any more: somebody else has changed it meanwhile, and that must not be undone.
        """
        ...

    def set_credentials(self, name: str, credentials: Credentials, must_change: bool, change: Change) -> bool:
        """Ends all its sessions."""
        ...

    def account_changes(self, name: str) -> list[Change]: ...

    def note_failure(self, name: str) -> int:
        """Count one more; returns how many there are in a row by now."""
        ...

    def lock_account(self, name: str, until: int) -> None: ...

    def begin_session(self, session: Session, step: int) -> bool:
        """In one commit with the time step of the code that was used. False where it was used before."""
        ...

    def session(self, token: str) -> Session | None: ...

    def touch_session(self, token: str, at: int) -> None: ...

    def end_session(self, token: str, at: int, why: str) -> None: ...

    def sessions(self, names: Collection[str] = (), limit: int = 100) -> list[Session]:
        """Newest first; of all accounts where none is named."""
        ...
