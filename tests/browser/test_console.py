"""The console as people use it, in a real browser: find a failure, read, send again; release what is held."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from hub.ports.accounts import RIGHTS, Right, Role
from hub.ports.edits import EditState
from hub.ports.erasure import ErasureState
from hub.ports.fence import Step
from hub.ports.holds import HoldState
from hub.ports.plans import ItemState, PlanState
from hub.ports.store import DeadFilter
from hub.support import cases, edits, erasure, fences, plans
from hub.support.edits import Draft
from hub.support.replay import replayable
from hub.support.search import aliases
from tests.browser.conftest import Visits
from tests.browser.stage import Night
from tests.doors import PASSWORD

REJECTED = "deliver.rejected"
KANA = "ゴウセイ　ハナコ"
TOO_LONG = "ア" * 300
SECONDS = 30_000


def path_of_every_screen(hub: Night) -> dict[str, str]:
    store = hub.app.store
    letter = store.dead_letters(DeadFilter(code=REJECTED, state=None), limit=1)[0]
    measure = fences.measures(store)[0].measure
    able = next(one for one in store.dead_letters(DeadFilter(), limit=1000) if replayable(one.code))
    return {
        "overview": "/",
        "cases": "/cases",
        "case": f"/cases/{cases.all_cases(store)[0].row.case_id}",
        "letters": "/letters",
        "letter": f"/letters/{letter.id}",
        "edit form": f"/letters/{able.id}/edit",
        "edit": f"/edits/{edit_of(hub)}",
        "message": f"/messages/{letter.message_id}",
        "plans": "/plans",
        "new plan": f"/plans/new?code={REJECTED}",
        "holds": "/holds?state=all",
        "hold": "/holds/1",
        "fences": "/fences",
        "fence": f"/fences/{measure}",
        "partners": "/partners",
        "interface": "/interface",
        "interface of one message": "/interface/welfare.eligibility.v1",
        "approvals": "/approvals",
        "approval": "/approvals/1",
        "emergencies": "/emergencies",
        "erasures": "/erasures?state=all",
        "erasure": f"/erasures/{erasure_of(hub)}",
        "record": "/record",
        "accounts": "/accounts",
        "account": "/accounts/hanako",
        "password": "/password",
        "sessions": "/sessions",
        "nothing": "/nothing",
    }


def edit_of(hub: Night) -> int:
    """One that waits for a second person; made where there is none yet."""
    store = hub.app.store
    standing = store.edits([EditState.PROPOSED], limit=1)
    if standing:
        return standing[0].id
    letter = store.dead_letters(DeadFilter(code=REJECTED), limit=1)[0]
    draft = Draft(letter.id, "hanako", "届出書で確認", "T-0413", {f"/{kana_of(hub, letter.id)}": KANA})
    return edits.propose(store, hub.app.bench.hub, draft).id


def erasure_of(hub: Night) -> int:
    """One that waits for a second person; made where there is none yet."""
    app = hub.app
    standing = app.store.erasures((ErasureState.ASKED,))
    if standing:
        return standing[0].id
    residents = (aliases(app.sealer, app.registry, one.addressee_number) for one in hub.city.residents)
    person = next(one for one in residents if app.store.lies_here(one).dead_letters)
    return erasure.ask(app.store, person, "hanako", "本人の請求", "T-0414").id


def kana_of(hub: Night, dead_id: int) -> str:
    """The path of the name's reading, as the page shows it."""
    paths = edits.fields(hub.app.store, hub.app.bench.hub, dead_id)
    return next(path for path in paths if path.endswith("/name_kana")).lstrip("/")


def accessible(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    told = [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in found]
    assert told == []


def test_signing_in_by_keyboard_alone(visit: Visits) -> None:
    """Given a page that asks who it is
    When somebody types, and uses no mouse
    Then the overview is there, and what was asked for is reached by the keyboard
    """
    visitor = visit("")
    page = visitor.go("/cases?state=all")
    expect(page).to_have_url(re.compile("/sign-in"))
    accessible(page)
    page.keyboard.type("all")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Tab")
    page.keyboard.type("123456")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/cases\?state=all$"))
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_a_wrong_password_says_what_to_do(visit: Visits) -> None:
    page = visit("").go("/sign-in")
    page.get_by_label("アカウント").fill("all")
    page.get_by_label("パスワード").fill("wrong")
    page.get_by_label("確認コード").fill("1")
    page.get_by_role("button", name="サインイン").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("アカウント")).to_have_value("all")
    accessible(page)


