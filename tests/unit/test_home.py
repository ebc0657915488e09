"""Where the data folders come from."""

from pathlib import Path

import pytest

from hub.errors import ConfigError
from hub.home import FOLDERS, Home


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pretended installation: <tmp>/site/hub, with the given folders made by the test."""
    hub = tmp_path / "site" / "hub"
    hub.mkdir(parents=True)
    monkeypatch.setattr("hub.home._HUB", hub)
    return hub


def test_paths() -> None:
    home = Home(Path("/x"))
    assert (home.settings_file, home.master_key) == (Path("/x/hub.toml"), Path("/x/keys/master.key"))
    assert (home.database, home.secrets) == (Path("/x/data/hub.db"), Path("/x/secrets"))


@pytest.mark.parametrize("name", FOLDERS)
def test_home_then_wheel_then_checkout(installed: Path, tmp_path: Path, name: str) -> None:
    home = Home(tmp_path / "home")
    places = [installed.parent / name, installed / "_data" / name, home.root / name]
    for place in places:
        # When one more place has the folder, Then it is the one
        place.mkdir(parents=True)
        assert home.folder(name) == place


def test_a_missing_folder_names_where_it_should_be(installed: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"schemas is missing: expected at {tmp_path}/home/schemas"):
        Home(tmp_path / "home").folder("schemas")
