"""The registry of fences: confirmed, and the one this host has known. Until then nothing leaves the city."""

from pathlib import Path

from hub.doctor.verdict import Verdict, failed, ok, warning
from hub.errors import ConfigError
from hub.ports.fence import Fences
from hub.worker.fence_watch import read_position


def examine(fences: Fences, file: Path, renkei: str) -> Verdict:
    """Raises StoreUnavailable."""
    by_two = f"as one person: {renkei} fence reconcile LIST.csv\nas another: {renkei} fence complete"
    try:
        seen = read_position(file)
    except ConfigError as error:
        return failed("fence", error.detail, f"compare the registry with its sources, then:\n{renkei} fence adopt")
    state = fences.fence_state()
    if seen is not None and not fences.descends(seen):
        return failed(
            "fence", "the registry of protected persons is not the one this host knew, or an older one", by_two
        )
    if state is None or state.confirmed_by is None:
        said = "nobody has confirmed the list of protected persons: nothing leaves the city"
        return warning("fence", said, by_two)
    return ok("fence", f"the list of protected persons is confirmed; {state.at.position} acts")
