"""A simulated partner as an HTTP server on loopback, failing on command.

GET /ledger          what arrived and what it did, in order
PUT /mode            how to fail from now on, DELETE /mode to stop failing
PUT /broker          where the partner's queue is, for one that reads a queue
PUT /tray/<key>      lay something out, GET /tray for the keys of what nobody has taken yet
GET /healthz         it is there
POST /token          its authorisation server, where it is guarded; DELETE /token withdraws every token
everything else      the partner's own interface, from `connectors/<kind>/sandbox.py`
"""

import contextlib
import json
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol

from hub.sandbox import partner_tokens
from hub.sandbox.partner import JSON, Answer, Behaviour, Partner, Request
from hub.sandbox.partner_tokens import Denied, TokenDesk

STALL_SECONDS = 60.0
DRIP_SECONDS = 0.2  # between two bytes
# Failing before anything happens, after it happened, or only in the answer.
BEFORE = frozenset({"400", "500", "503", "429", "timeout", "reset", "latency"})
AFTER = frozenset({"500_after", "timeout_after", "reset_after"})
ANSWER = frozenset({"malformed", "invalid", "extra_field", "duplicate_reply", "slow_drip", "slow_headers"})
MODES = BEFORE | AFTER | ANSWER | {"ok"}


@dataclass(frozen=True, slots=True)
class Mode:
    """`times`: for so many requests, None until told otherwise; `seconds`: of latency; `retry_after`: for 503/429."""

    mode: str = "ok"
    times: int | None = None
    seconds: float = 0.5
    retry_after: float | None = None

    @classmethod
    def read(cls, body: bytes) -> "Mode":
        """From the JSON of PUT /mode. Raises ValueError, TypeError."""
        given = json.loads(body)
        mode = cls(**given)
        if mode.mode not in MODES:
            raise ValueError(f"unknown mode; known: {', '.join(sorted(MODES))}")
        details = [value for name, value in given.items() if name != "mode" and value is not None]
        if not all(isinstance(value, int | float) and value >= 0 for value in details):
            raise ValueError("times, seconds and retry_after are numbers from 0 on")
        return mode


class Moods:
    """The mode in force. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mode = Mode()

    def set(self, mode: Mode) -> None:
        with self._lock:
            self._mode = Mode() if mode.times == 0 else mode

    def draw(self, shown: Collection[str] = MODES) -> Mode:
        """The mode of the next request; counts it down. One that is not `shown` there is left for another desk."""
        with self._lock:
            current = self._mode
            if current.mode not in shown:
                return Mode()
            if current.times is not None:
                left = current.times - 1
                self._mode = replace(current, times=left) if left > 0 else Mode()
            return current

    def lasting(self) -> Mode:
        """The mode in force, where it is not for a number of requests."""
        with self._lock:
            return self._mode if self._mode.times is None else Mode()


class Desk(Protocol):
    """Another way into the partner."""

    def connect(self, address: str, hub_key: str | None) -> None:
        """Where its broker is, if it has one."""
        ...


class Server(ThreadingHTTPServer):
    """Closes quietly on clients that gave up: that is what most modes are for."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # typed for datagrams as well


def serve(
    behaviour: Behaviour,
    data: Path,
    port: int,
    desks: Collection[Callable[[Partner, Moods, Path], Desk]] = (),
    polled: str = "",
    tokens: TokenDesk | None = None,
) -> ThreadingHTTPServer:
    """A server on loopback; the caller runs `serve_forever`. `port` 0: any free one.

    `desks`: where else the partner takes something in, under the same books and moods; `polled`: the path others look
    at all the time, which would use up every mode for a number of `times`: it meets only those that last; `tokens`: the
    partner's interface is open to those who hold one.
    """
    partner, moods = Partner(behaviour, data), Moods()
    opened = [desk(partner, moods, data) for desk in desks]

    class Handler(_Handler):
        def setup(self) -> None:
            super().setup()
            self.partner, self.moods, self.desks, self.polled, self.tokens = partner, moods, opened, polled, tokens

    return Server(("127.0.0.1", port), Handler)


