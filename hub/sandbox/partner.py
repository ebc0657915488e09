"""A simulated partner: an HTTP process with a ledger of its own, strict about what it takes, failing on command.

    GET /ledger          what arrived and what it did, in order
    PUT /mode            how to fail from now on, DELETE /mode to stop failing
    GET /healthz         it is there
    everything else      the partner's own interface, from `connectors/<kind>/sandbox.py`

A partner knows nothing of the hub: it checks by its own arithmetic and keeps its own books, so a run can be judged
without asking the hub.
"""

import contextlib
import hashlib
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol

STALL_SECONDS = 60.0
_TWELVE = re.compile(r"(?<!\d)\d{12}(?!\d)", re.ASCII)
_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
# Failing before anything happens, after it happened, or only in the answer.
BEFORE = frozenset({"500", "503", "429", "timeout", "reset", "latency"})
AFTER = frozenset({"500_after", "timeout_after", "reset_after"})
ANSWER = frozenset({"malformed", "invalid", "extra_field", "slow_drip", "duplicate_reply"})
MODES = BEFORE | AFTER | ANSWER | {"ok"}


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    body: bytes
    key: str
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Answer:
    """`record`, `version`: which record's state was written; `violation`: what a partner must never see."""

    status: int = 204
    body: bytes = b""
    content_type: str = "application/xml; charset=utf-8"
    operation: str = ""
    effect: bool = True
    record: str = ""
    version: int | None = None
    violation: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger. `effect` False: a repeated receipt or a refusal. `at`: seconds since 1970."""

    key: str
    operation: str
    correlation_id: str
    at: float
    status: int
    effect: bool
    record: str = ""
    version: int | None = None
    reordered: bool = False
    violation: str | None = None
    digest: str = ""
    answer: str = field(default="", repr=False)
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Mode:
    """`times`: for so many requests, None until told otherwise; `seconds`: of latency; `retry_after`: for 503/429."""

    mode: str = "ok"
    times: int | None = None
    seconds: float = 0.5
    retry_after: float | None = None


class Behaviour(Protocol):
    """What one partner does. Called under one lock; rebuilt from the ledger's entries after a restart."""

    keyed: bool  # takes an idempotency key

    def handle(self, request: Request) -> Answer: ...

    def remember(self, entry: Entry) -> None: ...

    def spoil(self, mode: str, answer: Answer) -> Answer:
        """The answer with an extra field or against the schema, for modes "extra_field" and "invalid"."""
        ...


def individual_number(digits: str) -> bool:
    """個人番号 by the ministerial order's formula, apart from the hub's own check."""
    rest = sum(int(digit) * weight for digit, weight in zip(digits[:11], _WEIGHTS, strict=True)) % 11
    return int(digits[11]) == (0 if rest <= 1 else 11 - rest)


def names_individual_number(text: str) -> bool:
    """True when a valid individual number stands anywhere in the text."""
    return any(individual_number(match) for match in _TWELVE.findall(text))


