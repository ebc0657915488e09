"""One hop of the hub beside relays that do the same XML work and nothing else, and a shovel that does no work."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import contestants
from contest import Run, contest, summary
from place import place
from row import Row, Size, Spread

COUNTS = {"quick": (1_000, 1), "short": (5_000, 3), "full": (10_000, 5)}  # messages, rounds
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
    detail = _detail(runs)
    yield from _beside_bare(runs, "classic", settings, detail)
    yield _beside("shovel without work", runs, ["shovel ×1", "shovel ×2"], 0.40, settings)
    yield _beside("FastStream", runs, ["FastStream ×2"], 3.5, settings)
    yield _beside("dramatiq", runs, ["dramatiq"], 5, settings)
    yield _beside("Celery", runs, ["Celery"], 9, settings)
    with place("quorum") as where:
        taking_part = [make(where, workers) for workers in WORKERS for make in (contestants.hub, contestants.bare_pika)]
        runs = contest(where, taking_part, messages, rounds)
    yield from _beside_bare(runs, "quorum", {one.name: one.settings for one in taking_part}, _detail(runs))


def _beside_bare(
    runs: Mapping[str, list[Run]], kind: str, settings: dict[str, str], detail: dict[str, Any]
) -> Iterator[Row]:
    for workers in WORKERS:
        ratio = _ratio(runs, f"hub ×{workers}", f"bare pika ×{workers}")
        what = f"hop / bare pika with the same XML work, {kind} queues, {workers} worker{'s' * (workers > 1)}"
        yield Row(what, ratio.median, "ratio", 1.1, True, settings, detail | {"spread": asdict(ratio)})


def _beside(name: str, runs: Mapping[str, list[Run]], sides: list[str], goal: float, settings: dict[str, str]) -> Row:
    """The best of each side by its median."""
    ours, theirs = _best(runs, ["hub ×1", "hub ×2"]), _best(runs, sides)
    ratio = _ratio(runs, ours, theirs)
    chosen = {side: settings[side] for side in (ours, theirs)}
    detail = {side: found for side, found in _detail(runs).items() if side in (ours, *sides)}
    return Row(
        f"hop / {name}, classic queues", ratio.median, "ratio", goal, True, chosen, detail | {"spread": asdict(ratio)}
    )


def _ratio(runs: Mapping[str, list[Run]], ours: str, theirs: str) -> Spread:
    """Of rates in the same round."""
    return Spread.of((one.rate / other.rate for one, other in zip(runs[ours], runs[theirs], strict=True)), 2)


def _best(runs: Mapping[str, list[Run]], names: list[str]) -> str:
    return max(names, key=lambda name: Spread.of(one.rate for one in runs[name]).median)


def _detail(runs: Mapping[str, list[Run]]) -> dict[str, Any]:
    return {name: {what: asdict(each) for what, each in found.items()} for name, found in summary(runs).items()}
