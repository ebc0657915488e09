"""An edit in the console: typed over masks, checked at its fields, shown as a diff, sent when another agrees."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hub.ports.audit import AuditFilter
from hub.ports.edits import EditState
from tests.doors import WordDoor, served
from tests.engine import Engine, built, note
from tests.integration.test_console import send, session
from tests.integration.test_edits import RIGHT, WRONG, refuses

PAGE = "/letters/1/edit"


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Engine]:
    request.param = "memory"
    yield from built(request, tmp_path, monkeypatch)


@pytest.fixture
def door() -> WordDoor:
    return WordDoor()


@pytest.fixture
def browser(engine: Engine, door: WordDoor) -> Iterator[httpx.Client]:
    engine.archive.behaviour = refuses(WRONG)
    engine.run()
    engine.publish(note())
    engine.await_(lambda: len(engine.dead()) == 1, "it is dead")
    with served(engine.app, door) as url, httpx.Client(base_url=url) as made:
        session(made)
        yield made


def number_of(browser: httpx.Client, path: str) -> str:
    """The number the form has for a field."""
    found = re.search(rf'name="v(\d+)"[^>]*aria-label="新しい値 {re.escape(path)}"', browser.get(PAGE).text)
    assert found is not None
    return found[1]


def proposed(browser: httpx.Client, value: str = RIGHT) -> str:
    field = f"v{number_of(browser, 'note/birth_date')}"
    answer = send(browser, PAGE, PAGE, reason="届出書で確認", ticket="T-7", **{field: value})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


def test_a_correction_is_typed_over_masks_and_goes_once_when_another_agrees(
    browser: httpx.Client, engine: Engine
) -> None:
    """Given a refused message
    When one person corrects a field and another approves
    Then the page never showed a value, nobody approved their own, and the correction arrives once
    """
    form = browser.get(PAGE).text
    assert "●●●●" in form
    assert WRONG not in form
    path = proposed(browser)
    page = browser.get(path).text
    for word in ("承認待ち", "届出書で確認", "T-7", "note/birth_date", "本人は承認できません"):
        assert word in page
    assert WRONG not in page
    assert RIGHT not in page
    assert f'href="{path}"' in browser.get("/letters/1").text
    assert "edit.same_person" in send(browser, path, f"{path}/approve", reason="mine").text
    again = {f"v{number_of(browser, 'note/birth_date')}": RIGHT}
    assert "edit.letter" in send(browser, PAGE, PAGE, reason="r", **again).text, "one edit at a time"
    assert PAGE not in browser.get("/letters/1").text

    session(browser, "other")
    assert f'href="{path}"' in browser.get("/approvals").text
    assert send(browser, path, f"{path}/approve", reason="同意する").status_code == 303

    engine.await_ended("delivery.archive", delivered=1, replaced=1)
    assert "edit.letter" in browser.get(PAGE).text, "it is closed"
    assert [RIGHT.encode() in body for body in engine.archive.order] == [True]
    assert "送信へ" in browser.get(path).text


def test_what_the_contract_refuses_is_said_at_its_field_and_nothing_is_kept(
    browser: httpx.Client, engine: Engine
) -> None:
    number = number_of(browser, "note/birth_date")
    answer = send(browser, PAGE, PAGE, reason="届出書で確認", **{f"v{number}": "2019-13-40"})
    assert answer.status_code == 409
    assert f'id="wrong{number}"' in answer.text
    assert re.search(r"\d+行 \d+字目", answer.text)
    assert "validate.schema" in answer.text
    assert 'value="2019-13-40"' in answer.text, "what was typed is not lost"
    assert 'value="届出書で確認"' in answer.text
    assert engine.app.store.edits(tuple(EditState)) == []
    assert "edit.same" in send(browser, PAGE, PAGE, reason="nothing typed").text
    assert "console.missing" in send(browser, PAGE, PAGE, **{f"v{number}": RIGHT}).text


@pytest.mark.rule("R47", "R64")
def test_values_are_shown_for_a_reason_that_is_kept(browser: httpx.Client, engine: Engine) -> None:
    number = number_of(browser, "note/birth_date")
    assert "console.missing" in send(browser, PAGE, f"{PAGE}/reveal", field=number).text
    shown = send(browser, PAGE, f"{PAGE}/reveal", field=number, v0="typed", **{f"why{number}": "照合のため"})
    assert WRONG in shown.text
    assert 'value="typed"' in shown.text, "what was typed is not lost"
    path = proposed(browser)
    assert "console.missing" in send(browser, path, f"{path}/reveal", field="0").text
    assert "reveal.field" in send(browser, path, f"{path}/reveal", field="9", reason="r").text
    both = send(browser, path, f"{path}/reveal", field="0", reason="承認の判断")
    assert WRONG in both.text
    assert RIGHT in both.text
    rows = {act: engine.app.store.newest_audit_rows(AuditFilter(act=act)) for act in ("reveal.field", "edit.look")}
    assert [len(found) for found in rows.values()] == [1, 1]
    for (row,), reason in zip(rows.values(), ("照合のため", "承認の判断"), strict=True):
        for word in (reason, "birth_date", "dead:1", '"actor":"all"'):
            assert word in row.text
        assert WRONG not in row.text
        assert '"persons":[]' not in row.text


def test_the_whole_is_corrected_as_a_text(browser: httpx.Client, engine: Engine) -> None:
    assert "console.missing" in send(browser, PAGE, f"{PAGE}/whole").text
    shown = send(browser, PAGE, f"{PAGE}/whole", reason="項目が足りない").text
    assert "<textarea" in shown
    assert WRONG in shown
    answer = send(browser, PAGE, PAGE, reason="r", text="<note>")
    assert "validate.xml" in answer.text
    assert re.search(r"1行 \d+字目", answer.text)
    found = re.search(r"<textarea[^>]*>\n(.*)</textarea>", shown, re.DOTALL)
    assert found is not None
    text = html.unescape(found[1]).replace(WRONG, RIGHT).replace("\n", "\r\n")
    answer = send(browser, PAGE, PAGE, reason="r", text=text)
    assert answer.status_code == 303, answer.text
    path = answer.headers["location"].partition("?")[0]
    assert "note/birth_date" in browser.get(path).text
    session(browser, "other")
    send(browser, path, f"{path}/approve", reason="同意する")
    engine.await_ended("delivery.archive", delivered=1, replaced=1)


def test_it_is_refused_by_another_or_taken_back_and_the_letter_stays(browser: httpx.Client, engine: Engine) -> None:
    first = proposed(browser)
    session(browser, "other")
    assert "approval.not_yours" in send(browser, first, f"{first}/withdraw", reason="r").text
    assert send(browser, first, f"{first}/refuse", reason="別の日付").status_code == 303
    assert "別の日付" in browser.get(first).text
    session(browser)
    second = proposed(browser)
    assert send(browser, second, f"{second}/withdraw", reason="見直す").status_code == 303
    states = [one.state for one in engine.app.store.edits_of(1)]
    assert states == [EditState.REFUSED, EditState.WITHDRAWN]
    assert [one.state for one in engine.dead()] == ["open"]
    session(browser, "other")
    assert "edit.state" in send(browser, second, f"{second}/approve", reason="r").text


@pytest.mark.rule("R17", "R55")
def test_roles_and_limits_hold(browser: httpx.Client, door: WordDoor) -> None:
    path = proposed(browser)
    of_role = {"support": (200, 200), "reviewer": (403, 200), "operator": (403, 403), "admin": (403, 403)}
    for role, statuses in of_role.items():
        session(browser, role)
        assert (browser.get(PAGE).status_code, browser.get(path).status_code) == statuses, role
    session(browser, "support")
    assert send(browser, path, f"{path}/approve", reason="r").status_code == 403
    assert send(browser, path, f"{path}/reveal", field="0", reason="r").status_code == 403
    assert "表示する" not in browser.get(PAGE).text
    session(browser)
    door.partners = frozenset({"desk"})
    for address in (PAGE, path):
        assert browser.get(address).status_code == 403, address
