"""Finding connector kinds: a folder below `connectors` that holds a connector.py. Nothing else imports connectors."""

import importlib
import importlib.util
from pathlib import Path
from typing import cast

from hub.errors import ConfigError
from hub.ports.collector import Collector
from hub.ports.connector import Connector, ConnectorSettings


def kinds() -> dict[str, Path]:
    """Connector kind → its folder, sorted."""
    spec = importlib.util.find_spec("connectors")
    roots = spec.submodule_search_locations if spec else None
    return {
        folder.name: folder
        for root in roots or ()
        for folder in sorted(Path(root).iterdir())
        if (folder / "connector.py").is_file()
    }


def create_connector(kind: str, settings: ConnectorSettings) -> Connector:
    """Import `connectors.<kind>.connector` and call its `create`. Raises ConfigError for an unknown kind."""
    if kind not in kinds():
        raise ConfigError(f"connector {settings.name}: there is no folder connectors/{kind} with a connector.py")
    module = importlib.import_module(f"connectors.{kind}.connector")
    return cast(Connector, module.create(settings))


def create_collector(kind: str, settings: ConnectorSettings) -> Collector:
    """Import `connectors.<kind>.collector` and call its `create`. Raises ConfigError where the kind has none."""
    folder = kinds().get(kind)
    if folder is None or not (folder / "collector.py").is_file():
        raise ConfigError(f"connector {settings.name}: [collect] needs a collector.py in connectors/{kind}")
    module = importlib.import_module(f"connectors.{kind}.collector")
    return cast(Collector, module.create(settings))
