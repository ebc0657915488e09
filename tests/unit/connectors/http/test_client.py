"""Every way a partner can fail becomes one coded error, in bounded time (promise 8). Against a real socket."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from connectors.http import HttpClient, KeyedConnector, xml_operation
from hub.errors import ConfigError, InDoubt, Refused, RenkeiError, Retryable, Unavailable
from hub.ports.connector import ConnectorSettings, SendContext
from hub.ports.tls import Tls
from tests.unit.connectors.http.scripted import (
    Scripted,
    Step,
    drips,
    hangs_up,
    nothing,
    ok,
    resets,
    says,
    status,
)

CONTEXT = SendContext("key-1", "correlation-1", "00-trace-01")
CONNECT, READ, MOST = 0.3, 0.3, 1000
BOUND = 3 * CONNECT + READ
SLACK = 1.0  # for a busy machine


def client_of(url: str) -> HttpClient:
    return HttpClient(ConnectorSettings("partner", url, CONNECT, READ, max_reply_bytes=MOST))


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def post(url: str) -> bytes:
    client = client_of(url)
    try:
        return client.post("/in", b"content", "text/plain", CONTEXT).body
    finally:
        client.close()


def failure(step: Step, kind: type[RenkeiError], method: str = "POST") -> RenkeiError:
    """The error one request meets; it says nothing of any body and came in time."""
    with Scripted(step).running() as server:
        client = client_of(server.url)
        begun = time.monotonic()
        with pytest.raises(kind) as caught:
            if method == "GET":
                client.get("/in", CONTEXT)
            else:
                client.post("/in", b"content 100000000005", "text/plain", CONTEXT)
        assert time.monotonic() - begun < BOUND + SLACK
        client.close()
    assert type(caught.value) is kind
    assert "secret" not in str(caught.value)
    assert not any(number in str(caught.value) for number in ("621498320257", "100000000005"))
    return caught.value


def test_the_answer_of_a_partner_that_takes_the_request() -> None:
    with Scripted(ok(b"taken")).running() as server:
        assert post(f"{server.url}/base/") == b"taken"
    # Then the request says who asks and under which key
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /base/in HTTP/1.1\r\n")
    for line in (b"idempotency-key: key-1", b"x-correlation-id: correlation-1", b"traceparent: 00-trace-01"):
        assert line in head.lower()
    assert body == b"content"


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(Unavailable) as caught:
        post(url)
    assert caught.value.code == "deliver.unavailable"


def test_nobody_accepts() -> None:
    # Given a listener whose queue is full
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(address)
        # When a request is made, then it gives up in time and nothing was sent
        begun = time.monotonic()
        with pytest.raises(Unavailable):
            post(f"http://127.0.0.1:{address[1]}")
        assert time.monotonic() - begun < BOUND + SLACK
        for each in waiting:
            each.close()


def test_tls_is_refused_before_anything_is_sent() -> None:
    with Scripted(says(b"not TLS")).running() as server:
        with pytest.raises(Unavailable) as caught:
            post(server.url.replace("http:", "https:"))
        assert caught.value.code == "deliver.unavailable"


def test_tls_is_not_spoken_at_all() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(Unavailable):
        post(f"https://127.0.0.1:{mute.getsockname()[1]}")


@pytest.mark.rule("R29", "R56")
@pytest.mark.parametrize("vouched", [True, False])
def test_nothing_is_sent_to_whom_nobody_vouches_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vouched: bool
) -> None:
    """Given somebody at the partner's address, with a certificate for it; known here, or not"""
    file = certificate(tmp_path)
    if vouched:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server = Scripted(ok(b"taken"))
    server._socket = context.wrap_socket(server._socket, server_side=True)

    with server.running():
        if vouched:
            assert post(server.url.replace("http:", "https:")) == b"taken"
        else:
            with pytest.raises(Unavailable) as caught:
                post(server.url.replace("http:", "https:"))
            assert caught.value.code == "deliver.unavailable"
    assert len(server.requests) == vouched


@pytest.mark.rule("R56")
@pytest.mark.parametrize("shown", [True, False])
def test_a_partner_that_wants_to_know_who_comes(tmp_path: Path, shown: bool) -> None:
    """Given a partner with a closed authority, which takes nobody without its certificate"""
    file = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    context.load_verify_locations(file)
    context.verify_mode = ssl.CERT_REQUIRED
    server = Scripted(ok(b"taken"))
    server._socket = context.wrap_socket(server._socket, server_side=True, suppress_ragged_eofs=True)
    tls = Tls(file, file, file) if shown else Tls(file)
    url = server.url.replace("http:", "https:")
    with server.running():
        client = HttpClient(ConnectorSettings("partner", url, CONNECT, READ, tls=tls))
        if shown:
            assert client.post("/in", b"content", "text/plain", CONTEXT).body == b"taken"
        else:
            with pytest.raises((Unavailable, InDoubt)):  # TLS 1.3 tells of it when the request is out
                client.post("/in", b"content", "text/plain", CONTEXT)
        client.close()
    assert len(server.requests) == shown


