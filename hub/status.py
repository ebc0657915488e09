"""What a process tells operators over HTTP: `/metrics`, `/healthz` (it works), `/readyz` (it may get traffic)."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from hub.metrics import CONTENT_TYPE, Metrics

Check = Callable[[], str | None]


class StatusServer:
    """Serves on `host:port` (port 0 picks a free one) on a thread of its own.

    `checks`: name → function returning None when well, else one sentence without personal data.
    `refresh` runs before metrics are exposed.
    """

    def __init__(
        self, host: str, port: int, metrics: Metrics, checks: dict[str, Check], refresh: Callable[[], None]
    ) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/metrics":
                    refresh()
                    self._answer(200, CONTENT_TYPE, metrics.expose())
                elif self.path == "/healthz":
                    self._answer(200, "text/plain", b"ok\n")
                elif self.path == "/readyz":
                    problems = [f"{name}: {text}" for name, check in checks.items() if (text := check())]
                    body = "\n".join(problems or ["ready"]) + "\n"
                    self._answer(503 if problems else 200, "text/plain; charset=utf-8", body.encode())
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

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, name="status", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
