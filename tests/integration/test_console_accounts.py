"""Accounts in the console: made by one person, used by another, confined, ended; and requests for a second person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import pytest

from hub.clock import now_us
from hub.console.door import AccountDoor
from hub.ports.accounts import Role
from hub.ports.requests import RequestState
from hub.support import accounts
from hub.support.accounts import Terms
from tests.doors import served
from tests.engine import Engine, built, note
from tests.integration.test_console import send
from tests.integration.test_replay_plans import refusing

CHOSEN = "a tall green horse"


class Staff:
    """People with their authenticators; a code counts once, so each takes the next one."""

    def __init__(self, engine: Engine) -> None:
        self._app = engine.app
        self._steps: dict[str, int] = {}

    def joins(self, name: str, *roles: Role) -> tuple[str, str]:
        """(password for one sign-in, secret)."""
        made = accounts.create(
            self._app.store, self._app.sealer, name, name.title(), Terms(frozenset(roles)), "root", "joined"
        )
        return made.password, secret_of(made.uri)

    def works(self, name: str, *roles: Role) -> tuple[str, str]:
        """With a password of their own."""
        password, secret = self.joins(name, *roles)
        accounts.set_password(self._app.store, name, password, CHOSEN)
        return CHOSEN, secret


def secret_of(uri: str) -> str:
    return parse_qs(urlsplit(uri).query)["secret"][0]


def code(secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(now_us() // 1_000_000 + 30 * steps)


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Engine]:
    request.param = "memory"
    yield from built(request, tmp_path, monkeypatch)


class Browsers:
    """Opens browsers, and signs people in."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.opened: list[httpx.Client] = []

    def open(self) -> httpx.Client:
        self.opened.append(httpx.Client(base_url=self._url))
        return self.opened[-1]

    def __call__(self, name: str, password: str, digits: str) -> httpx.Client:
        browser = self.open()
        answer = send(browser, "/sign-in", "/sign-in", name=name, password=password, code=digits)
        assert answer.status_code == 303, answer.text
        return browser


@pytest.fixture
def entered(engine: Engine) -> Iterator[Browsers]:
    with served(engine.app, AccountDoor(engine.app)) as url:
        made = Browsers(url)
        yield made
        for browser in made.opened:
            browser.close()


def test_whoever_comes_first_chooses_a_password_before_anything_else(engine: Engine, entered: Browsers) -> None:
    password, secret = Staff(engine).joins("hanako", Role.SUPPORT)
    browser = entered("hanako", password, code(secret, -1))
    assert browser.get("/cases").headers["location"] == "/password"
    assert "access.password" in send(browser, "/password", "/password", old=password, new="x", again="y").text
    answer = send(browser, "/password", "/password", old=password, new=CHOSEN, again=CHOSEN)
    assert answer.headers["location"].startswith("/sign-in")
    wide = code(secret).translate({ord(digit): chr(ord(digit) + 0xFEE0) for digit in "0123456789"})
    browser = entered("hanako", CHOSEN, wide)
    assert browser.get("/cases").status_code == 200


def test_a_wrong_code_is_no_entry_and_a_code_counts_once(engine: Engine, entered: Browsers) -> None:
    password, secret = Staff(engine).works("hanako", Role.SUPPORT)
    digits = code(secret)
    entered("hanako", password, digits)
    browser = entered.open()
    for given in (digits, "000000"):
        answer = send(browser, "/sign-in", "/sign-in", name="hanako", password=password, code=given)
        assert answer.status_code == 401
        assert "access.sign_in" in answer.text


