"""Access tokens by OAuth 2.0 client credentials with `client_secret_jwt`: the standard linkage (P:common2.7).

The secret never leaves: what is shown to the authorisation server is an assertion under it (RFC 7523, HS256), good for
a minute and once. There are no refresh tokens: a token that ends is followed by a new one.
"""

import threading
import time
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import OctKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.http.endpoint import Endpoint
from hub.errors import RenkeiError, Unavailable
from hub.ports.connector import ConnectorSettings, OAuthClient, no_witness

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM = "application/x-www-form-urlencoded"
ASSERTION_SECONDS = 60
_MOST_BYTES = 65_536
_MARGIN_SECONDS, _MARGIN_PART = 30.0, 0.1  # before its end a token is no longer used: the smaller of both


class _Granted(BaseModel):
    """What the server answers (RFC 6749, 5.1). Whatever else it says, a refresh token above all, is not looked at."""

    model_config = ConfigDict(strict=True)

    access_token: str = Field(min_length=1, max_length=16_384, pattern=r"^[\x21-\x7e]+$", repr=False)
    token_type: str = Field(pattern=r"^[Bb]earer$")
    expires_in: int = Field(ge=1, le=86_400)


class Tokens:
    """The token in use, fetched by one thread while the others wait for it. Thread-safe."""

    def __init__(self, client: OAuthClient, settings: ConnectorSettings) -> None:
        parts = urlsplit(client.token_url)
        self._client, self._path = client, parts.path
        self._endpoint = Endpoint(parts._replace(path="", query="").geturl(), settings, _MOST_BYTES)
        self._lock = threading.Lock()
        self._token, self._until = "", 0.0
        self._failed_at = 0.0
        self._failure = ""

    def current(self) -> str:
        """Raises Unavailable `deliver.no_token`; no part of secret, assertion or answer is in it."""
        asked = time.monotonic()
        with self._lock:
            if self._failed_at >= asked:  # while this thread waited for the one that asked: it need not ask as well
                raise Unavailable("deliver.no_token", self._failure)
            if not self._token or time.monotonic() >= self._until:
                self._fetch()
            return self._token

    def drop(self, token: str) -> None:
        """The partner does not take this one. Another that came meanwhile stays."""
        with self._lock:
            if self._token == token:
                self._token = ""

    def close(self) -> None:
        self._endpoint.close()

    def _fetch(self) -> None:
        began = time.monotonic()
        try:
            answer = self._endpoint.request("POST", self._path, self._form(), {"Content-Type": FORM}, no_witness)
            granted = _Granted.model_validate_json(answer.body)
        except (RenkeiError, ValidationError) as error:
            self._failed_at = time.monotonic()
            self._failure = error.detail if isinstance(error, RenkeiError) else "the answer grants no bearer token"
            raise Unavailable("deliver.no_token", self._failure) from None
        left = granted.expires_in - min(_MARGIN_SECONDS, granted.expires_in * _MARGIN_PART)
        self._token, self._until = granted.access_token, began + left

    def _form(self) -> bytes:
        fields = {
            "grant_type": "client_credentials",
            "client_id": self._client.client_id,
            "client_assertion_type": ASSERTION,
            "client_assertion": self._assertion(),
        }
        return urlencode(fields | ({"scope": self._client.scope} if self._client.scope else {})).encode()

    def _assertion(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self._client.client_id,
            "sub": self._client.client_id,
            "aud": self._client.token_url,
            "jti": str(uuid4()),
            "iat": now,
            "exp": now + ASSERTION_SECONDS,
        }
        return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(self._client.secret), algorithms=["HS256"])
