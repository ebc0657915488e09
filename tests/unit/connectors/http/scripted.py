"""A server that answers each request as its script says, to the byte."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator

Step = Callable[[socket.socket], None]


def says(content: bytes) -> Step:
    """Send this and wait for the next request."""
    return lambda connection: connection.sendall(content)


def ok(body: bytes, *headers: str) -> Step:
    head = "\r\n".join(["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers])
    return says(f"{head}\r\n\r\n".encode() + body)


def status(code: int, *headers: str, body: bytes = b"secret 621498320257") -> Step:
    head = "\r\n".join([f"HTTP/1.1 {code} Told", f"Content-Length: {len(body)}", *headers])
    return says(f"{head}\r\n\r\n".encode() + body)


def nothing(connection: socket.socket) -> None:
    """Read on until the client hangs up."""
    with contextlib.suppress(OSError):
        while connection.recv(4096):
            pass


def hangs_up(connection: socket.socket) -> None:
    connection.close()


def resets(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def drips(fast: bytes, slow: bytes, stop: threading.Event, gap: float = 0.02) -> Step:
    """Send `fast` at once and `slow` byte by byte, as often as it takes."""

    def step(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.sendall(fast)
            while not stop.is_set():
                for byte in slow:
                    connection.sendall(bytes([byte]))
                    stop.wait(gap)

    return step


class Scripted:
    """`requests`: what came in; `connections`: how many were made."""

    def __init__(self, *steps: Step) -> None:
        self._steps = list(steps)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.requests: list[bytes] = []
        self.connections = 0
        self._thread = threading.Thread(target=self._run, daemon=True)

    @contextlib.contextmanager
    def running(self) -> Iterator["Scripted"]:
        self._thread.start()
        try:
            yield self
        finally:
            self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
            self._thread.join(5)

    def _run(self) -> None:
        while self._steps:
            try:
                connection, _address = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            with connection, contextlib.suppress(OSError):
                while self._steps and (request := _request(connection)):
                    self.requests.append(request)
                    self._steps.pop(0)(connection)


def _request(connection: socket.socket) -> bytes:
    """Head and body of one request; empty when the client hung up."""
    content = b""
    while b"\r\n\r\n" not in content:
        chunk = connection.recv(4096)
        if not chunk:
            return b""
        content += chunk
    head, _, body = content.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(4096)
    return head + b"\r\n\r\n" + body
