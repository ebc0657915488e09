"""The result as a table and a chart: for the terminal, for ops/docs/performance.md, and beside it as JSON and SVG."""

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[1] / "docs"
BEGIN, END = "<!-- ops/bench/run --write: begin -->", "<!-- ops/bench/run --write: end -->"
_VERDICT = {True: "met", False: "missed", None: ""}
_ROW, _LEFT, _WIDTH, _SCALE = 22, 520, 960, 200  # pixels; _SCALE: where the goal stands

Result = Mapping[str, Any]


def lines(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for row in rows:
        yield f"{row['what']:92} {row['measured']:>10g} {row['unit']:6} {row['goal']:7} {_VERDICT[row['pass']]}"


def write(result: Result) -> None:
    """Into the documents. The table stands between two marks; what is around it stays."""
    page = DOCS / "performance.md"
    text = page.read_text(encoding="utf-8")
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n\n{_section(result)}\n{END}{after}", encoding="utf-8")
    (DOCS / "performance.json").write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (DOCS / "performance.svg").write_text(chart(result["rows"]), encoding="utf-8")


def _section(result: Result) -> str:
    versions = ", ".join(f"{name} {each}" for name, each in result["versions"].items())
    found = [f"`{result['command']}`, {result['date']}, {result['machine']}; {versions}.", ""]
    if result["note"]:
        found += [result["note"], ""]
    found += ["| what | goal | measured | |", "|---|---|---|---|"]
    found += [
        f"| {row['what']} | {row['goal']} | {row['measured']:g} {row['unit']} | {_VERDICT[row['pass']]} |"
        for row in result["rows"]
    ]
    relays = {f"{name}, {row['kind']}": one for row in result["rows"] for name, one in row["relays"].items()}
    if relays:
        found += ["", "Medians of each relay, and the least and most of its rounds:", ""]
        found += ["| relay, queues | messages a second | its CPU per message | the broker's |", "|---|---|---|---|"]
        for name, one in relays.items():
            rate, own, broker = one["rate"], one["relay_us"]["median"], one["broker_us"]["median"]
            spread = f"{rate['median']:,.0f} ({rate['least']:,.0f} to {rate['most']:,.0f})"
            found.append(f"| {name} | {spread} | {own:.0f} us | {broker:.0f} us |")
    return "\n".join([*found, "", "![Each row against its goal](performance.svg)", ""])


def chart(rows: Sequence[Mapping[str, Any]]) -> str:
    """Each row as a bar: how much of the goal was reached; where less is better, the goal through the measured."""
    wanted = [row for row in rows if row["goal"]]
    height = _ROW * (len(wanted) + 2)
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" font-family="sans-serif">',
        f'<line x1="{_LEFT + _SCALE}" y1="0" x2="{_LEFT + _SCALE}" y2="{height - _ROW}" stroke="#888"/>',
        f'<text x="{_LEFT + _SCALE}" y="{height - 6}" text-anchor="middle" font-size="10">goal</text>',
    ]
    for place, row in enumerate(wanted):
        sign, goal = row["goal"].split()
        measured, aim = float(row["measured"]), float(goal)
        share = measured / aim if sign == "≥" else aim / max(measured, 1e-9)
        width, top = min(share, 2.0) * _SCALE, place * _ROW + 4
        colour = "#2a7d4f" if row["pass"] else "#b3541e"
        drawn += [
            f'<text x="{_LEFT - 8}" y="{top + 12}" text-anchor="end" font-size="10">{escape(row["what"])}</text>',
            f'<rect x="{_LEFT}" y="{top}" width="{width:.0f}" height="{_ROW - 7}" fill="{colour}"/>',
            f'<text x="{_LEFT + width + 4:.0f}" y="{top + 12}" font-size="10">{row["measured"]:g}</text>',
        ]
    return "\n".join([*drawn, "</svg>", ""])
