"""What the partners wrote down: the only evidence a run is judged by, apart from the sender's list."""

from collections.abc import Mapping, Sequence
from typing import Any

from hub.sandbox.judge import Effect
from hub.sandbox.report import Expectation

Ledgers = Mapping[str, Sequence[Mapping[str, Any]]]  # by partner; entries as in `hub.sandbox.partner.Entry`


def effects(ledgers: Ledgers) -> list[Effect]:
    """What changed something at a partner."""
    return [
        Effect(
            partner,
            entry["operation"],
            entry["key"],
            entry["correlation_id"],
            entry["record"],
            entry["version"],
            entry.get("reason", ""),
        )
        for partner, entries in ledgers.items()
        for entry in entries
        if entry["effect"]
    ]


def expectations(ledgers: Ledgers) -> list[Expectation]:
    """What no partner may have seen, by the partners' own checks."""
    entries = [entry for one in ledgers.values() for entry in one]
    violations = sorted({entry["violation"] for entry in entries if entry["violation"]})
    reordered = sum(entry["reordered"] for entry in entries)
    return [
        Expectation("no partner was sent what must never reach it", not violations, "; ".join(violations)),
        Expectation.zero("no partner was sent an older state after a newer one", reordered),
    ]
