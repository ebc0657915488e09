"""One hop of the hub beside relays that do the same XML work and nothing else, and a shovel that does no work."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import contestants
from contest import Run, contest, summary
from place import place
from row import Row, Size, Spread

COUNTS = {"quick": (1_000, 1), "short": (4_000, 3), "full": (10_000, 5)}  # messages, rounds
WORKERS = (1, 2)


def rows(size: Size) -> Iterator[Row]:
    messages, rounds = COUNTS[size]
    with place("classic", plugins=("rabbitmq_shovel",)) as where:
        hubs = [contestants.hub(where, workers) for workers in WORKERS]
        bare = [contestants.bare_pika(where, workers) for workers in WORKERS]
        shovels = [contestants.shovel(where, workers) for workers in WORKERS]
        peers = [contestants.faststream(where, 2), contestants.dramatiq(where), contestants.celery(where)]
        taking_part = [*hubs, *bare, *shovels, *peers]
        settings = {one.name: one.settings for one in taking_part}
        runs = contest(where, taking_part, messages, rounds)
    for workers in WORKERS:
        yield _beside(runs, settings, "classic", [f"hub ×{workers}"], [f"bare pika ×{workers}"], 1.1)
    both = [one.name for one in hubs]
    yield _beside(runs, settings, "classic", both, [one.name for one in shovels], 0.40)
    for peer, goal in zip(peers, (3.5, 5, 9), strict=True):
        yield _beside(runs, settings, "classic", both, [peer.name], goal)
    with place("quorum") as where:
        taking_part = [make(where, workers) for workers in WORKERS for make in (contestants.hub, contestants.bare_pika)]
        settings = {one.name: one.settings for one in taking_part}
        runs = contest(where, taking_part, messages, rounds)
    for workers in WORKERS:
        yield _beside(runs, settings, "quorum", [f"hub ×{workers}"], [f"bare pika ×{workers}"], 1.1)


def _beside(
    runs: Mapping[str, list[Run]],
    settings: Mapping[str, str],
    kind: str,
    ours: Sequence[str],
    theirs: Sequence[str],
    goal: float,
) -> Row:
    """The best of each side by its median."""
    one, other = _best(runs, ours), _best(runs, theirs)
    ratio = Spread.of((mine.rate / its.rate for mine, its in zip(runs[one], runs[other], strict=True)), 2)
    work = "no work" if other.startswith("shovel") else "the same XML work"
    return Row(
        f"{one} / {other} ({work}), {kind} queues",
        ratio.median,
        "ratio",
        goal,
        settings={name: settings[name] for name in (one, other)},
        detail={"least": ratio.least, "most": ratio.most, "rounds": len(runs[one])},
        relays=_relays(runs, [*ours, *theirs]),
        kind=kind,
    )


def _best(runs: Mapping[str, list[Run]], names: Sequence[str]) -> str:
    return max(names, key=lambda name: Spread.of(one.rate for one in runs[name]).median)


def _relays(runs: Mapping[str, list[Run]], names: Sequence[str]) -> dict[str, Any]:
    found = summary({name: runs[name] for name in names})
    return {name: {what: asdict(each) for what, each in one.items()} for name, one in found.items()}
