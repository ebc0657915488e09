"""The picture of the console for README.md. Run by `ops/docs/picture`; the argument is the file to write."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from hub.sandbox import chromium
from tests.browser.stage import night
from tests.doors import WordDoor, served

WIDTH, HEIGHT = 1280, 1700


def main(target: Path) -> None:
    with (
        TemporaryDirectory() as folder,
        night(Path(folder)) as hub,
        served(hub.app, WordDoor()) as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium.find_binary(), args=list(chromium.FLAGS))
        context = browser.new_context(locale="ja-JP", viewport={"width": WIDTH, "height": HEIGHT})
        context.add_cookies([{"name": "renkei-session", "value": "all", "url": url}])
        page = context.new_page()
        page.goto(url)
        page.screenshot(path=target, animations="disabled")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
