"""An erasure in the console: asked for by one, agreed to by another, and no page of it names the person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hub.ports.erasure import ErasureState
from tests.doors import WordDoor, served
from tests.engine import Engine, built, note
from tests.integration.test_console import send, session
from tests.integration.test_erase import ARCHIVE, OTHER, PERSON, refusing

PAGE = "/erasures"
NUMBER = f"{PERSON:015d}"
FULL_WIDTH = NUMBER.translate(str.maketrans("0123456789", "０１２３４５６７８９"))


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Engine]:
    request.param = "memory"
    yield from built(request, tmp_path, monkeypatch)


@pytest.fixture
def door() -> WordDoor:
    return WordDoor()


@pytest.fixture
def browser(engine: Engine, door: WordDoor) -> Iterator[httpx.Client]:
    """Two messages of one person and one of another are dead."""
    engine.archive.behaviour = refusing
    engine.run()
    for number, version, card in ((PERSON, 1, ""), (PERSON, 2, ""), (OTHER, 1, "621498320257")):
        engine.publish(note(number, version, **({"123456789018": card} if card else {})))
    engine.await_(lambda: len(engine.dead(hop=ARCHIVE)) == 3, "all are dead")
    with served(engine.app, door) as url, httpx.Client(base_url=url) as made:
        session(made, "privacy_officer")
        yield made


def asked(browser: httpx.Client) -> str:
    answer = send(browser, PAGE, PAGE, number=FULL_WIDTH, reason="本人の請求", ticket="T-9")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


@pytest.mark.rule("R61")
def test_one_asks_another_agrees_and_nothing_can_be_read_any_more(browser: httpx.Client, engine: Engine) -> None:
    path = asked(browser)
    for page in (browser.get(path).text, browser.get(PAGE).text):
        assert "本人の請求" in page
        assert "承認待ち" in page
        assert NUMBER not in page
        assert FULL_WIDTH not in page
    assert NUMBER not in path
    assert f'action="{path}/approve"' not in browser.get(path).text, "nobody agrees to their own"
    assert "erase.same_person" in send(browser, path, f"{path}/approve", reason="mine").text

    session(browser, "reviewer")
    assert f'href="{path}"' in browser.get("/approvals").text
    assert "元に戻せません" in browser.get(path).text
    assert "console.missing" in send(browser, path, f"{path}/approve").text
    assert send(browser, path, f"{path}/approve", reason="確認した").status_code == 303

    assert sorted(one.state for one in engine.dead(hop=ARCHIVE, state=None)) == ["erased", "erased", "open"]
    (done,) = engine.app.store.erasures((ErasureState.DONE,))
    assert (done.who, done.decided_by, done.found.dead_letters) == ("privacy_officer", "reviewer", 2)
    assert "消去済み" in browser.get(f"{PAGE}?state=all").text
    assert "erase.state" in send(browser, PAGE, f"{path}/refuse", reason="too late").text


def test_taken_back_by_whoever_asked_or_refused_by_another_nothing_is_erased(
    browser: httpx.Client, engine: Engine
) -> None:
    path = asked(browser)
    assert "依頼を取り下げる" in browser.get(path).text
    assert send(browser, path, f"{path}/refuse", reason="誤り").status_code == 303
    assert "却下" in browser.get(path).text
    assert {one.state for one in engine.dead(hop=ARCHIVE)} == {"open"}


def test_what_does_not_lie_here_is_not_asked_for_and_the_refusal_repeats_no_number(browser: httpx.Client) -> None:
    for number, code in (("000000000000777", "erase.nothing"), ("!", "search.number")):
        answer = send(browser, PAGE, PAGE, number=number, reason="r")
        assert answer.status_code == 409
        assert code in answer.text
        assert number not in answer.text or number == "!"
    assert "承認を待っている消去はありません" in browser.get(PAGE).text


@pytest.mark.rule("R17", "R54")
def test_roles_without_the_right_and_confined_accounts_neither_see_nor_do_it(
    browser: httpx.Client, door: WordDoor, engine: Engine
) -> None:
    path = asked(browser)
    session(browser, "support")
    assert f'href="{PAGE}"' not in browser.get("/").text
    assert f'action="{PAGE}"' not in browser.get(PAGE).text, "it may not ask"
    assert "access.denied" in send(browser, PAGE, f"{path}/approve", reason="r").text

    session(browser, "reviewer")
    door.partners = frozenset({"archive"})
    assert f'href="{path}"' not in browser.get("/approvals").text
    assert "access.denied" in browser.get(path).text
    assert "access.denied" in browser.get(PAGE).text
    assert engine.app.store.erasures((ErasureState.ASKED,))
