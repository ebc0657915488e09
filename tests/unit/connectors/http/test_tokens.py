"""Tokens by `client_secret_jwt`, from an authorisation server that checks for real (P:common2.7, RFC 7523)."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import pytest
import urllib3
from joserfc import jwt
from joserfc.jwk import OctKey

from connectors.http import HttpClient
from hub.errors import Refused, RenkeiError, Unavailable
from hub.ports.connector import ConnectorSettings, OAuthClient, SendContext
from hub.sandbox.partner import Answer, Entry, Request
from hub.sandbox.partner_http import serve
from hub.sandbox.partner_tokens import ASSERTION, CLIENT, TokenDesk, client_secret
from tests.unit.connectors.http.scripted import Scripted, Step, drips, hangs_up, ok, says, status

CONTEXT = SendContext("key-1", "correlation-1")
SECRET = client_secret("partner")
CONNECT, READ = 0.3, 0.5


class Counter:
    """Takes everything; implements `hub.sandbox.partner.Behaviour`."""

    keyed = True

    def handle(self, request: Request) -> Answer:
        return Answer(200, request.credential.encode(), operation="counted")

    def remember(self, entry: Entry) -> None: ...

    def spoil(self, mode: str, answer: Answer) -> Answer:
        return answer


class Guarded:
    """A partner on loopback that wants tokens. `asked`: how often it was asked for one."""

    def __init__(self, folder: Path, seconds: int) -> None:
        self.desk = TokenDesk(CLIENT, SECRET, seconds)
        self.forms: list[bytes] = []
        grant = self.desk.grant

        def counted(form: bytes, audience: str) -> object:
            self.forms.append(form)
            return grant(form, audience)

        self.desk.grant = counted  # type: ignore[assignment,method-assign]
        self.server = serve(Counter(), folder, 0, tokens=self.desk)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def client(self, secret: str = SECRET, client_id: str = CLIENT) -> HttpClient:
        return HttpClient(settings(self.url, f"{self.url}/token", secret, client_id))

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def settings(url: str, token_url: str, secret: str = SECRET, client_id: str = CLIENT) -> ConnectorSettings:
    oauth = OAuthClient(token_url, client_id, secret, "linkage:write")
    return ConnectorSettings("partner", url, CONNECT, READ, oauth=oauth)


Start = Callable[[int], Guarded]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    made: list[Guarded] = []

    def begin(seconds: int = 300) -> Guarded:
        made.append(Guarded(tmp_path / str(len(made)), seconds))
        return made[-1]

    yield begin
    for each in made:
        each.close()


def sent(client: HttpClient) -> bytes:
    return client.post("/in", b"content", "text/plain", CONTEXT).body


@pytest.mark.rule("R53", "R56")
def test_one_token_serves_many_requests_and_the_secret_is_not_shown(start: Start) -> None:
    partner = start(300)
    client = partner.client()
    assert [sent(client) for _ in range(3)] == [CLIENT.encode()] * 3
    client.close()
    (form,) = partner.forms
    assert SECRET.encode() not in form
    assert parse_qs(form.decode())["scope"] == ["linkage:write"]
    assert SECRET not in repr(settings(partner.url, partner.url))


def test_a_token_is_replaced_before_it_ends(start: Start) -> None:
    partner = start(1)  # used for 0.9 s
    client = partner.client()
    sent(client)
    time.sleep(0.95)  # the life of the token is the condition
    sent(client)
    client.close()
    assert len(partner.forms) == 2


def test_a_token_withdrawn_before_its_time_is_replaced_once(start: Start) -> None:
    partner = start(300)
    client = partner.client()
    sent(client)
    partner.desk.withdraw()
    assert sent(client) == CLIENT.encode()
    client.close()
    assert len(partner.forms) == 2


def test_a_partner_that_takes_no_token_is_asked_twice_and_no_more() -> None:
    def granted(token: str) -> Step:
        return ok(json.dumps({"access_token": token, "token_type": "Bearer", "expires_in": 300}).encode())

    with Scripted(granted("one"), granted("two")).running() as server, Scripted(*[status(401)] * 3).running() as api:
        client = HttpClient(settings(api.url, f"{server.url}/token"))
        with pytest.raises(Refused) as caught:
            sent(client)
        client.close()
    assert caught.value.code == "deliver.rejected"
    assert [b"Bearer one" in api.requests[0], b"Bearer two" in api.requests[1], len(api.requests)] == [True, True, 2]


@pytest.mark.rule("R53")
@pytest.mark.parametrize(("secret", "client_id"), [("x" * 64, CLIENT), (SECRET, "another-city")])
def test_who_is_not_known_gets_no_token_and_sends_nothing(start: Start, secret: str, client_id: str) -> None:
    partner = start(300)
    client = partner.client(secret, client_id)
    with pytest.raises(Unavailable) as caught:
        sent(client)
    client.close()
    assert (caught.value.code, caught.value.detail) == ("deliver.no_token", "status 401")
    assert partner.server.RequestHandlerClass is not None
    assert ledger(partner) == []


def ledger(partner: Guarded) -> object:
    return urllib3.request("GET", f"{partner.url}/ledger").json()


def claims(url: str, **other: object) -> dict[str, object]:
    now = int(time.time())
    usual = {"iss": CLIENT, "sub": CLIENT, "aud": f"{url}/token", "jti": "one", "iat": now, "exp": now + 60}
    return usual | other


def asked(url: str, said: dict[str, object], secret: str = SECRET, assertion: str = "") -> int:
    made = assertion or jwt.encode({"alg": "HS256"}, said, OctKey.import_key(secret))
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION, "client_assertion": made}
    return urllib3.request("POST", f"{url}/token", body=urlencode(form)).status


def test_the_simulated_server_checks_the_assertion(start: Start) -> None:
    url = start(300).url
    assert asked(url, claims(url)) == 200
    # the same one again, then each one broken alone
    assert asked(url, claims(url)) == 401
    assert asked(url, claims(url, jti="2", aud="http://elsewhere/token")) == 401
    assert asked(url, claims(url, jti="3", exp=int(time.time()) - 1)) == 401
    assert asked(url, claims(url, jti="4", exp=int(time.time()) + 86_400)) == 401
    assert asked(url, claims(url, jti="5", sub="other")) == 401
    assert asked(url, claims(url, jti="6"), secret="y" * 64) == 401
    unsigned = (
        "eyJhbGciOiJub25lIn0."
        + jwt.encode({"alg": "HS256"}, claims(url, jti="7"), OctKey.import_key(SECRET)).split(".")[1]
    )
    assert asked(url, {}, assertion=f"{unsigned}.") == 401
    assert asked(url, claims(url, jti="8")) == 200


@pytest.mark.parametrize(
    ("step", "detail"),
    [
        (status(401), "status 401"),
        (status(503), "status 503"),
        (hangs_up, "no answer"),
        (ok(b"x" * 70_000), "larger than"),
        (ok(b"{}"), "no bearer token"),
        (ok(b'{"access_token":"a\\nb","token_type":"Bearer","expires_in":300}'), "no bearer token"),
        (ok(b'{"access_token":"a","token_type":"MAC","expires_in":300}'), "no bearer token"),
        (ok(b'{"access_token":"a","token_type":"Bearer","expires_in":0}'), "no bearer token"),
        (ok(b'{"access_token":"a","token_type":"Bearer"}'), "no bearer token"),
        (says(b"no HTTP\r\n\r\n"), "no answer"),
    ],
)
def test_without_a_token_nothing_is_sent(step: Step, detail: str) -> None:
    with Scripted(ok(b"")).running() as api, Scripted(step).running() as server:
        client = HttpClient(settings(api.url, f"{server.url}/token"))
        with pytest.raises(Unavailable) as caught:
            sent(client)
        client.close()
        assert api.connections == 0
    assert caught.value.code == "deliver.no_token"
    assert detail in caught.value.detail
    assert "secret" not in str(caught.value)


@pytest.mark.rule("R29")
def test_a_token_server_that_points_elsewhere_is_not_followed() -> None:
    with Scripted(ok(b"")).running() as elsewhere, Scripted(ok(b"")).running() as api:
        with Scripted(status(307, f"Location: {elsewhere.url}/token")).running() as server:
            client = HttpClient(settings(api.url, f"{server.url}/token"))
            with pytest.raises(Unavailable):
                sent(client)
            client.close()
        assert (elsewhere.connections, api.connections) == (0, 0)


def test_a_slow_token_server_holds_nobody_longer_than_once() -> None:
    # Given a server that drips, and four threads that need a token at the same time
    stop = threading.Event()
    with Scripted(*[drips(b"HTTP/1.1 200 OK\r\n", b"X-Header: 1\r\n", stop)] * 4).running() as server:
        client = HttpClient(settings("http://127.0.0.1:1", f"{server.url}/token"))
        failures: list[RenkeiError] = []

        def send() -> None:
            try:
                sent(client)
            except RenkeiError as error:
                failures.append(error)

        threads = [threading.Thread(target=send) for _ in range(4)]
        begun = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.monotonic() - begun
        stop.set()
        client.close()
    assert [error.code for error in failures] == ["deliver.no_token"] * 4
    assert took < 3 * CONNECT + READ + 1.0


@pytest.mark.rule("R29")
@pytest.mark.parametrize("path", ["http://127.0.0.1:9/in", "in", "@127.0.0.1:9/in"])
def test_a_path_leads_nowhere_but_to_the_partner(path: str) -> None:
    with Scripted(ok(b"")).running() as api:
        client = HttpClient(ConnectorSettings("partner", api.url, CONNECT, READ))
        with pytest.raises(Refused) as caught:
            client.post(path, b"content", "text/plain", CONTEXT)
        client.close()
        assert (caught.value.code, api.connections) == ("deliver.rejected", 0)
