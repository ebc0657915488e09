"""A small complete home directory, with connector kinds that exist for it alone."""

from pathlib import Path

import pytest

from hub import discovery
from hub.home import Home
from tests.small_home import write_home


@pytest.fixture
def small_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """`write_home`, and discovery that finds the kinds archive and desk."""
    folders = {}
    for kind in ("archive", "desk"):
        folders[kind] = tmp_path / "connectors" / kind
        folders[kind].mkdir(parents=True)
        (folders[kind] / "README.md").write_text("synthetic\n")
    monkeypatch.setattr(discovery, "kinds", lambda: folders)
    return write_home(tmp_path / "home")
