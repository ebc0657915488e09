"""What a process tells operators over HTTP: `/metrics`, `/healthz` (it works), `/readyz` (it may get traffic)."""

import threading
import time
from collections.abc import Callable, Collection, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from urllib.parse import urlsplit

import structlog

from hub.metrics import Metrics

Check = Callable[[], str | None]
_AGAIN_SECONDS = 5.0
_CLIENT_SECONDS = 10.0  # for a client to say what it wants
_log = structlog.get_logger("hub.status")


class Remembered:
    """A check that costs a call to another system: asked again every `seconds` at most, and nobody waits for it.

    A problem is looked at again sooner, so that it does not outlive its cause for long. Only the first answer is waited
    for; later ones are fetched on a thread of their own, while the last one is told.
    """

    def __init__(self, check: Check, seconds: float) -> None:
        self._check, self._seconds = check, seconds
        self._lock = threading.Lock()
        self._answer: str | None = None
        self._asked_at: float | None = None

    def __call__(self) -> str | None:
        with self._lock:
            now = time.monotonic()
            if self._asked_at is None:
                self._answer = self._check()
                self._asked_at = now
            elif now - self._asked_at >= (min(self._seconds, _AGAIN_SECONDS) if self._answer else self._seconds):
                self._asked_at = now
                threading.Thread(target=self._refresh, name="status-check", daemon=True).start()
            return self._answer

    def _refresh(self) -> None:
        self._answer = self._check()


class StatusServer:
    """Serves on `host:port` (port 0 picks a free one) on a thread of its own.

    `checks`: name → function returning None when well, else what is wrong and what to do, without personal data.
    `waived`: names of checks that may fail; they are told all the same. `refresh` runs before metrics are exposed.
    """

    def __init__(
        self,
        host: str,
        port: int,
        metrics: Metrics,
        checks: Mapping[str, Check],
        refresh: Callable[[], None],
        waived: Collection[str] = (),
    ) -> None:
        class Handler(BaseHTTPRequestHandler):
            timeout = _CLIENT_SECONDS

            def do_GET(self) -> None:
                path = urlsplit(self.path).path
                if path == "/metrics":
                    refresh()
                    metrics.checks({name: check() for name, check in checks.items() if name not in waived})
                    self._answer(200, *metrics.expose(self.headers.get("Accept", "")))
                elif path == "/healthz":
                    self._answer(200, "text/plain", b"ok\n")
                elif path == "/readyz":
                    ready, text = _readiness(checks, waived)
                    self._answer(200 if ready else 503, "text/plain; charset=utf-8", text.encode())
                else:
                    self._answer(404, "text/plain", b"try /metrics, /healthz or /readyz\n")

            def _answer(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Scrapes are not events."""

        self._server = _Server((host, port), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, name="status", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def server_bind(self) -> None:
        """Without asking the network for the name of its own address, which the base class does and nobody reads."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away, mostly. No traceback: the log has one JSON line per event."""
        _log.warning("status_request_failed")


def _readiness(checks: Mapping[str, Check], waived: Collection[str]) -> tuple[bool, str]:
    problems = {name: text for name, check in checks.items() if (text := check())}
    failing = [name for name in problems if name not in waived]
    lines = [f"{name}: {'waived: ' if name in waived else ''}{text}" for name, text in problems.items()]
    if failing:
        names = ", ".join(f'"{name}"' for name in failing)
        lines.append(f"not ready; repair this, or let it pass by name in hub.toml: waive = [{names}]")
    else:
        lines.append("ready")
    return not failing, "\n".join(lines) + "\n"
