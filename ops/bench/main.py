"""Measures the rows of the table, one group after the other.

    ops/bench/run [--quick | --short] [--only GROUP ...] [--json]

Each group starts a broker of its own where it needs one, and ends what it started. A group that fails is an error of
the whole run: a figure whose outcome is not right is no figure.
"""

import argparse
import importlib
import json
import signal
import sys
import time

import contestants
import machine
from row import Row, Size

GROUPS = ("hop", "latency", "memory", "replay", "dead_letters", "fence", "renewal", "connector", "start")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="ops/bench/run", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick",
        action="store_const",
        const="quick",
        dest="size",
        default="full",
        help="small counts: whether it works, not how fast",
    )
    parser.add_argument(
        "--short", action="store_const", const="short", dest="size", help="middling counts, some ten minutes"
    )
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=GROUPS, metavar="GROUP", help=", ".join(GROUPS))
    parser.add_argument("--json", action="store_true", help="the result on standard output, as JSON")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is then ended
    size: Size = chosen.size
    found: list[Row] = []
    for group in chosen.only:
        began = time.monotonic()
        found += importlib.import_module(group).rows(size)
        print(f"{group}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    result = {
        "size": size,
        "machine": machine.described(),
        "versions": machine.versions() | contestants.versions(),
        "rows": [row.as_json() for row in found],
    }
    if chosen.json:
        print(json.dumps(result, ensure_ascii=False, indent=1))
        return
    for row in found:
        verdict = {True: "met", False: "missed", None: ""}[row.passed]
        print(f"{row.what:64} {row.measured:>10g} {row.unit:8} {row.wanted:8} {verdict}")


if __name__ == "__main__":
    main()
