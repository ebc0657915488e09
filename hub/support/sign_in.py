"""Signing in: account, password and a code of the authenticator; and who a session belongs to.

Unknown name, wrong password and wrong code get one answer and cost the same. Five failures lock for a minute, each
further one for twice as long; only who has the right password is told so.
"""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256

import pyotp

from hub.errors import Refused
from hub.ports.accounts import Account, Actor, Credentials, Session
from hub.ports.store import Store
from hub.seal import Sealer
from hub.support.accounts import verified

SPARED = 5  # failures that lock nothing
_MINUTE_US = 60_000_000
_LONGEST_US = 60 * _MINUTE_US
_STEP_S = 30
_TOKEN_BYTES = 32
# argon2 of nothing anybody knows: an unknown name costs as much as a known one
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$c29tZSBzYWx0IGZvciBub2JvZHk$bm9ib2R5IGhhcyB0aGlzIHBhc3N3b3JkIGF0IGFsbA"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lives without use, and at most (microseconds)."""

    idle: int = 15 * _MINUTE_US
    most: int = 8 * 60 * _MINUTE_US


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`token`: for the browser alone; `elsewhere`: the account has a live session from another terminal (R50)."""

    token: str
    actor: Actor
    elsewhere: bool


def sign_in(
    store: Store, sealer: Sealer, name: str, password: str, code: str, terminal: str, now: int,
    limits: Limits = Limits(),
) -> SignedIn:  # fmt: skip
    """Raises Refused `access.sign_in`, `access.locked`, `access.expired`."""
    account, credentials = store.account(name), store.credentials(name)
    right = verified(credentials.password if credentials else _NOBODY, password)
    if account is None or credentials is None:
        raise _refused()
    locked = credentials.locked_until > now
    if locked and right:
        minutes = -(-(credentials.locked_until - now) // _MINUTE_US)
        raise Refused("access.locked", f"after {credentials.failures} failures; try again in {minutes} minutes")
    step = _step(sealer, name, credentials, code, now) if right else None
    if step is None:
        if not locked:
            _count(store, name, now)
        raise _refused()
    if not account.works(now):
        raise Refused("access.expired", "the account has ended")
    elsewhere = any(each.terminal != terminal for each in live(store, name, now, limits))
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    if not store.begin_session(Session(_hashed(token), name, terminal, now, now), step):
        raise _refused()  # the code was used meanwhile
    return SignedIn(token, _actor(account, terminal), elsewhere)


def actor_of(
    store: Store, token: str, terminal: str, now: int, limits: Limits = Limits(), use: bool = True
) -> Actor:  # fmt: skip
    """Whose session it is, with the rights of this moment. Raises Refused `access.signed_out`.

    `use`: a person is at it, which lengthens its life; a page that follows by itself what happens does not.
    """
    session = store.session(_hashed(token))
    account = None if session is None else store.account(session.name)
    if session is None or account is None or session.ended_at is not None:
        raise Refused("access.signed_out", "")
    if not account.works(now) or not _lives(session, now, limits):
        store.end_session(session.token, now, "expired")
        raise Refused("access.signed_out", "")
    if session.terminal != terminal:  # a token somebody else has got hold of
        raise Refused("access.signed_out", "")
    if use and now - session.last_at > limits.idle // 15:
        store.touch_session(session.token, now)
    return _actor(account, terminal)


def sign_out(store: Store, token: str, now: int) -> None:
    store.end_session(_hashed(token), now, "signed out")


def live(store: Store, name: str, now: int, limits: Limits = Limits()) -> list[Session]:
    """Sessions of an account that could be used now."""
    return [one for one in store.sessions([name]) if one.ended_at is None and _lives(one, now, limits)]


def _lives(session: Session, now: int, limits: Limits) -> bool:
    return now - session.last_at <= limits.idle and now - session.began_at <= limits.most


def _step(sealer: Sealer, name: str, credentials: Credentials, code: str, now: int) -> int | None:
    """The time step of a code not used before; one step early or late is taken."""
    secret = sealer.open(f"account/{name}", credentials.totp).decode()
    totp, present = pyotp.TOTP(secret), now // 1_000_000 // _STEP_S
    digits = "".join(code.split())
    for step in (present - 1, present, present + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), digits.encode()) and step > credentials.step:
            return step
    return None


def _count(store: Store, name: str, now: int) -> None:
    failures = store.note_failure(name)
    if failures >= SPARED:
        store.lock_account(name, now + min(_MINUTE_US << min(failures - SPARED, 10), _LONGEST_US))


def _actor(account: Account, terminal: str) -> Actor:
    return Actor(account.name, account.rights, account.partners, account.flows, terminal, account.must_change)


def _hashed(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _refused() -> Refused:
    return Refused("access.sign_in", "account, password or code is wrong, or the code was used before")
