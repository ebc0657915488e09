"""The console as people use it, in a real browser: find a failure, read, send again; release what is held."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from hub.ports.fence import Step
from hub.ports.holds import HoldState
from hub.ports.plans import ItemState, PlanState
from hub.ports.store import DeadFilter
from hub.support import cases, fences, plans
from tests.browser.conftest import Visits
from tests.browser.stage import Night
from tests.doors import PASSWORD

REJECTED = "deliver.rejected"
SECONDS = 30_000


def path_of_every_screen(hub: Night) -> dict[str, str]:
    store = hub.app.store
    letter = store.dead_letters(DeadFilter(code=REJECTED, state=None), limit=1)[0]
    measure = fences.measures(store)[0].measure
    return {
        "overview": "/",
        "cases": "/cases",
        "case": f"/cases/{cases.all_cases(store)[0].row.case_id}",
        "letters": "/letters",
        "letter": f"/letters/{letter.id}",
        "message": f"/messages/{letter.message_id}",
        "plans": "/plans",
        "new plan": f"/plans/new?code={REJECTED}",
        "holds": "/holds?state=all",
        "hold": "/holds/1",
        "fences": "/fences",
        "fence": f"/fences/{measure}",
        "partners": "/partners",
        "approvals": "/approvals",
        "approval": "/approvals/1",
        "record": "/record",
        "accounts": "/accounts",
        "account": "/accounts/hanako",
        "password": "/password",
        "sessions": "/sessions",
        "nothing": "/nothing",
    }


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