class _Handler(BaseHTTPRequestHandler):
    """One connection of one client."""

    protocol_version = "HTTP/1.1"
    partner: Partner
    moods: Moods
    desks: Sequence[Desk]
    polled: str
    tokens: TokenDesk | None

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self) -> None:
        if self.path == "/healthz":
            self._reply(Answer(200, b"ok", "text/plain"))
        elif self.path == "/ledger":
            self._reply(Answer(200, json.dumps(self.partner.ledger()).encode(), JSON))
        elif self.path == "/tray":
            self._reply(Answer(200, json.dumps(self.partner.laid_out()).encode(), JSON))
        else:
            self._work("GET", b"")

    def do_PUT(self) -> None:
        try:
            if self.path.startswith("/tray/"):
                self.partner.lay_out(self.path.removeprefix("/tray/"), self._body())
            elif self.path == "/broker":
                told = json.loads(self._body())
                for desk in self.desks:
                    desk.connect(told["address"], told["hub_key"])
            else:
                self.moods.set(Mode.read(self._body()))
        except (ValueError, TypeError, KeyError) as error:
            self._reply(Answer(400, str(error).encode(), "text/plain"))
            return
        self._reply(Answer())

    def do_DELETE(self) -> None:
        if self.path == partner_tokens.PATH and self.tokens is not None:
            self.tokens.withdraw()
        else:
            self.moods.set(Mode())
        self._reply(Answer())

    def do_POST(self) -> None:
        if self.path == partner_tokens.PATH and self.tokens is not None:
            self._grant(self.tokens)
        else:
            self._work("POST", self._body())

    def _grant(self, tokens: TokenDesk) -> None:
        try:
            granted = tokens.grant(self._body(), f"http://{self.headers.get('Host', '')}{partner_tokens.PATH}")
        except Denied as error:
            self._reply(Answer(error.status, json.dumps({"error": error.error}).encode(), JSON))
        except ValueError:
            self._reply(Answer(400, json.dumps({"error": "invalid_request"}).encode(), JSON))
        else:
            self._reply(Answer(200, json.dumps(granted).encode(), JSON))

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _work(self, method: str, body: bytes) -> None:
        looked_at = self.polled and self.path.startswith(self.polled)
        mode = self.moods.lasting() if looked_at else self.moods.draw()
        if mode.mode in BEFORE and self._fail(mode):
            return
        key, correlation = self.headers.get("Idempotency-Key", ""), self.headers.get("X-Correlation-Id", "")
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.tokens is not None:
            holder = self.tokens.client_of(token)
            if holder is None:
                self._reply(Answer(401, b"no token of this server", "text/plain"))
                return
            token = holder  # who asks is the client, whichever token it holds
        answer = self.partner.handle(Request(method, self.path, body, key, correlation, credential=token))
        if mode.mode in AFTER:
            self._fail(replace(mode, mode=mode.mode.removesuffix("_after")))
        elif mode.mode in ANSWER and 200 <= answer.status < 300:
            self._answer_badly(mode.mode, answer)
        else:
            self._reply(answer)

    def _fail(self, mode: Mode) -> bool:
        """Fail as the mode says; False when the request is to be worked on after all."""
        if mode.mode == "latency":
            time.sleep(mode.seconds)
            return False
        if mode.mode == "timeout":
            self._stall()
        elif mode.mode == "reset":
            # linger 0: the kernel answers with RST instead of an orderly end
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
        else:
            extra = {} if mode.retry_after is None else {"Retry-After": f"{mode.retry_after:g}"}
            self._reply(Answer(int(mode.mode), b"failing as told", "text/plain"), extra)
        return True

    def _stall(self) -> None:
        """Say nothing until the other side gives up."""
        self.connection.settimeout(STALL_SECONDS)
        with contextlib.suppress(OSError):
            self.connection.recv(1)
        self.close_connection = True

    def _answer_badly(self, mode: str, answer: Answer) -> None:
        if mode in ("slow_drip", "slow_headers"):
            padded = answer.body or b" " * 20  # an empty answer has nothing to drip
            whole = replace(answer, status=200, body=padded)
            head = self._head(whole, {})
            fast, slow = (head, padded) if mode == "slow_drip" else (b"", head + padded)
            self._drip(fast, slow)
        elif mode == "malformed":
            self._reply(replace(answer, status=200, body=b"<broken"))
        else:
            self._reply(self.partner.spoil(mode, answer) if answer.body else answer)

    def _drip(self, fast: bytes, slow: bytes) -> None:
        self.wfile.write(fast)
        for byte in slow:
            self.wfile.write(bytes([byte]))
            time.sleep(DRIP_SECONDS)

    def _reply(self, answer: Answer, extra: dict[str, str] | None = None) -> None:
        self.wfile.write(self._head(answer, extra or {}) + answer.body)

    def _head(self, answer: Answer, extra: dict[str, str]) -> bytes:
        lines = [f"{self.protocol_version} {answer.status} {self.responses.get(answer.status, ('',))[0]}"]
        if answer.status != 204:
            lines += [f"Content-Type: {answer.content_type}", f"Content-Length: {len(answer.body)}"]
        lines += [f"{name}: {value}" for name, value in extra.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def log_message(self, format: str, *args: Any) -> None:
        """The ledger is the record."""