@pytest.mark.parametrize("language", ["ja-JP", "en-GB"])
def test_every_screen_is_accessible_and_asks_nobody_else(visit: Visits, hub: Night, language: str) -> None:
    visitor = visit("all", language)
    for path in path_of_every_screen(hub).values():
        accessible(visitor.go(path))


def test_at_two_hundred_per_cent_nothing_hangs_over_the_edge(visit: Visits, hub: Night) -> None:
    visitor = visit("all", zoom=200)
    for name, path in path_of_every_screen(hub).items():
        page = visitor.go(path)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0, name


def test_a_message_is_corrected_by_one_and_sent_by_another(visit: Visits, hub: Night) -> None:
    """Given a message a partner refused
    When support types another value, first a wrong one, and a reviewer agrees
    Then what was wrong was said at its field, no value was seen unasked, and one corrected message arrives
    """
    store = hub.app.store
    letter = [one for one in store.dead_letters(DeadFilter(code=REJECTED), limit=1000) if not store.edits_of(one.id)][
        -1
    ]
    path = kana_of(hub, letter.id)
    sent_before = len(hub.partners.sent)
    page = visit("support").go(f"/letters/{letter.id}")
    page.get_by_role("link", name="内容を修正する").click()
    accessible(page)
    field = page.get_by_label(f"新しい値 {path}", exact=True)
    field.fill(TOO_LONG)
    page.locator("#purpose").fill("本人の届出書で確認した")
    page.get_by_label("問い合わせ番号").first.fill("T-0420")
    page.get_by_role("button", name="確かめて承認を依頼する").last.click()
    expect(page.get_by_role("alert")).to_contain_text("取り決めに合わないところが1か所")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value(TOO_LONG)
    accessible(page)
    field.fill(KANA)
    field.press("Enter")  # keeps, and reveals nothing
    expect(page.get_by_role("heading", level=1)).to_contain_text("修正案")
    expect(page.get_by_text("本人は承認できません")).to_be_visible()
    expect(page.get_by_text(KANA)).to_have_count(0)
    accessible(page)
    address = page.url.removeprefix(visit.url).partition("?")[0]

    two = visit("reviewer").go("/approvals")
    two.locator(f"a[href='{address}']").click()
    row = two.locator(".body-table tbody tr")
    expect(row).to_have_count(1)
    row.get_by_text("表示する").click()
    row.get_by_label("理由").fill("承認の判断のため")
    row.get_by_role("button", name="理由を記録して表示").click()
    expect(two.get_by_text(KANA)).to_be_visible()
    accessible(two)
    form = two.locator("form[action$='/approve']")
    form.get_by_label("理由").fill("届出書と一致する")
    form.get_by_role("button").click()
    expect(two.get_by_role("status")).to_contain_text("承認しました")
    hub.rest_apart_from("pmh")
    found = store.dead_letter(letter.id)
    assert found is not None
    assert found.state == "edited"
    assert [one.state for one in store.edits_of(letter.id)] == [EditState.SENT]
    assert len(hub.partners.sent) - sent_before == 1


