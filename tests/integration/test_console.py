"""The console over HTTP: sessions, forms, rights, headers, and that nothing of a body is where it should not be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hub.console.screen import Screen, Without
from hub.console.table import SCREENS
from hub.errors import StoreUnavailable
from hub.ports.accounts import RIGHTS, Right, Role
from hub.ports.plans import NewPlan, PlanState
from hub.ports.store import DeadFilter
from hub.support import plans
from tests.doors import PASSWORD, WordDoor, served
from tests.engine import Engine, built, note
from tests.integration.test_replay_plans import healed, refusing

KEY = re.compile(r'name="form_key" value="([0-9a-f]{64})"')
FULL_WIDTH = 0xFEE0
NUMBER, NAME = "000000000000001", "葛"


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Engine]:
    request.param = "memory"
    yield from built(request, tmp_path, monkeypatch)


@pytest.fixture
def door() -> WordDoor:
    return WordDoor()


@pytest.fixture
def browser(engine: Engine, door: WordDoor) -> Iterator[httpx.Client]:
    engine.archive.behaviour = refusing()
    engine.run()
    for number in (1, 2, 3):
        engine.publish(note(number))
        engine.await_(lambda number=number: len(engine.dead()) == number, "it is dead")
    with served(engine.app, door) as url, httpx.Client(base_url=url) as made:
        yield made


def session(browser: httpx.Client, word: str = "all") -> None:
    browser.cookies.set("renkei-session", word, domain="127.0.0.1")


def send(browser: httpx.Client, page: str, path: str, **fields: str) -> httpx.Response:
    """A form of a page, with its key."""
    found = KEY.search(browser.get(page).text)
    assert found is not None
    return browser.post(path, data={"form_key": found[1]} | fields)


def address(screen: Screen) -> str:
    """One that exists, or does not: the right is looked at first."""
    return re.sub(r"\{\w+\}", "archive", re.sub(r"\{\w+:int\}", "1", screen.path))


def test_without_a_session_there_is_the_sign_in_form_and_nothing_else(browser: httpx.Client) -> None:
    for screen in SCREENS:
        if screen.right is Without.ANYONE:
            continue
        answer = browser.get(address(screen)) if screen.method == "GET" else browser.post(address(screen), data={})
        if screen.method == "GET":
            assert answer.status_code == 303, screen.path
            assert answer.headers["location"].startswith("/sign-in")
        else:
            assert answer.status_code == 403, screen.path
        assert "office" not in answer.text
    assert browser.get("/plans/1/events").status_code == 403


@pytest.mark.rule("R42", "R54")
@pytest.mark.parametrize("role", Role)
def test_each_role_gets_what_its_rights_say(browser: httpx.Client, role: Role) -> None:
    session(browser, role.value)
    key = KEY.search(browser.get("/").text)
    assert key is not None
    for screen in SCREENS:
        if not isinstance(screen.right, Right) or screen.path == "/plans/{plan_id:int}/cancel":
            continue
        if screen.method == "GET":
            answer = browser.get(address(screen))
        else:
            answer = browser.post(address(screen), data={"form_key": key[1]})
        denied = answer.status_code == 403
        assert denied == (screen.right not in RIGHTS[role]), (screen.path, answer.status_code)
        if denied:
            assert "access.denied" in answer.text


def test_the_interface_is_described_down_to_the_schema(browser: httpx.Client) -> None:
    session(browser)
    listed = browser.get("/interface").text
    assert "office.{type}" in listed
    assert "/interface/office.note.v1" in listed
    one = browser.get("/interface/office.note.v1")
    assert one.status_code == 200
    assert "urn:renkei:office.note:v1" in one.text
    assert "事務手続コード" in one.text  # of the header purpose
    assert browser.get("/interface/nothing.v1").status_code == 404


def test_signing_in_and_out_changes_the_session_and_leads_back(browser: httpx.Client) -> None:
    answer = send(browser, "/sign-in", "/sign-in", name="all", password="wrong", code="1")
    assert answer.status_code == 401
    assert "wrong" not in answer.text
    answer = send(
        browser, "/sign-in?next=/cases%3Fstate%3Dall", "/sign-in", name="all", password=PASSWORD, code="1",
        next="/cases?state=all",
    )  # fmt: skip
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases?state=all")
    cookie = next(one for one in answer.headers.get_list("set-cookie") if "renkei-session" in one)
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert browser.get("/").status_code == 200
    assert send(browser, "/", "/sign-out").headers["location"].startswith("/sign-in")
    session(browser)
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize("goal", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "x"])
def test_signing_in_leads_to_no_other_site(browser: httpx.Client, goal: str) -> None:
    answer = send(browser, "/sign-in", "/sign-in", name="all", password=PASSWORD, code="1", next=goal)
    assert answer.headers["location"] == "/"


def test_a_session_that_ended_says_so(browser: httpx.Client, door: WordDoor) -> None:
    session(browser)
    door.gone.add("all")
    answer = browser.get("/cases")
    assert answer.headers["location"] == "/sign-in?next=%2Fcases&why=signed_out"
    assert "サインアウトしました" in browser.get(answer.headers["location"]).text


def test_too_many_tries_are_refused_before_the_password_is_looked_at(browser: httpx.Client) -> None:
    for _ in range(10):
        assert send(browser, "/sign-in", "/sign-in", name="all", password="wrong", code="1").status_code == 401
    answer = send(browser, "/sign-in", "/sign-in", name="all", password=PASSWORD, code="1")
    assert answer.status_code == 429
    assert "console.tries" in answer.text


def test_a_form_without_its_key_or_from_elsewhere_changes_nothing(browser: httpx.Client, engine: Engine) -> None:
    session(browser)
    browser.get("/")
    assert browser.post("/partners/archive/pause", data={"reason": "x"}).status_code == 403
    found = KEY.search(browser.get("/partners").text)
    assert found is not None
    data = {"form_key": found[1], "reason": "x"}
    elsewhere = {"sec-fetch-site": "cross-site"}
    assert browser.post("/partners/archive/pause", data=data, headers=elsewhere).status_code == 403
    session(browser, "operator")
    assert browser.post("/partners/archive/pause", data=data).status_code == 403  # of another session
    assert not engine.app.store.circuit("archive").paused
    assert browser.post("/partners", content=b"x" * 300_000).status_code in (403, 404)


def test_headers_let_nothing_in_and_keep_nothing(browser: httpx.Client) -> None:
    session(browser)
    for path in ("/", "/sign-in", "/nothing", "/static/console.css"):
        headers = browser.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert ("no-store" in headers["cache-control"]) == (not path.startswith("/static"))
        assert "strict-transport-security" not in headers


def test_pages_have_no_inline_script_or_style_and_load_from_here_alone(browser: httpx.Client) -> None:
    session(browser)
    for path in ("/", "/cases", "/letters", "/letters/1", "/plans", "/plans/new", "/holds", "/fences", "/partners"):
        answer = browser.get(path)
        assert answer.status_code == 200, path
        html = answer.text
        assert " style=" not in html
        assert "<style" not in html
        assert re.findall(r"<script(?! src=\"/static/)", html) == []
        assert re.findall(r"\son[a-z]+=", html) == []
        assert re.findall(r"(?:src|href|action)=\"(?!/|#)[^\"]*\"", html) == []
        assert len(html) < 100_000


def test_over_tls_cookies_are_bound_to_the_host(engine: Engine, door: WordDoor) -> None:
    with served(engine.app, door, secure=True) as url, httpx.Client(base_url=url) as browser:
        answer = browser.get("/sign-in")
        (cookie,) = answer.headers.get_list("set-cookie")
        assert cookie.startswith("__Host-renkei-visit=")
        assert "Secure" in cookie
        assert "max-age" in answer.headers["strict-transport-security"]


@pytest.mark.rule("R42", "R54", "R64")
def test_nothing_of_a_body_is_on_any_page_before_it_is_asked_for(browser: httpx.Client) -> None:
    session(browser)
    letter = browser.get("/letters/1")
    message = re.search(r"/messages/([0-9a-f-]{36})", letter.text)
    assert message is not None
    for path in ("/", "/cases", "/letters", "/letters/1", f"/messages/{message[1]}"):
        text = browser.get(path).text
        assert NUMBER not in text
        assert NAME not in text
    assert "●●●●" in letter.text


def test_a_person_is_found_by_a_number_that_stands_in_no_address(browser: httpx.Client) -> None:
    session(browser)
    wide = NUMBER.translate({ord(digit): chr(ord(digit) + FULL_WIDTH) for digit in "01"})
    answer = send(browser, "/letters", "/letters/person", number=wide)
    assert answer.status_code == 303
    found = answer.headers["location"]
    assert NUMBER not in found
    listed = browser.get(found).text
    assert re.findall(r'href="/letters/(\d+)"', listed) == ["1"]
    assert NUMBER not in listed
    session(browser, "other")
    answer = browser.get(found)
    assert answer.status_code == 409
    assert "search.expired" in answer.text


@pytest.mark.rule("R17", "R55")
def test_a_confined_account_sees_its_own_partner_alone(browser: httpx.Client, door: WordDoor, engine: Engine) -> None:
    session(browser)
    door.partners = frozenset({"desk", "office"})
    assert "deliver.rejected" not in browser.get("/cases").text
    assert browser.get("/letters/1").status_code == 403
    answer = send(browser, "/plans/new", "/plans", code="deliver.rejected", reason="r")
    assert answer.status_code == 403
    made = plans.create(engine.app.store, engine.app.bench.hub, NewPlan(DeadFilter(), "all", "r"))
    assert f'href="/plans/{made.id}"' not in browser.get("/plans").text
    for path in (f"/plans/{made.id}", f"/plans/{made.id}/events", "/fences", "/fences/m"):
        assert browser.get(path).status_code == 403, path
    for path in (f"/plans/{made.id}/cancel", "/partners/archive/pause", "/fences/m/lift"):
        assert send(browser, "/partners", path, reason="r").status_code == 403, path
    assert not engine.app.store.circuit("archive").paused
    assert "deliver.rejected" not in browser.get("/").text
    door.partners = frozenset({"archive", "office"})
    assert browser.get("/letters/1").status_code == 200
    assert "deliver.rejected" in browser.get("/cases").text


def test_a_plan_is_made_judged_run_and_ends(browser: httpx.Client, engine: Engine) -> None:
    session(browser)
    assert "console.missing" in send(browser, "/plans/new", "/plans", code="deliver.rejected").text
    assert "replay.nothing" in send(browser, "/plans/new", "/plans", code="no.such", reason="r").text
    made = send(browser, "/plans/new", "/plans", code="deliver.rejected", reason="復旧した", rate="６００")
    path = made.headers["location"].partition("?")[0]
    page = browser.get(f"{path}?judged=deliver").text
    assert "3件は送信されます" in page
    assert engine.archive.effects == {}
    engine.archive.behaviour = healed

    assert send(browser, path, f"{path}/run").status_code == 303
    plan_id = int(path.rpartition("/")[2])
    engine.await_(lambda: plans.progress(engine.app.store, plan_id).plan.state is PlanState.DONE, "the plan ends")
    assert len(engine.archive.effects) == 3
    assert "3件中3件を処理しました" in browser.get(path).text
    assert "replay.state" in send(browser, "/plans/new", f"{path}/run").text


def test_a_plan_that_meets_the_same_failure_stops_and_can_be_cancelled(browser: httpx.Client, engine: Engine) -> None:
    session(browser)
    send(browser, "/plans/new", "/plans", code="deliver.rejected", reason="r")
    send(browser, "/plans/1", "/plans/1/run")
    engine.await_(lambda: plans.progress(engine.app.store, 1).plan.state is PlanState.HALTED, "it halts")
    page = browser.get("/plans/1").text
    assert "失敗が続いたため自動で停止しました" in page
    assert send(browser, "/plans/1", "/plans/1/cancel").status_code == 303
    assert len(engine.dead()) == 3


def test_a_case_is_taken_noted_and_resolved_when_nothing_is_open(browser: httpx.Client, engine: Engine) -> None:
    session(browser)
    (case,) = set(re.findall(r'href="(/cases/[0-9a-f]{8})"', browser.get("/cases").text))
    send(browser, case, f"{case}/take")
    send(browser, case, f"{case}/note", note="保守会社に確認中", ticket="T-12", act="wait")
    page = browser.get(case).text
    for words in ("保守会社に確認中", "T-12", "相手待ち", "all"):
        assert words in page
    assert "case.open_letters" in send(browser, case, f"{case}/resolve", note="done").text
    for letter in engine.dead():
        engine.app.store.discard(letter.id, "tester", "r")
    assert send(browser, case, f"{case}/resolve", note="done").status_code == 303
    assert "解決済み" in browser.get(case).text


def test_the_oldest_that_waits_to_be_sent_is_told(browser: httpx.Client, engine: Engine) -> None:
    """Not the failed ones: those wait for a person."""
    session(browser)
    assert '–</span><span class="what">最も古い送信待ち' in browser.get("/").text
    engine.app.store.set_paused("archive", "maintenance")
    engine.publish(note(4))
    engine.await_(lambda: engine.app.store.backlog(["delivery.archive"])["delivery.archive"][1], "it waits")
    assert re.search(r"秒前</span><span class=\"what\">最も古い送信待ち", browser.get("/").text)
    assert "最も古い送信待ち" in browser.get("/partners").text


def test_notes_are_shown_as_text(browser: httpx.Client) -> None:
    session(browser)
    (case,) = set(re.findall(r'href="(/cases/[0-9a-f]{8})"', browser.get("/cases").text))
    send(browser, case, f"{case}/note", note="<script>alert(1)</script>")
    assert "<script>alert" not in browser.get(case).text


def test_what_cannot_be_had_is_a_card_with_its_code(
    browser: httpx.Client, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    session(browser)
    for path, code in (
        ("/nothing", "console.page"),
        ("/cases/00000000", "case.unknown"),
        ("/letters/999", "letter.unknown"),
        ("/messages/x", "message.unknown"),
        ("/holds/999", "hold.unknown"),
        ("/plans/999", "replay.unknown"),
    ):
        answer = browser.get(path)
        assert answer.status_code == 404, path
        assert code in answer.text
        assert "次にすること" in answer.text

    def away(*_given: object) -> None:
        raise StoreUnavailable("connection refused")

    monkeypatch.setattr(engine.app.store, "causes", away)
    answer = browser.get("/")
    assert answer.status_code == 503
    assert "データベースに接続できません" in answer.text


def test_a_bug_of_ours_is_a_card_and_quotes_nothing(
    browser: httpx.Client, engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    session(browser)

    def broken(*_given: object) -> None:
        raise ValueError(f"the number {NUMBER}")

    monkeypatch.setattr(engine.app.store, "plans", broken)
    answer = browser.get("/plans")
    assert answer.status_code == 500
    assert "hub.internal" in answer.text
    assert NUMBER not in answer.text
    assert NUMBER not in capsys.readouterr().err


def test_english_by_preference_and_by_choice(browser: httpx.Client) -> None:
    session(browser)
    assert "<h1>失敗</h1>" in browser.get("/cases").text
    assert "<h1>Cases</h1>" in browser.get("/cases", headers={"accept-language": "en-GB"}).text
    answer = send(browser, "/cases", "/language", language="en", back="/cases")
    assert answer.headers["location"] == "/cases"
    assert "<h1>Cases</h1>" in browser.get("/cases").text


def test_filters_are_in_the_address(browser: httpx.Client) -> None:
    session(browser)
    assert len(set(re.findall(r'href="/letters/(\d+)"', browser.get("/letters?code=deliver.rejected").text))) == 3
    assert re.findall(r'href="/letters/(\d+)"', browser.get("/letters?code=deliver.late").text) == []
    assert "条件に合う電文はありません" in browser.get("/letters?since=2099-01-01").text
    assert "条件に合う失敗はありません" in browser.get("/cases?owner=me").text


@pytest.mark.rule("R42", "R47")
def test_one_field_is_shown_with_a_reason_that_is_kept_and_no_other(browser: httpx.Client, engine: Engine) -> None:
    session(browser)
    assert "console.missing" in send(browser, "/letters/1", "/letters/1/reveal", field="0").text
    assert "reveal.field" in send(browser, "/letters/1", "/letters/1/reveal", field="99", reason="r").text
    answer = send(browser, "/letters/1", "/letters/1/reveal", field="0", reason="保護者からの照会")
    assert answer.status_code == 200
    assert NUMBER in answer.text
    assert NAME not in answer.text
    assert NUMBER not in browser.get("/letters/1").text
    (case,) = set(re.findall(r'href="(/cases/[0-9a-f]{8})"', browser.get("/cases").text))
    notes = browser.get(case).text
    assert "失敗電文 1 の note/addressee_number: 保護者からの照会" in notes
    assert NUMBER not in notes
    rows = [json.loads(row.text) for row in engine.app.store.audit_rows(limit=1000)]
    (revealed,) = [row for row in rows if row["act"] == "reveal.field"]
    assert (revealed["purpose"], revealed["details"]) == ("保護者からの照会", {"field": "note/addressee_number"})
    assert revealed["persons"]
    assert revealed["actor"] not in ("", "hub")
    assert any(row["act"] == "look.body" and row["actor"] == revealed["actor"] for row in rows)
    assert NUMBER not in json.dumps(rows)


@pytest.mark.rule("R47", "R70")
def test_the_record_shows_who_did_what_and_that_somebody_looked(browser: httpx.Client, engine: Engine) -> None:
    session(browser)
    send(browser, "/letters/1", "/letters/1/reveal", field="0", reason="保護者からの照会")
    page = browser.get("/record?act=reveal.field").text
    assert "1項目をそのまま表示" in page
    assert "保護者からの照会" in page
    assert "message:" in page
    assert NUMBER not in page
    assert "条件に合う記録はありません" in browser.get("/record?actor=nobody").text

    sent = send(browser, "/record", "/record/person", number=NUMBER, reason="開示請求")
    assert NUMBER not in sent.headers["location"]
    found = browser.get(sent.headers["location"]).text
    assert "1人についての記録" in found
    assert NUMBER not in found
    acts = [json.loads(row.text)["act"] for row in engine.app.store.audit_rows(limit=1000)]
    assert acts.count("audit.look") == 4
    assert acts.count("search.person") == 1
