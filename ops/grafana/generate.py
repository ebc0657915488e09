"""Write the dashboards of this folder for Grafana, or check that they are current.

.venv/bin/python ops/grafana/generate.py [--check]
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from hub.metrics import series

sys.path.insert(0, str(Path(__file__).resolve().parent))

from panels import BOARDS, Board, Panel

FOLDER = Path(__file__).resolve().parent
_SOURCE = {"type": "prometheus", "uid": "${source}"}
_WIDTHS = {"stat": 4, "timeseries": 8, "table": 8, "bargauge": 8}
_HEIGHTS = {"stat": 4, "timeseries": 8, "table": 8, "bargauge": 8}
_LINE = 24  # Grafana's columns


def dashboard(board: Board) -> dict[str, Any]:
    """One dashboard as Grafana imports it."""
    panels: list[dict[str, Any]] = []
    y = 0
    for row in board.rows:
        panels.append(
            {"type": "row", "title": row.title, "gridPos": {"h": 1, "w": _LINE, "x": 0, "y": y}, "panels": []}
        )
        x, y, height = 0, y + 1, 0
        for panel in row.panels:
            if x + _WIDTHS[panel.kind] > _LINE:
                x, y, height = 0, y + height, 0
            panels.append(_panel(panel, x, y))
            x, height = x + _WIDTHS[panel.kind], max(height, _HEIGHTS[panel.kind])
        y += height
    for number, each in enumerate(panels, 1):
        each["id"] = number
    return {
        "uid": board.uid,
        "title": board.title,
        "tags": ["renkei"],
        "schemaVersion": 39,
        "editable": False,
        "time": {"from": "now-6h", "to": "now"},
        "refresh": "30s",
        "templating": {"list": [_source(), *(_variable(*one) for one in board.variables)]},
        "panels": panels,
    }


def _panel(panel: Panel, x: int, y: int) -> dict[str, Any]:
    is_table = panel.kind == "table"
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.says,
        "datasource": _SOURCE,
        "gridPos": {"h": _HEIGHTS[panel.kind], "w": _WIDTHS[panel.kind], "x": x, "y": y},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {
                "refId": chr(ord("A") + number),
                "datasource": _SOURCE,
                "expr": expression,
                "legendFormat": legend or "__auto",
                "instant": is_table,
                "format": "table" if is_table else "time_series",
                "exemplar": "_seconds_bucket" in expression,
            }
            for number, (expression, legend) in enumerate(panel.queries)
        ],
    }


def _source() -> dict[str, Any]:
    return {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}


def _variable(name: str, metric: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": "query",
        "datasource": _SOURCE,
        "query": f"label_values({metric}, {name})",
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def unknown(board: Board) -> set[str]:
    """Metrics of ours that a board names and the code does not have."""
    text = " ".join(expression for row in board.rows for panel in row.panels for expression, _ in panel.queries)
    return set(re.findall(r"\brenkei_\w+", text)) - series()


def files() -> dict[str, str]:
    """By file name, what each must hold. Raises ValueError for a metric that does not exist."""
    for board in BOARDS:
        if names := unknown(board):
            raise ValueError(f"{board.uid}: there is no metric {', '.join(sorted(names))}")
    return {f"{board.uid}.json": json.dumps(dashboard(board), indent=1, ensure_ascii=False) + "\n" for board in BOARDS}


def stale() -> list[str]:
    """Names of files that differ from what the code says, or that it does not write."""
    wanted = files()
    found = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    return sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))


def main() -> None:
    if "--check" in sys.argv:
        if found := stale():
            sys.exit(f"not current: {', '.join(found)}; run ops/grafana/generate.py")
        return
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