def test_emergency_access_is_seen_by_all_and_ended_by_the_privacy_officer(visit: Visits, hub: Night) -> None:
    letter = next(one for one in hub.app.store.dead_letters(DeadFilter(), limit=1000) if replayable(one.code))
    page = visit("support").go(f"/letters/{letter.id}")
    expect(page.get_by_role("button", name="理由を記録して表示")).to_have_count(0)
    page.locator("main").get_by_role("link", name="緊急閲覧").click()
    page.get_by_label("理由").fill("医療機関からの至急の照会")
    page.get_by_label("時間（分）").fill("１０")
    page.get_by_role("button", name="緊急閲覧を始める").click()
    expect(page.locator(".emergency")).to_contain_text("supportさんが緊急閲覧中です")
    accessible(page)
    page.goto(f"{visit.url}/letters/{letter.id}")
    row = page.locator(".body-table tbody tr").filter(has_text="表示する").first
    row.get_by_text("表示する").click()
    row.get_by_label("理由").fill("至急の照会")
    row.get_by_role("button", name="理由を記録して表示").click()
    expect(page.locator(".value")).to_have_count(1)

    for role in Role:
        other = visit(role.value).go("/plans")
        expect(other.locator(".emergency")).to_contain_text("医療機関からの至急の照会")
        can_end = other.get_by_role("button", name="今すぐ終了する")
        expect(can_end).to_have_count(1 if role in (Role.SUPPORT, Role.PRIVACY_OFFICER) else 0)
    officer = visit("privacy_officer").go("/")
    officer.get_by_role("button", name="今すぐ終了する").click()
    expect(officer.get_by_role("status")).to_contain_text("緊急閲覧を終了しました")
    page.reload()
    expect(page.locator(".emergency")).to_have_count(0)
    expect(page.locator(".value")).to_have_count(0)


@pytest.mark.rule("R42", "R54")
@pytest.mark.parametrize("role", Role)
def test_what_a_role_may_not_is_neither_offered_nor_done(visit: Visits, hub: Night, role: Role) -> None:
    """Given the browser of one role
    When it goes to what others may, by typing the address
    Then it reads why not and what to do, and the menu and pages offer no such act
    """
    able = next(one for one in hub.app.store.dead_letters(DeadFilter(), limit=1000) if replayable(one.code))
    of_role = {
        "/fences": Right.READ, f"/letters/{able.id}/edit": Right.EDIT, "/plans/new": Right.REPLAY,
        "/record": Right.AUDIT, "/accounts": Right.ACCOUNTS,
    }  # fmt: skip
    visitor = visit(role.value)
    for path, right in of_role.items():
        page = visitor.go(path)
        refused = page.get_by_text("access.denied")
        expect(refused).to_have_count(0 if right in RIGHTS[role] else 1)
        if right not in RIGHTS[role]:
            accessible(page)
    acts = {
        "内容を修正する": (f"/letters/{able.id}", "link", Right.EDIT),
        "この1件の再送計画を作る": (f"/letters/{able.id}", "link", Right.REPLAY),
        "送ってよいと審査する": ("/holds/1", "button", Right.REVIEW),
        "緊急閲覧を始める": ("/emergencies", "button", Right.EMERGENCY),
    }
    for name, (path, kind, right) in acts.items():
        page = visitor.go(path)
        offered = page.get_by_role("link" if kind == "link" else "button", name=name)
        if right not in RIGHTS[role]:
            expect(offered).to_have_count(0)
        elif right is not Right.REVIEW:  # a hold may be decided by now
            expect(offered).to_have_count(1)


def test_from_the_overview_to_a_replay_that_ends(visit: Visits, hub: Night) -> None:
    """Given 97 messages that a partner refused, which is healed by now
    When support finds the case, reads its card, takes it, makes a plan, reads the dry run and runs it
    Then what is new arrives once, what was overtaken does not leave, and the page says so by itself
    """
    open_before = len(hub.app.store.dead_letters(DeadFilter(code=REJECTED), limit=1000))
    sent_before = len(hub.partners.sent)
    page = visit("support").go("/")
    page.get_by_role("link", name="連携先が電文を受け付けませんでした").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("連携先が電文を受け付けませんでした")
    for word in ("影響", "対応する人", "次にすること"):
        expect(page.get_by_text(word, exact=True)).to_be_visible()
    page.get_by_role("button", name="自分が担当する").click()
    expect(page.get_by_role("status")).to_contain_text("担当者になりました")
    page.get_by_role("link", name="再送計画を作る").click()
    page.get_by_label("理由").fill("福祉総合情報システムの復旧を確認した")
    page.get_by_role("button", name="計画を作って判定する").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("再送計画")
    accessible(page)
    expect(page.locator(".consequence")).to_contain_text("新しい異動に置き換え済みのため送らず")

    page.get_by_role("button", name="処理を始める").click()
    expect(page.locator(".heading .chip")).to_have_text("完了", timeout=SECONDS)  # without a reload
    accessible(page)

    plan_id = int(page.url.partition("?")[0].rpartition("/")[2])
    found = plans.progress(hub.app.store, plan_id)
    assert found.plan.state is PlanState.DONE
    assert sum(found.tally.states.values()) == open_before
    assert len(hub.partners.sent) - sent_before == found.tally.count(ItemState.DELIVERED) > 0
    assert hub.app.store.dead_letters(DeadFilter(code=REJECTED)) == []