@pytest.mark.parametrize("content", [None, b"no PEM"])
def test_a_file_that_is_no_certificate_is_said_at_once(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        HttpClient(ConnectorSettings("partner", "https://127.0.0.1:1", CONNECT, READ, tls=Tls(file)))
    assert caught.value.code == "config.tls_file"


def certificate(folder: Path) -> Path:
    """Of 127.0.0.1, signed by itself, with its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    begin = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(plain + made.public_bytes(Encoding.PEM))
    return file


@pytest.mark.parametrize("step", [nothing, hangs_up, resets], ids=["nothing", "hangs up", "resets"])
def test_no_answer_is_in_doubt(step: Step) -> None:
    assert failure(step, InDoubt).code == "deliver.in_doubt"


@pytest.mark.parametrize(
    "content",
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nshort",
        b"no HTTP at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-Header: 1\r\n" * 1_000 + b"Content-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Header: " + b"1" * 100_000 + b"\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nContent-Length: 2\r\n\r\n{}",
    ],
    ids=["no headers", "cut header", "cut body", "cut chunk", "no HTTP", "header flood", "long header", "two lengths"],
)
def test_a_broken_answer_is_in_doubt(content: bytes) -> None:
    def step(connection: socket.socket) -> None:
        connection.sendall(content)
        connection.close()

    assert failure(step, InDoubt).code == "deliver.in_doubt"


@pytest.mark.parametrize(
    ("fast", "slow"),
    [
        (b"", b"HTTP/1.1 200 OK\r\nX-Endless: "),
        (b"HTTP/1.1 200 OK\r\n", b"X-Header: 1\r\n"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    ],
    ids=["one header", "many headers", "100 for ever", "body", "chunks"],
)
def test_a_dripping_answer_is_in_doubt_in_time(fast: bytes, slow: bytes, stop: threading.Event) -> None:
    # Given bytes that keep coming well within the time-out of a single read
    assert failure(drips(fast, slow, stop), InDoubt).code == "deliver.in_doubt"


@pytest.mark.parametrize(
    ("code", "kind", "expected"),
    [
        (503, Unavailable, "deliver.unavailable"),
        (429, Retryable, "deliver.throttled"),
        (408, Retryable, "deliver.error"),
        (425, Retryable, "deliver.error"),
        (500, InDoubt, "deliver.in_doubt"),
        (502, InDoubt, "deliver.in_doubt"),
        (504, InDoubt, "deliver.in_doubt"),
        (501, Refused, "deliver.rejected"),
        (505, Refused, "deliver.rejected"),
        (400, Refused, "deliver.rejected"),
        (403, Refused, "deliver.rejected"),
        (422, Refused, "deliver.rejected"),
    ],
)
def test_each_status_is_one_error(code: int, kind: type[RenkeiError], expected: str) -> None:
    assert failure(status(code), kind).code == expected


def test_a_post_to_a_place_that_is_not_there_is_refused() -> None:
    with Scripted(status(404)).running() as server, pytest.raises(Refused) as caught:
        post(server.url)
    assert caught.value.code == "deliver.rejected"


@pytest.mark.rule("R29")
@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_a_redirect_is_refused_and_not_followed(code: int) -> None:
    with Scripted(ok(b"elsewhere")).running() as other:
        error = failure(status(code, f"Location: {other.url}/in"), Refused)
        assert (error.code, other.connections) == ("deliver.rejected", 0)


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("7", 7, 7),
        (" 0 ", 0, 0),
        ("9" * 400, 86_400, 86_400),
        (timedelta(days=-1), 0, 0),
        (timedelta(hours=12), 3600, 12 * 3600),
        (timedelta(days=300), 86_400, 86_400),
    ],
    ids=["seconds", "spaces", "absurd", "past", "date", "far"],
)
def test_retry_after_is_read(value: str | timedelta, least: float, most: float) -> None:
    if isinstance(value, timedelta):
        value = format_datetime(datetime.now(UTC) + value, usegmt=True)
    for code, kind in ((503, Unavailable), (429, Retryable)):
        error = failure(status(code, f"Retry-After: {value}"), kind)
        assert isinstance(error, Retryable)
        assert error.retry_after is not None
        assert least <= error.retry_after <= most


@pytest.mark.parametrize("value", ["soon", "-1", "1.5", "²", "Mon, 99 Nov 2026 00:00:00 GMT"])
def test_a_retry_after_that_says_nothing_is_none(value: str) -> None:
    error = failure(says(f"HTTP/1.1 503 No\r\nRetry-After: {value}\r\n\r\n".encode()), Unavailable)
    assert isinstance(error, Retryable)
    assert error.retry_after is None


@pytest.mark.parametrize("chunked", [False, True])
def test_an_answer_too_large_is_refused_and_spoils_no_later_one(chunked: bool) -> None:
    large = b"x" * (MOST + 1)
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    step = says(head + b"%x\r\n" % len(large) + large) if chunked else ok(large)
    with Scripted(step, ok(b"next")).running() as server:
        client = client_of(server.url)
        with pytest.raises(Refused) as caught:
            client.post("/in", b"1", "text/plain", CONTEXT)
        assert caught.value.code == "reply.invalid"
        # Then the next request gets its own answer
        assert client.post("/in", b"2", "text/plain", CONTEXT).body == b"next"
        client.close()


def test_an_error_page_spoils_no_later_answer() -> None:
    endless = says(b"HTTP/1.1 422 No\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
    with Scripted(endless, ok(b"next")).running() as server:
        client = client_of(server.url)
        with pytest.raises(Refused):
            client.post("/in", b"1", "text/plain", CONTEXT)
        assert client.post("/in", b"2", "text/plain", CONTEXT).body == b"next"
        client.close()


def test_an_answer_sent_twice_is_read_once() -> None:
    twice = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst" * 2
    with Scripted(says(twice), ok(b"next")).running() as server:
        client = client_of(server.url)
        assert client.post("/in", b"1", "text/plain", CONTEXT).body == b"first"
        assert client.post("/in", b"2", "text/plain", CONTEXT).body == b"next"
        client.close()


def test_a_connection_is_used_again() -> None:
    with Scripted(ok(b"1"), ok(b""), ok(b"3")).running() as server:
        client = client_of(server.url)
        assert [client.post("/in", b"", "text/plain", CONTEXT).body for _ in range(3)] == [b"1", b"", b"3"]
        assert server.connections == 1
        client.close()


@pytest.mark.rule("R29")
def test_no_proxy_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with Scripted(ok(b"direct")).running() as server:
        assert post(server.url) == b"direct"


def test_a_compressed_answer_is_not_unpacked() -> None:
    # Given what would be another text, or very much larger, when unpacked
    with Scripted(ok(b"\x1f\x8b packed", "Content-Encoding: gzip")).running() as server:
        assert post(server.url) == b"\x1f\x8b packed"


def test_a_question_is_answered_or_the_partner_does_not_have_it() -> None:
    with Scripted(ok(b"here"), status(404)).running() as server:
        client = client_of(server.url)
        found = client.get("/in/1", CONTEXT)
        assert found is not None
        assert found.body == b"here"
        assert client.get("/in/2", CONTEXT) is None
        client.close()


@pytest.mark.parametrize("step", [nothing, resets, status(500), status(403), status(302)])
def test_a_question_that_cannot_be_asked_is_asked_again(step: Step) -> None:
    assert failure(step, Retryable, "GET").code == "deliver.error"


def test_a_question_meets_an_outage() -> None:
    assert failure(status(503, "Retry-After: 3"), Unavailable, "GET").code == "deliver.unavailable"


def test_a_status_that_is_to_be_heard_is_an_answer_and_others_are_not() -> None:
    with Scripted(status(409, body=b"said"), status(422)).running() as server:
        client = client_of(server.url)
        answer = client.post("/in", b"content", "text/plain", CONTEXT, heard=[409])
        assert (answer.status, answer.body) == (409, b"said")
        with pytest.raises(Refused):
            client.post("/in", b"content", "text/plain", CONTEXT, heard=[409])
        client.close()


@pytest.mark.parametrize("listening", [True, False])
def test_an_operation_hears_a_conflict_only_where_it_says_what_one_means(listening: bool) -> None:
    def objection(sent: bytes, answer: bytes) -> Refused:
        return Refused("deliver.gap", f"{sent.decode()} {answer.decode()}")

    operation = xml_operation("/in", objection=objection if listening else None)
    with Scripted(status(409, body=b"said")).running() as server:
        connector = KeyedConnector(ConnectorSettings("partner", server.url, CONNECT, READ), {"a.b": operation})
        with pytest.raises(Refused) as caught:
            connector.send(connector.encode("a.b", b"sent"), CONTEXT)
        connector.close()
    assert str(caught.value) == ("deliver.gap: sent said" if listening else "deliver.rejected: status 409")


@pytest.mark.rule("R34")
@pytest.mark.parametrize(("credential", "told"), [("a-token", True), ("", False)])
def test_r34_the_credential_goes_with_every_request(credential: str, told: bool) -> None:
    with Scripted(ok(b""), ok(b"")).running() as server:
        settings = ConnectorSettings("partner", server.url, CONNECT, READ, credential=credential)
        client = HttpClient(settings)
        client.post("/in", b"content", "text/plain", CONTEXT)
        client.get("/in", CONTEXT)
        client.close()
    assert [b"Authorization: Bearer a-token\r\n" in each for each in server.requests] == [told, told]
    assert "a-token" not in repr(settings)
