"""Accounts as the administrator keeps them: made, changed, extended, ended, reset; and one's own password."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hub.clock import now_us
from hub.errors import Refused
from hub.ports.accounts import Account, Change, Credentials, Role
from hub.ports.store import Store
from hub.seal import Sealer

SHORTEST = 12  # characters of a password
_NAME_LENGTH = 40
_ISSUER = "Renkei Hub"
_hasher = PasswordHasher()


@dataclass(frozen=True, slots=True)
class Handed:
    """What is handed to the person once, and kept nowhere: a password for one sign-in, and the authenticator's secret.

    `uri`: for a QR code, as authenticator apps take it.
    """

    account: Account
    password: str
    uri: str

    @property
    def secret(self) -> str:
        """In groups of four, to be typed where nothing can be photographed."""
        secret = str(pyotp.parse_uri(self.uri).secret)
        return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


@dataclass(frozen=True, slots=True)
class Terms:
    """What an account may do, and until when (microseconds; None: until it is ended)."""

    roles: frozenset[Role]
    partners: frozenset[str] = frozenset()
    flows: frozenset[str] = frozenset()
    expires_at: int | None = None


def found(store: Store, name: str) -> Account:
    """Raises Refused `access.unknown`."""
    account = store.account(name)
    if account is None:
        raise Refused("access.unknown", "there is no account of this name")
    return account


def create(store: Store, sealer: Sealer, name: str, display: str, terms: Terms, who: str, reason: str) -> Handed:
    """A new account, for one person. Raises Refused `access.name`, `access.exists`, `access.roles`."""
    if not is_name(name):
        raise Refused("access.name", "letters, digits, dots and hyphens, at most 40")
    _check(terms)
    now = now_us()
    account = Account(
        name, display, terms.roles, terms.partners, terms.flows, disabled=False, expires_at=terms.expires_at,
        must_change=True, created_at=now, created_by=who,
    )  # fmt: skip
    password, secret, credentials = _new_credentials(sealer, name)
    if not store.create_account(account, credentials, Change(now, who, "create", detail(account), reason)):
        raise Refused("access.exists", "names are given once, also those of ended accounts")
    return Handed(account, password, _uri(name, secret))


def is_name(name: str) -> bool:
    return 0 < len(name) <= _NAME_LENGTH and name.isascii() and name.replace(".", "").replace("-", "").isalnum()


def change(store: Store, name: str, terms: Terms, who: str, reason: str) -> Account:
    """Mover (R51): other roles, limits or end. Raises Refused `access.unknown`, `access.roles`."""
    _check(terms)
    roles, partners, flows, until = terms.roles, terms.partners, terms.flows, terms.expires_at
    return _changed(
        store, name, "change", who, reason,
        lambda before: replace(before, roles=roles, partners=partners, flows=flows, expires_at=until),
    )  # fmt: skip


def disable(store: Store, name: str, who: str, reason: str) -> Account:
    """Leaver (R52): at once, with all sessions. Raises Refused `access.unknown`."""
    return _changed(store, name, "disable", who, reason, lambda before: replace(before, disabled=True))


def enable(store: Store, name: str, who: str, reason: str) -> Account:
    """The same person is back. Raises Refused `access.unknown`."""
    return _changed(store, name, "enable", who, reason, lambda before: replace(before, disabled=False))


def reset(store: Store, sealer: Sealer, name: str, who: str, reason: str) -> Handed:
    """A new password for one sign-in, and a new secret. Raises Refused `access.unknown`."""
    account = found(store, name)
    password, secret, credentials = _new_credentials(sealer, name)
    store.set_credentials(name, credentials, True, Change(now_us(), who, "reset", detail(account), reason))
    return Handed(found(store, name), password, _uri(name, secret))


def set_password(store: Store, name: str, old: str, new: str) -> None:
    """By the person. Ends all sessions. Raises Refused `access.password`, `access.sign_in`."""
    account, credentials = found(store, name), store.credentials(name)
    assert credentials is not None
    if not verified(credentials.password, old):
        raise Refused("access.sign_in", "the password so far is another one")
    if len(new) < SHORTEST or len(set(new)) < SHORTEST // 2:
        raise Refused("access.password", f"at least {SHORTEST} characters, half of them different")
    if name.casefold() in new.casefold() or new == old:
        raise Refused("access.password", "not the name of the account, and not the password so far")
    fresh = replace(credentials, password=_hasher.hash(new))
    store.set_credentials(name, fresh, False, Change(now_us(), name, "password", detail(account), ""))


def verified(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def detail(account: Account) -> str:
    """Roles and limits in one line."""
    words = [f"roles {_words(role.value for role in account.roles)}"]
    words += [f"partners {_words(account.partners)}"] if account.partners else []
    words += [f"flows {_words(account.flows)}"] if account.flows else []
    words += [f"until {account.expires_at}"] if account.expires_at is not None else []
    return ", ".join([*words, *(["disabled"] if account.disabled else [])])


def _words(names: Iterable[str]) -> str:
    return " ".join(sorted(names))


def _check(terms: Terms) -> None:
    if not terms.roles:
        raise Refused("access.roles", "an account needs a role")
    if Role.ADMIN in terms.roles and len(terms.roles) > 1:
        raise Refused("access.roles", "whoever gives rights has no other role")


def _changed(store: Store, name: str, act: str, who: str, reason: str, make: Callable[[Account], Account]) -> Account:
    """Looked at anew where somebody was faster: other roles must not give a leaver the account back."""
    while True:
        before = found(store, name)
        after = make(before)
        if store.change_account(before, after, Change(now_us(), who, act, detail(after), reason)):
            return after


def _new_credentials(sealer: Sealer, name: str) -> tuple[str, str, Credentials]:
    """Password, secret, and what is kept of them."""
    password, secret = secrets.token_urlsafe(12), pyotp.random_base32()
    sealed = sealer.seal_stored(f"account/{name}", secret.encode(), ())
    return password, secret, Credentials(_hasher.hash(password), sealed)


def _uri(name: str, secret: str) -> str:
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=_ISSUER)