def test_without_scripts_a_reload_shows_how_far_it_is(visit: Visits) -> None:
    page = visit("support", scripts=False).go("/plans")
    page.get_by_role("row").nth(1).get_by_role("link").click()
    expect(page.locator("#live")).to_be_visible()
    expect(page.get_by_role("button", name="IDをコピー")).to_have_count(0)


def test_a_hold_is_released_by_two_people_and_not_by_one(visit: Visits, hub: Night) -> None:
    """Given an inquiry about a protected person
    When one person takes an item out and reviews, and another approves
    Then exactly that leaves; the first could not approve, and support could do neither
    """
    store = hub.app.store
    held = next(one for one in store.holds((HoldState.OPEN,)))
    support = visit("support").go(f"/holds/{held.id}")
    expect(support.get_by_role("button", name="送ってよいと審査する")).to_have_count(0)
    expect(support.get_by_text("表示する")).to_have_count(0)

    one = visit("all").go(f"/holds/{held.id}")
    one.get_by_label("ZEI001").check()
    form = one.locator("form[action$='/review']")
    form.get_by_label("理由").fill("照会の根拠を確認した")
    form.get_by_role("button").click()
    expect(one.get_by_role("status")).to_contain_text("審査を記録しました")
    expect(one.get_by_text("本人は承認できません")).to_be_visible()

    two = visit("other").go(f"/holds/{held.id}")
    form = two.locator("form[action$='/approve']")
    form.get_by_label("理由").fill("同意する")
    form.get_by_role("button").click()
    expect(two.get_by_role("status")).to_contain_text("承認しました")
    hub.rest_apart_from("pmh")
    found = store.hold(held.id)
    assert found is not None
    assert (found.state, found.withheld) == (HoldState.RELEASED, "ZEI001")


def test_a_person_is_protected_at_once_and_lifted_by_two(visit: Visits, hub: Night) -> None:
    page = visit("all").go("/fences")
    page.get_by_label("宛名番号").fill("０００００００００００００１２")
    page.locator("#reason_class").select_option("stalking")
    page.get_by_role("button", name="すぐに保護する").click()
    expect(page.get_by_role("status")).to_contain_text("保護しました")
    assert "00012" not in page.url
    form = page.locator("form[action$='/lift']")
    form.get_by_label("理由").fill("申出者からの終了の申出")
    form.get_by_role("button").click()
    expect(page.get_by_text("本人は承認できません")).to_be_visible()
    other = visit("other").go(page.url.removeprefix(visit.url).partition("?")[0])
    other.get_by_role("button", name="解除を承認する").click()
    expect(other.get_by_role("status")).to_contain_text("解除を承認しました")
    steps = [act.step for act in hub.app.store.acts() if act.subject.role == "subject"][-3:]
    assert steps == [Step.RAISE, Step.REQUEST, Step.APPROVE]


def test_an_operator_pauses_a_partner_with_a_reason(visit: Visits, hub: Night) -> None:
    page = visit("operator").go("/partners")
    block = page.locator("section#welfare")
    block.get_by_text("送信を停止する").first.click()
    block.get_by_label("理由").fill("保守のため")
    block.get_by_role("button", name="送信を停止する").click()
    expect(page.get_by_role("status")).to_contain_text("送信を停止しました")
    assert hub.app.store.circuit("welfare").paused_reason == "保守のため"
    page.locator("section#welfare").get_by_role("button", name="送信を再開する").click()
    expect(page.get_by_role("status")).to_contain_text("送信を再開しました")
    assert not hub.app.store.circuit("welfare").paused


def test_the_language_is_switched_and_kept(visit: Visits) -> None:
    page = visit("operator").go("/cases")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cases")
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
