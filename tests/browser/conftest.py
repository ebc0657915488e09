"""A real Chromium that nobody's request may leave loopback with, and a hub after a bad night."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Request, sync_playwright

from hub.sandbox import chromium
from tests.browser.stage import Night, night
from tests.doors import WordDoor, served


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="session")
def chrome(playwright: Playwright) -> Iterator[Browser]:
    binary = chromium.find_binary()
    if binary is None:
        pytest.skip("no Chromium with Japanese fonts here; Debian: apt-get install chromium fonts-noto-cjk")
    browser = playwright.chromium.launch(executable_path=binary, args=list(chromium.FLAGS))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    with night(tmp_path_factory.mktemp("night")) as made:
        yield made


@pytest.fixture(scope="module")
def console(hub: Night) -> Iterator[str]:
    with served(hub.app, WordDoor()) as url:
        yield url


class Visitor:
    """One person's browser. Whatever goes wrong in it, and every request elsewhere, is a failure at the end."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context, self.url = context, url
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", lambda message: self._heard(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._asked)

    def _heard(self, kind: str, text: str) -> None:
        if kind == "error" and "status of 4" not in text:
            self.complaints.append(text)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(self.url):
            self.complaints.append(f"asked {request.url}")

    def go(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page


class Visits:
    """Makes visitors: signed in with a word, or with "" not."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser, self.url = browser, url
        self._made: list[Visitor] = []

    def __call__(self, who: str, language: str = "ja-JP", zoom: int = 100, scripts: bool = True) -> Visitor:
        context = self._browser.new_context(
            locale=language,
            viewport={"width": 1280 * 100 // zoom, "height": 900 * 100 // zoom},
            java_script_enabled=scripts,
        )
        if who:
            context.add_cookies([{"name": "renkei-session", "value": who, "url": self.url}])
        self._made.append(Visitor(context, self.url))
        return self._made[-1]

    def close(self) -> None:
        complaints = [one for visitor in self._made for one in visitor.complaints]
        for visitor in self._made:
            visitor.context.close()
        assert complaints == []


@pytest.fixture
def visit(chrome: Browser, console: str) -> Iterator[Visits]:
    made = Visits(chrome, console)
    yield made
    made.close()
