"""What a city, a prefecture and all municipalities need, computed from what was measured: ops/docs/capacity.md.

    .venv/bin/python ops/bench/capacity.py [--messages-per-person N] [--write]

Reads ops/docs/performance.json, which `ops/bench/run --write` makes, and multiplies. It says what would be needed if
everything grew in proportion; nothing of that size was run.
"""

import argparse
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[1] / "docs"
BEGIN, END = "<!-- ops/bench/capacity.py: begin -->", "<!-- ops/bench/capacity.py: end -->"
PLACES = {
    "Kawasaki": (1, 1_550_000),
    "one prefecture (Kanagawa)": (33, 9_200_000),
    "all of Japan": (1_741, 124_000_000),
}
PEAK = 0.2  # of a day's messages in its busiest hour
BUSY = 0.5  # of a core: the rest is for what comes unevenly, and for a host that fails
DELIVERIES = 1.5  # per message taken in: answers and copies go to more than one partner
OUTAGE_HOURS = 8  # for which the broker keeps what cannot be delivered


def measured(result: Mapping[str, Any]) -> dict[str, float]:
    """Microseconds and bytes per message. Raises KeyError, StopIteration: the run had not all groups."""
    rows = result["rows"]

    def row(begin: str) -> Mapping[str, Any]:
        return next(one for one in rows if one["what"].startswith(begin))

    hop = next(one["relays"]["hub ×1"] for one in rows if one["kind"] == "quorum" and "hub ×1" in one["relays"])
    return {
        "taking in, hub": hop["relay_us"]["median"],
        "taking in, broker": hop["broker_us"]["median"],
        "delivering, hub": row("connector")["detail"]["hub_us"],
        "taken in, bytes": row("database per message taken in")["measured"],
        "delivered, bytes": row("database per message delivered")["measured"],
        "waiting, bytes": row("broker memory")["measured"],
    }


def section(result: Mapping[str, Any], per_person: float) -> str:
    one = measured(result)
    # a delivery queue costs the broker what the hop before it did: a publish, a confirm, a delivery, an ack
    hub_us = one["taking in, hub"] + DELIVERIES * one["delivering, hub"]
    broker_us = (1 + DELIVERIES) * one["taking in, broker"]
    found = [f"Measured by `{result['command']}`, {result['date']}, {result['machine']}. {result['note']}".strip(), ""]
    found += ["| per message | |", "|---|---|"]
    found += [f"| {name} | {value:,.0f}{'' if 'bytes' in name else ' us of CPU'} |" for name, value in one.items()]
    a_day = 86_400 * BUSY / (hub_us + broker_us) * 1e6
    found += ["", f"A core carries {a_day:,.0f} messages a day evenly spread, hub and broker together.", ""]
    heads = ["", "municipalities", "messages a day", "busiest hour, a second", "cores, hub", "cores, broker"]
    heads += ["database a year", f"broker memory after {OUTAGE_HOURS} h of outage"]
    found += [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    return "\n".join([*found, *_places(one, hub_us, broker_us, per_person), ""])


def _places(one: Mapping[str, float], hub_us: float, broker_us: float, per_person: float) -> Iterator[str]:
    for name, (municipalities, people) in PLACES.items():
        day = people * per_person / 365
        second = day * PEAK / 3600
        cores = [math.ceil(second * each / 1e6 / BUSY) for each in (hub_us, broker_us)]
        year = day * 365 * (one["taken in, bytes"] + DELIVERIES * one["delivered, bytes"]) / 2**30
        waiting = second * 3600 * OUTAGE_HOURS * DELIVERIES * one["waiting, bytes"] / 2**30
        yield (
            f"| {name} | {municipalities:,} | {day:,.0f} | {second:,.1f} | {cores[0]} | {cores[1]} | "
            f"{year:,.0f} GiB | {waiting:,.1f} GiB |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages-per-person", type=float, default=10.0, help="a year, of every inhabitant")
    parser.add_argument("--write", action="store_true", help="into ops/docs/capacity.md")
    chosen = parser.parse_args()
    result = json.loads((DOCS / "performance.json").read_text(encoding="utf-8"))
    text = section(result, chosen.messages_per_person)
    print(text)
    if chosen.write:
        page = DOCS / "capacity.md"
        before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        page.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
