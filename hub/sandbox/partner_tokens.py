"""A simulated authorisation server: client credentials with `client_secret_jwt`, checked by its own arithmetic.

Shares no code with the hub: signature (HMAC-SHA-256), `aud`, `exp` and the single use of `jti` are looked at here, with
the standard library alone (RFC 7515, RFC 7523).
"""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

PATH = "/token"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_ASSERTION = 300.0  # seconds until its end
CLIENT = "kawasaki-hub"
GUARDED = ("integration_platform",)  # partners of the standard linkage: they want tokens


def client_secret(partner: str) -> str:
    """What this partner shares with the synthetic city. No secret."""
    return hashlib.sha256(f"synthetic client of {partner}".encode()).hexdigest()


class Denied(Exception):
    """`error`: as RFC 6749 5.2 names it."""

    def __init__(self, error: str, status: int = 400) -> None:
        super().__init__(error)
        self.error, self.status = error, status


class TokenDesk:
    """Grants tokens of `seconds` to one client. Thread-safe."""

    def __init__(self, client: str, secret: str, seconds: int = 300) -> None:
        self._client, self._secret, self._seconds = client, secret.encode(), seconds
        self._lock = threading.Lock()
        self._used: set[str] = set()  # jti of assertions, for as long as the process lives
        self._granted: dict[str, float] = {}

    def grant(self, form: bytes, audience: str) -> Mapping[str, object]:
        """The answer to a token request. Raises Denied."""
        fields = {name: values[0] for name, values in parse_qs(form.decode(), strict_parsing=True).items()}
        if fields.get("grant_type") != "client_credentials":
            raise Denied("unsupported_grant_type")
        if fields.get("client_assertion_type") != ASSERTION:
            raise Denied("invalid_client", 401)
        self._check(self._claims(fields.get("client_assertion", "")), fields.get("client_id", self._client), audience)
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._granted[token] = time.monotonic() + self._seconds
        return {"access_token": token, "token_type": "Bearer", "expires_in": self._seconds}

    def client_of(self, token: str) -> str | None:
        """Who holds this token; None for one that was not granted here, has ended or was withdrawn."""
        with self._lock:
            return self._client if time.monotonic() < self._granted.get(token, 0.0) else None

    def withdraw(self) -> None:
        """Every token ends now."""
        with self._lock:
            self._granted.clear()

    def _claims(self, assertion: str) -> dict[str, Any]:
        """What a signed assertion says. Raises Denied."""
        try:
            head, claims, signature = assertion.split(".")
            signed = hmac.new(self._secret, f"{head}.{claims}".encode(), "sha256").digest()
            if json.loads(_decoded(head)).get("alg") != "HS256" or not hmac.compare_digest(signed, _decoded(signature)):
                raise Denied("invalid_client", 401)
            found: dict[str, Any] = json.loads(_decoded(claims))
        except (ValueError, AttributeError):
            raise Denied("invalid_client", 401) from None
        return found

    def _check(self, claims: Mapping[str, Any], client: str, audience: str) -> None:
        now, ends, number = time.time(), claims.get("exp"), claims.get("jti")
        named = claims.get("iss") == claims.get("sub") == self._client == client
        in_time = isinstance(ends, int | float) and now < ends <= now + LONGEST_ASSERTION
        if not (named and in_time and claims.get("aud") == audience and isinstance(number, str) and number):
            raise Denied("invalid_client", 401)
        with self._lock:
            if number in self._used:
                raise Denied("invalid_client", 401)
            self._used.add(number)


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