def test_an_account_is_made_by_its_keeper_shown_once_changed_and_ended(engine: Engine, entered: Browsers) -> None:
    password, secret = Staff(engine).works("keeper", Role.ADMIN)
    keeper = entered("keeper", password, code(secret))
    made = send(
        keeper, "/accounts", "/accounts", name="taro", display="鈴木太郎", roles="support", partners="archive",
        reason="異動",
    )  # fmt: skip
    assert made.status_code == 200
    first = re.search(r'id="handed-password">([^<]+)<', made.text)
    uri = re.search(r'id="handed-uri">([^<]+)<', made.text)
    assert first is not None
    assert uri is not None
    secret = secret_of(uri[1].replace("&amp;", "&"))
    assert "<svg" in made.text
    assert 'class="qr"' in made.text
    assert " style=" not in made.text
    assert " ".join(re.findall("....", secret)) in made.text
    assert first[1] not in keeper.get("/accounts/taro").text
    taro = entered("taro", first[1], code(secret_of(uri[1].replace("&amp;", "&"))))
    assert taro.get("/cases").headers["location"] == "/password"
    found = engine.app.store.account("taro")
    assert found is not None
    assert (found.roles, found.partners) == (frozenset({Role.SUPPORT}), frozenset({"archive"}))
    assert "鈴木太郎" in keeper.get("/accounts").text

    assert send(keeper, "/accounts/taro", "/accounts/taro/disable", reason="退職").status_code == 303
    assert taro.get("/").headers["location"].startswith("/sign-in")
    assert "退職" in keeper.get("/accounts/taro").text
    assert send(keeper, "/accounts", "/accounts/keeper/change", roles="support", reason="r").status_code == 403


def test_a_session_from_another_place_is_told(engine: Engine, entered: Browsers) -> None:
    password, secret = Staff(engine).works("hanako", Role.SUPPORT)
    entered("hanako", password, code(secret, -1))
    found = engine.app.store.sessions(["hanako"])
    assert [one.terminal for one in found] == ["127.0.0.1"]
    assert "127.0.0.1" in entered("hanako", password, code(secret)).get("/sessions").text


def test_a_discard_waits_for_a_second_person_and_happens_when_they_agree(engine: Engine, entered: Browsers) -> None:
    engine.archive.behaviour = refusing()
    engine.run()
    engine.publish(note(1))
    engine.await_(lambda: engine.dead(), "it is dead")
    staff = Staff(engine)
    hanako = entered("hanako", *_with_code(staff.works("hanako", Role.SUPPORT)))
    jiro = entered("jiro", *_with_code(staff.works("jiro", Role.REVIEWER)))

    asked = send(hanako, "/letters/1", "/letters/1/discard", reason="送信元が取り消した")
    path = asked.headers["location"].partition("?")[0]
    assert len(engine.dead()) == 1
    assert "本人は承認できません" in hanako.get(path).text
    assert '<span class="badge">' in jiro.get("/").text
    assert "電文1件が破棄として終わり" in jiro.get(path).text
    assert send(jiro, path, f"{path}/approve", reason="確認した").status_code == 303

    assert engine.dead() == []
    request = engine.app.store.request(int(path.rpartition("/")[2]), now_us())
    assert request is not None
    assert request.state is RequestState.DONE
    assert "jiro" in hanako.get(path).text


def test_a_replay_of_many_asks_for_a_second_person_first(engine: Engine, entered: Browsers) -> None:
    engine.app.bench  # noqa: B018 - made with the settings of this installation
    engine.archive.behaviour = refusing()
    engine.run()
    many = engine.app.settings.replay_alone + 1
    for number in range(1, many + 1):
        engine.publish(note(number))
    engine.await_(lambda: sum(n for *_, n, _ in engine.app.store.dead_counts()) == many, "all are dead")
    staff = Staff(engine)
    hanako = entered("hanako", *_with_code(staff.works("hanako", Role.SUPPORT)))
    jiro = entered("jiro", *_with_code(staff.works("jiro", Role.REVIEWER)))
    engine.archive.behaviour = lambda _wire, _context: ()

    made = send(hanako, "/plans/new", "/plans", code="deliver.rejected", reason="復旧した")
    path = made.headers["location"].partition("?")[0]
    send(hanako, path, f"{path}/run")
    assert "承認を依頼する" in hanako.get(path).text
    assert engine.archive.effects == {}
    asked = send(hanako, path, f"{path}/ask").headers["location"].partition("?")[0]
    assert send(jiro, asked, f"{asked}/approve", reason="確認した").status_code == 303
    assert send(hanako, path, f"{path}/run").status_code == 303
    engine.await_(lambda: len(engine.archive.effects) == many, "all have arrived")


def _with_code(given: tuple[str, str]) -> tuple[str, str]:
    password, secret = given
    return password, code(secret)
