"""Which faults a run injects, in which order: a pure function of its seed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from hub.sandbox.faults.steps import REPLAY_STEPS, WORKER_STEPS
from hub.sandbox.partner_http import MODES

# The flows that are played: partners of every idempotency, and messages that cause messages.
# Not F1 and F6: a publisher that repeats a batch after the broker went away may put number 3 before number 2, and the
# hub keeps the order it gets. F1 rightly stops at that, with nobody to bring the full set; F6 passes over number 2.
PLAYED = frozenset({"F2", "F3", "F8", "F10", "F11", "F12", "F16", "F17"})
PARTNERS = (
    "application_management",
    "eligibility_verification",
    "health_insurance",
    "insurer_intermediate_server",
    "integration_platform",
    "intermediate_server",
    "pmh",
    "public_assistance",
    "resident_registry",
    "welfare",
)
PROCESSES = ("intake-0", "intake-1", "delivery-0", "delivery-1")
SILENT = frozenset({"malformed", "invalid", "extra_field", "duplicate_reply"})  # needs an answer to spoil
SILENT_PARTNERS = frozenset({"resident_registry", "welfare"})  # they never say anything
HEARTBEAT = 3  # seconds; the broker gives a silent client up after two of them
FROZEN_PAST_HEARTBEAT = 3 * HEARTBEAT + 1.0
LEAST_PAUSE, LONGEST_PAUSE = 0.2, 0.8


@dataclass(frozen=True, slots=True)
class Fault:
    """`kind`: what is counted, "what.where"; `target`: a link, a process or a partner; `seconds`: how long it lasts,
    or by how much a clock jumps; `times`: requests a partner fails; `pause`: seconds before the next fault."""

    kind: str
    target: str = ""
    seconds: float = 0.0
    times: int = 0
    pause: float = 0.5


def kinds(store: str) -> Mapping[str, float]:
    """Every kind of fault and its weight: what costs seconds is rare."""
    weights = {f"step.{step}": 3.0 for step in WORKER_STEPS}
    weights |= {f"step.{step}": 1.5 for step in REPLAY_STEPS}
    weights |= {f"partner.{mode}": 1.6 for mode in sorted(MODES - {"ok"})}
    weights |= {
        "step.migrating": 0.8,
        "kill.worker": 5.0,
        "kill.partner": 1.5,
        "kill.broker": 0.5,
        "cut.partner": 4.0,
        "mute.partner": 2.0,
        "stall.partner": 2.0,
        "cut.broker": 4.0,
        "mute.broker": 1.0,
        "stall.broker": 2.0,
        "cut.publisher": 3.0,
        "duplicate": 10.0,
        "clock": 4.0,
        "freeze.worker": 3.0,
        "freeze.heartbeat": 0.5,
        "freeze.under_lease": 0.8,
        "alarm.memory": 0.5,
        "alarm.disk": 0.5,
    }
    if store == "postgresql":
        weights |= {"kill.postgresql": 1.5, "cut.store": 4.0, "mute.store": 1.0, "stall.store": 2.0}
    else:
        weights |= {"lock.store": 2.0}
    return weights


def plan(seed: int, store: str) -> Iterator[Fault]:
    """Without end. The first ones are one of every kind, in random order."""
    rng = Random(f"renkei-faults-{seed}")
    weights = kinds(store)
    first = sorted(weights)
    rng.shuffle(first)
    for kind in first:
        yield _fault(kind, rng)
    names, shares = list(weights), list(weights.values())
    while True:
        yield _fault(rng.choices(names, shares)[0], rng)


def _fault(kind: str, rng: Random) -> Fault:
    what, _, where = kind.partition(".")
    target, seconds, times = "", 0.0, 0
    match what, where:
        case "partner", _:
            target, times = rng.choice(_able(where)), rng.randint(1, 3)
            seconds = rng.choice((0.2, 0.6))
        case (("cut" | "mute" | "stall"), _):
            target = f"partner:{rng.choice(PARTNERS)}" if where == "partner" else where
            seconds = round(rng.uniform(*_LASTING[what]), 2)
        case "kill", "worker":
            target = rng.choice(PROCESSES)
        case "kill", "partner":
            target = rng.choice(PARTNERS)
        case "clock", _:
            target, seconds = rng.choice((*PROCESSES, "all", "all")), rng.choice(JUMPS)
        case "freeze", _:
            target = rng.choice(PROCESSES)
            seconds = round(rng.uniform(0.3, 1.5), 2) if where == "worker" else FROZEN_PAST_HEARTBEAT
        case "alarm", _:
            seconds = round(rng.uniform(0.5, 2.0), 2)
        case "lock", _:
            seconds = rng.choice((0.5, 2.0, 11.0))  # the last is longer than SQLite's own patience
    return Fault(kind, target, seconds, times, round(rng.uniform(LEAST_PAUSE, LONGEST_PAUSE), 2))


_LASTING = {"cut": (0.0, 1.5), "mute": (0.5, 3.0), "stall": (0.2, 1.0)}
JUMPS = (-3600.0, -30.0, -5.0, 0.0, 5.0, 30.0, 3600.0)  # away from the true time: 0 jumps back to it


def _able(mode: str) -> Sequence[str]:
    """Partners that can fail in this way."""
    return [name for name in PARTNERS if mode not in SILENT or name not in SILENT_PARTNERS]
