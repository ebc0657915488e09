"""Discovery: a folder with a connector.py is a connector kind, without any list to add it to."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import connectors
from hub import discovery
from hub.errors import ConfigError
from hub.ports.connector import ConnectorSettings


@pytest.fixture
def pigeon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A further folder of connectors, holding the kind pigeon, a transport and a stray file."""
    for name, file in (("pigeon", "connector.py"), ("wings", "__init__.py")):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text("def create(settings):\n    return ('coo', settings.name)\n")
    (tmp_path / "stray.py").write_text("")
    places = [*connectors.__path__, str(tmp_path)]
    monkeypatch.setattr(connectors, "__path__", places)
    monkeypatch.setattr(connectors.__spec__, "submodule_search_locations", places)
    yield tmp_path / "pigeon"
    for name in ("connectors.pigeon", "connectors.pigeon.connector"):
        sys.modules.pop(name, None)


def test_a_folder_with_a_connector_is_found(pigeon: Path) -> None:
    found = discovery.kinds()
    assert found["pigeon"] == pigeon
    assert not {"wings", "stray"} & set(found)


def test_the_kind_is_created_with_its_settings(pigeon: Path) -> None:
    settings = ConnectorSettings("roof", "http://127.0.0.1:1")
    assert discovery.create_connector("pigeon", settings) == ("coo", "roof")


@pytest.mark.parametrize("kind", ["cat", "wings", "http"])
def test_an_unknown_kind_is_a_configuration_error(pigeon: Path, kind: str) -> None:
    with pytest.raises(ConfigError, match=f"no folder connectors/{kind} with a connector.py"):
        discovery.create_connector(kind, ConnectorSettings("roof", "http://127.0.0.1:1"))
