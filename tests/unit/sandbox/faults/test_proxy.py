"""The proxy does to a connection what a network can do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from hub.sandbox.faults.proxy import Network

SOON = 5.0
NOT_YET = 0.3


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that says back what it hears; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(peer: socket.socket) -> None:
        with peer:
            try:
                while data := peer.recv(1000):
                    peer.sendall(data)
            except OSError:
                return

    def serve() -> None:
        while True:
            try:
                peer = listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=answer, args=(peer,), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(SOON)


@pytest.fixture
def network() -> Iterator[Network]:
    made = Network()
    yield made
    made.close()


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=SOON)


def test_passes_on_both_ways(network: Network, echo: int) -> None:
    with connected(network.link("line", echo)) as line:
        line.sendall(b"hello")

        assert line.recv(100) == b"hello"


def test_a_cut_resets_what_is_there_and_refuses_what_comes_until_mended(network: Network, echo: int) -> None:
    port = network.link("line", echo)
    with connected(port) as line:
        line.sendall(b"hello")
        assert line.recv(100) == b"hello"

        network.cut("line")

        with pytest.raises(ConnectionResetError):
            line.recv(100)
    with pytest.raises(ConnectionRefusedError):
        connected(port)
    network.mend("line")
    with connected(port) as line:
        line.sendall(b"again")
        assert line.recv(100) == b"again"


def test_a_mute_line_takes_everything_and_gives_nothing_and_what_it_took_never_comes(
    network: Network, echo: int
) -> None:
    with connected(network.link("line", echo)) as line:
        network.mute("line")
        line.sendall(b"hello")
        line.settimeout(NOT_YET)
        with pytest.raises(TimeoutError):
            line.recv(100)

        network.mend("line")

        line.settimeout(SOON)
        with pytest.raises(ConnectionResetError):
            line.recv(100)


def test_a_stalled_line_gives_all_of_it_later(network: Network, echo: int) -> None:
    with connected(network.link("line", echo)) as line:
        network.stall("line")
        line.sendall(b"hello")
        line.settimeout(NOT_YET)
        with pytest.raises(TimeoutError):
            line.recv(100)

        network.mend("line")

        line.settimeout(SOON)
        assert line.recv(100) == b"hello"


def test_where_nobody_listens_behind_it_a_connection_is_reset(network: Network) -> None:
    port = network.link("line", 1)

    with pytest.raises(ConnectionResetError), connected(port) as line:
        line.recv(100)
