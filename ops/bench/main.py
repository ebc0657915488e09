"""Measures the rows of the table, one group after the other.

    ops/bench/run [--quick | --short] [--only GROUP ...] [--json] [--write]

Each group starts a broker of its own where it needs one, and ends what it started. A group that fails is an error of
the whole run: a figure whose outcome is not right is no figure.
"""

import argparse
import importlib
import json
import signal
import sys
import time
from datetime import UTC, datetime
from typing import Any

import contestants
import machine
import report
from row import Row

GROUPS = ("hop", "latency", "memory", "replay", "dead_letters", "fence", "renewal", "connector", "start")


def main() -> None:
    chosen = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is then ended
    found: list[Row] = []
    for group in chosen.only:
        began = time.monotonic()
        for row in importlib.import_module(group).rows(chosen.size):
            found.append(row)
            if not chosen.json:
                print(*report.lines([row.as_json()]), flush=True)
        print(f"{group}: {time.monotonic() - began:.0f} s", file=sys.stderr)
        if chosen.write:  # after each group, so that what is broken off has its figures
            report.write(_result(chosen, found))
    if chosen.json:
        print(json.dumps(_result(chosen, found), ensure_ascii=False, indent=1))


def _result(chosen: argparse.Namespace, found: list[Row]) -> dict[str, Any]:
    only = [] if chosen.only == GROUPS else ["--only", *chosen.only]
    size = [] if chosen.size == "full" else [f"--{chosen.size}"]
    return {
        "command": " ".join(["ops/bench/run", *size, *only]),
        "date": datetime.now(UTC).date().isoformat(),
        "size": chosen.size,
        "note": chosen.note,
        "machine": machine.described(),
        "versions": machine.versions() | (contestants.versions() if "hop" in chosen.only else {}),
        "rows": [row.as_json() for row in found],
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="ops/bench/run", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    size = parser.add_mutually_exclusive_group()
    for name, text in (("quick", "small counts: whether it works, not how fast"), ("short", "middling counts")):
        size.add_argument(f"--{name}", action="store_const", const=name, dest="size", default="full", help=text)
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=GROUPS, metavar="GROUP", help=", ".join(GROUPS))
    parser.add_argument("--json", action="store_true", help="the result on standard output, as JSON")
    parser.add_argument("--write", action="store_true", help="the result into ops/docs/performance.{md,json,svg}")
    parser.add_argument("--note", default="", help="a sentence on what else the machine did, for the document")
    return parser.parse_args()


if __name__ == "__main__":
    main()
