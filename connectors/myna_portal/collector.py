"""What the portal lays out: applications as ZIPs, one per 受付番号, opened, verified and read before they are believed.

GET  /applications                          what is there: number, time of reception, size, SHA-256
GET  /applications/{number}.zip             the package
POST /applications/{number}/collections     it is in the hub's safe keeping

A package that is refused is taken all the same: it becomes a dead letter with the reason, and the portal is told by a
receipt (受領確認). One whose bytes are not those of the list was spoilt on its way, and is fetched again.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote
from uuid import uuid4

from pydantic import AwareDatetime, Field, StringConstraints, TypeAdapter

from connectors.http import HttpClient
from connectors.http.json import JSON, JsonModel, check_members
from connectors.http.xml import reply_with
from connectors.myna_portal import package, shinsei, signature, trust
from connectors.myna_portal.trust import Trust
from hub.errors import Refused, Retryable
from hub.ports.collector import Collected
from hub.ports.connector import ConnectorSettings, SendContext

# ruff: noqa: N815 - the names of the wire
RECEIPT = "application.receipt"
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class Listed(JsonModel):
    """One package of the list."""

    receptionNumber: Annotated[str, StringConstraints(pattern=r"^[0-9]{16}$")]
    receivedAt: Annotated[AwareDatetime, Field(ge=_EARLIEST, le=_LATEST)]  # what every time zone has
    size: Annotated[int, Field(ge=1)]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


_LIST = TypeAdapter(list[Listed])


class ApplicationTray:
    """Implements `hub.ports.collector.Collector`."""

    def __init__(self, settings: ConnectorSettings) -> None:
        self._http, self._most = HttpClient(settings), settings.max_reply_bytes
        self._trust = settings.options.get("trust", "")

    def collect(self, most: int) -> Sequence[Collected]:
        answer = self._http.get("/applications", _context())
        if answer is None:
            raise Retryable("deliver.error", "the portal has no list")
        try:
            listed = _LIST.validate_json(answer.body)
            check_members(answer.body)
        except ValueError:  # pydantic's own is one
            raise Retryable("reply.invalid", "the portal's list is not as agreed") from None
        if not listed:
            return []
        trusted = trust.load(self._trust)
        found: list[Collected] = []
        size, spoilt = 0, None
        for each in listed[:most]:
            if found and size + each.size > self._most:  # all of them are in memory
                break
            try:
                new = self._collected(each, trusted)
            except Retryable as error:  # the others need not wait for it
                spoilt = error
                continue
            size += each.size + sum(len(content) for one in new for content in one.attachments.values())
            found += new
        if spoilt is not None and not found:
            raise spoilt
        return found

    def confirm(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._http.post(f"/applications/{quote(key, safe='')}/collections", b"{}", JSON, _context())

    def close(self) -> None:
        self._http.close()

    def _collected(self, one: Listed, trusted: Trust) -> Sequence[Collected]:
        """The application; or what could not be one, and the receipt that says so. Nothing where it is gone by now."""
        number, content = one.receptionNumber, b""
        fault: Refused
        try:
            if one.size > self._most:
                raise Refused("receive.too_large", f"the package is larger than {self._most} bytes")
            fetched = self._fetched(one)
            if fetched is None:  # another process was quicker
                return []
            content = fetched
            files = package.opened(content)
            signature.verify(files, trusted, one.receivedAt)
            document = shinsei.document(number, files)
            return [Collected(number, shinsei.TYPE, document, attachments=shinsei.attachments(files))]
        except Refused as refused:
            fault = refused
        except Retryable:
            raise
        except Exception as bug:  # noqa: BLE001 - made by strangers: one that finds a bug must not stop all the others
            fault = Refused("hub.internal", type(bug).__name__)
        return [
            Collected(number, shinsei.TYPE, content, fault=fault, variant=one.sha256),
            Collected(number, RECEIPT, _refusal(one, fault), variant=one.sha256),
        ]

    def _fetched(self, one: Listed) -> bytes | None:
        """Raises Retryable for bytes that are not those of the list."""
        try:
            answer = self._http.get(f"/applications/{one.receptionNumber}.zip", _context())
        except Refused as error:  # more than it should be
            raise Retryable(error.code, error.detail) from None
        if answer is not None and hashlib.sha256(answer.body).hexdigest() != one.sha256:
            raise Retryable("reply.invalid", "a package was spoilt on its way")
        return None if answer is None else answer.body


def _refusal(one: Listed, fault: Refused) -> bytes:
    """The receipt for a package that was not taken. The time is the package's own, so that it is the same each time.

    Where the fault is the hub's own, nothing is refused yet.
    """
    said = {
        "reception_number": one.receptionNumber,
        "outcome": "held" if fault.code == "hub.internal" else "refused",
        "reason": fault.code,
        "decided_at": one.receivedAt.astimezone(UTC).isoformat(timespec="seconds"),
    }
    return reply_with(RECEIPT, "receipt", said).document


def _context() -> SendContext:
    """A confirmation has no key: what is laid out a second time must be confirmed a second time."""
    return SendContext(str(uuid4()), str(uuid4()))


def create(settings: ConnectorSettings) -> ApplicationTray:
    """The collector of one configuration file."""
    return ApplicationTray(settings)
