"""The dashboards: as the code says, and about metrics that exist."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).parents[2] / "ops" / "grafana"
BOARDS = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.json"))]


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_dashboards", FOLDER / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_files_are_as_the_code_says() -> None:
    assert generator().stale() == [], "run ops/grafana/generate.py"


def test_a_metric_that_does_not_exist_is_refused() -> None:
    module = generator()
    panels = sys.modules["panels"]
    bad = panels.Board("x", "x", (panels.Row("r", (panels.Panel("p", (("sum(renkei_mesages_total)", ""),)),)),))
    assert module.unknown(bad) == {"renkei_mesages_total"}


def test_titles_and_ids_are_unique_within_a_board() -> None:
    for board in BOARDS:
        titles = [panel["title"] for panel in board["panels"]]
        assert len(titles) == len(set(titles))
        assert len({panel["id"] for panel in board["panels"]}) == len(titles)
