"""A connector before a slow partner: 50 ms for every answer, and 64 requests allowed at once.

The simulated platform answers after 50 ms; it is a process of its own on the same machine, and its CPU time is told.
The messages are taken in first; the clock runs while they are delivered, from the first hundredth on.
"""

import re
import time
from collections.abc import Iterator
from pathlib import Path

from contest import until_moved
from machine import cpu_seconds
from place import TARGET, Place, place
from processes import alive, running
from row import Row, Size

from hub.sandbox.launcher import Partner

NAME, OPERATION = "integration_platform", "integration_platform.resident_change"
LATENCY, IN_FLIGHT = 0.05, 64
COUNTS = {"quick": 500, "short": 5_000, "full": 20_000}
DEADLINE, LOOK = 300.0, 0.05


def rows(size: Size) -> Iterator[Row]:
    count = COUNTS[size]
    with place("quorum") as where:
        partner = Partner(NAME, where.app.home.root / "partners")
        partner.start()
        try:
            partner.mode("latency", seconds=LATENCY)
            _configure(where, partner)
            where.fill_door(count)
            with running([where.hub()], where.environment) as processes:
                until_moved(where, TARGET, count, processes, "hub")
            before = where.database_bytes()
            rate, hub_us, partner_us = _delivered(where, partner, count)
            grown = where.database_bytes() - before
            effects = [one["correlation_id"] for one in partner.ledger() if one["effect"]]
        finally:
            partner.stop()
    assert len(effects) == len(set(effects)) == count, f"{len(effects)} effects of {count}"
    ideal = IN_FLIGHT / LATENCY
    detail = {"messages": count, "ideal_per_s": ideal, "per_s": round(rate), "hub_us": hub_us, "partner_us": partner_us}
    yield Row("database per message delivered (SQLite)", round(grown / count), "bytes")
    what = f"connector, partner of {LATENCY * 1000:.0f} ms, {IN_FLIGHT} in flight, against the ideal {ideal:,.0f}/s"
    yield Row(what, round(rate / ideal, 2), "ratio", 0.9, True, {}, detail)


def _configure(where: Place, partner: Partner) -> None:
    file: Path = where.app.home.root / f"config/connectors/{NAME}.toml"
    text = re.sub(r"(?m)^max_in_flight.*$", f"max_in_flight = {IN_FLIGHT}", file.read_text())
    file.write_text(re.sub(r"(?m)^url.*$", f'url = "{partner.url}"', text))


def _delivered(where: Place, partner: Partner, count: int) -> tuple[float, int, int]:
    """Messages a second; CPU microseconds per message of the hub and of the partner."""
    command = [*where.hub("delivery"), "--connector", NAME]
    first = max(1, count // 100)
    with running([command], where.environment) as processes:
        pids = (processes[0].pid, partner.pid)
        deadline = time.monotonic() + DEADLINE
        begun, moved, before = 0.0, 0, (0.0, 0.0)
        while (done := _settled(where)) < count:
            alive(processes, "hub")
            assert time.monotonic() < deadline, f"{done} of {count} delivered"
            if not begun and done >= first:
                begun, moved, before = time.monotonic(), done, (cpu_seconds(pids[0]), cpu_seconds(pids[1]))
            time.sleep(LOOK)
        seconds, after = time.monotonic() - begun, (cpu_seconds(pids[0]), cpu_seconds(pids[1]))
    assert begun, "too few to measure"
    hub_us, partner_us = (round((late - soon) / (done - moved) * 1e6) for soon, late in zip(before, after, strict=True))
    return (done - moved) / seconds, hub_us, partner_us


def _settled(where: Place) -> int:
    return sum(one.ends.get("delivered", 0) for one in where.app.store.balances() if one.hop == f"delivery.{NAME}")
