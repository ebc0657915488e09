"""The browser of the console's tests: Debian's Chromium and fonts for Japanese, found, installed where asked."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from hub.sandbox import debian

FONTS = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_binary() -> Path | None:
    """Find `chromium`, None where it or the fonts are not installed."""
    found = shutil.which("chromium")
    return Path(found) if found and FONTS.exists() else None


def install_debian_packages(log: Callable[[str], None] = debian.to_stderr) -> None:
    """Install Chromium and the fonts from Debian.

    Raises:
        NodeError: not root on Debian, or the installation failed.
    """
    debian.install(["chromium", "fonts-noto-cjk"], [], log)