class Partner:
    """The books and the moods of one partner."""

    def __init__(self, behaviour: Behaviour, data: Path) -> None:
        self._behaviour = behaviour
        self._path = data / "ledger.jsonl"
        self._lock = threading.Lock()
        self._mode = Mode()
        self._entries: list[Entry] = []
        self._answers: dict[str, Entry] = {}
        self._newest: dict[tuple[str, str], int] = {}
        data.mkdir(parents=True, exist_ok=True)
        if self._path.exists():
            for line in self._path.read_text(encoding="utf-8").splitlines():
                self._book(Entry(**json.loads(line)))
        self._file = self._path.open("a", encoding="utf-8")

    def ledger(self) -> list[dict[str, Any]]:
        with self._lock:
            hidden = ("answer", "content_type")
            return [{k: v for k, v in asdict(one).items() if k not in hidden} for one in self._entries]

    def set_mode(self, mode: Mode) -> None:
        if mode.mode not in MODES:
            raise ValueError(f"unknown mode {mode.mode}; known: {', '.join(sorted(MODES))}")
        with self._lock:
            self._mode = mode

    def draw_mode(self) -> Mode:
        """The mode of the next request; counts it down."""
        with self._lock:
            current = self._mode
            if current.times is not None:
                left = current.times - 1
                self._mode = replace(current, times=left) if left > 0 else Mode()
            return current

    def handle(self, request: Request) -> Answer:
        """Do what is asked, once per key, and write it down before answering."""
        with self._lock:
            if request.method == "GET":
                return self._behaviour.handle(request)
            before = self._answers.get(request.key) if self._behaviour.keyed else None
            if before is not None:
                self._write(replace(before, at=time.time(), effect=False, answer=""))
                return Answer(before.status, before.answer.encode(), before.content_type)
            answer = self._behaviour.handle(request)
            effect = answer.effect and 200 <= answer.status < 300
            place = (answer.operation, answer.record)
            reordered = effect and answer.version is not None and self._newest.get(place, -1) > answer.version
            self._write(
                Entry(
                    key=request.key,
                    operation=answer.operation,
                    correlation_id=request.correlation_id,
                    at=time.time(),
                    status=answer.status,
                    effect=effect,
                    record=hashlib.sha256(answer.record.encode()).hexdigest()[:16] if answer.record else "",
                    version=answer.version,
                    reordered=reordered,
                    violation=answer.violation,
                    digest=hashlib.sha256(request.body).hexdigest(),
                    answer=answer.body.decode(),
                    content_type=answer.content_type,
                )
            )
            if effect and answer.version is not None:
                self._newest[place] = max(answer.version, self._newest.get(place, -1))
            return answer

    def spoil(self, mode: str, answer: Answer) -> Answer:
        return self._behaviour.spoil(mode, answer)

    def _write(self, entry: Entry) -> None:
        self._file.write(json.dumps(asdict(entry), ensure_ascii=False) + "\n")
        self._file.flush()
        self._book(entry)

    def _book(self, entry: Entry) -> None:
        self._entries.append(entry)
        if entry.answer or entry.effect:
            self._answers.setdefault(entry.key, entry)
            self._behaviour.remember(entry)


def serve(behaviour: Behaviour, data: Path, port: int) -> ThreadingHTTPServer:
    """A server on loopback; the caller runs `serve_forever`."""
    partner = Partner(behaviour, data)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def do_GET(self) -> None:
            if self.path == "/healthz":
                self._reply(Answer(200, b"ok", "text/plain"))
            elif self.path == "/ledger":
                self._reply(Answer(200, json.dumps(partner.ledger()).encode(), "application/json"))
            else:
                self._work("GET", b"")

        def do_PUT(self) -> None:
            try:
                partner.set_mode(Mode(**json.loads(self._body())))
            except (ValueError, TypeError) as error:
                self._reply(Answer(400, str(error).encode(), "text/plain"))
                return
            self._reply(Answer())

        def do_DELETE(self) -> None:
            partner.set_mode(Mode())
            self._reply(Answer())

        def do_POST(self) -> None:
            self._work("POST", self._body())

        def _body(self) -> bytes:
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))

        def _work(self, method: str, body: bytes) -> None:
            mode = partner.draw_mode()
            if mode.mode in BEFORE and self._fail(mode):
                return
            key, correlation = self.headers.get("Idempotency-Key", ""), self.headers.get("X-Correlation-Id", "")
            answer = partner.handle(Request(method, self.path, body, key, correlation))
            if mode.mode in AFTER:
                self._fail(replace(mode, mode=mode.mode.removesuffix("_after")))
            elif mode.mode == "slow_drip":
                self._drip(answer)
            elif mode.mode == "malformed":
                self._reply(replace(answer, status=200, body=b"<broken"))
            elif mode.mode in ("invalid", "extra_field", "duplicate_reply") and answer.body:
                self._reply(partner.spoil(mode.mode, answer))
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

        def _drip(self, answer: Answer) -> None:
            body = answer.body or b" " * 20
            self._head(replace(answer, status=200), len(body), {})
            try:
                for byte in body:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    time.sleep(0.2)
            except OSError:
                self.close_connection = True

        def _reply(self, answer: Answer, extra: dict[str, str] | None = None) -> None:
            self._head(answer, len(answer.body), extra or {})
            if answer.body:
                self.wfile.write(answer.body)

        def _head(self, answer: Answer, length: int, extra: dict[str, str]) -> None:
            self.send_response(answer.status)
            if answer.status != 204:
                self.send_header("Content-Type", answer.content_type)
                self.send_header("Content-Length", str(length))
            for name, value in extra.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """The ledger is the record."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    return server


Factory = Callable[[], Behaviour]
