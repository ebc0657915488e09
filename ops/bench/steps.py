"""Where one intake hop spends its time: thread CPU time per message of each step, without a broker.

    .venv/bin/python ops/bench/steps.py [--messages N] [--sealed]

With `--sealed` the partner has sealed its messages to the hub's key: they are opened in `receive`.

The steps are those of `hub.pipeline`, in its order, and what follows them until a message is settled in SQLite.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from hub import outcomes, pipeline
from hub.app import MEMORY, App
from hub.brokers.rabbit.frames import encode
from hub.installation import init_home
from hub.jwe import CONTENT_TYPE, PublicKey
from hub.metrics import Metrics
from hub.ports.broker import Delivery, Properties, Tag
from hub.ports.store import End

SAMPLE = Path(__file__).resolve().parents[2] / "schemas/resident_registry.change/v1/valid/move-in.xml"
HOP, PARTNER = "intake.resident_registry", "resident_registry"
BATCH, WARM_UP, FRAME_MAX = 100, 50, 131_072
T = TypeVar("T")


class Times:
    """CPU microseconds per message, by step."""

    def __init__(self, messages: int) -> None:
        self._messages = messages
        self.found: dict[str, float] = {}

    def take(self, step: str, work: Callable[[], T]) -> T:
        begun = time.thread_time()
        result = work()
        self.found[step] = (time.thread_time() - begun) / self._messages * 1e6
        return result


def deliveries(count: int, key: PublicKey | None, after: int = 0) -> list[Delivery]:
    """`count` different residents from number `after` + 1 on, as the registry's door gives them; sealed to `key`."""
    body, seal = SAMPLE.read_text(), key.seal if key else bytes
    content_type = CONTENT_TYPE if key else "application/xml"
    given = {
        "content_type": content_type,
        "type": "resident_registry.change",
        "headers": {"purpose": "resident.change"},
    }
    return [
        Delivery(
            HOP,
            Tag(1, number),
            seal(body.replace("000000000000101", f"{number:015d}", 1).encode()),
            Properties(message_id=str(uuid4()), **given),  # type: ignore[arg-type]
        )
        for number in range(after + 1, after + count + 1)
    ]


def measure(app: App, count: int, key: PublicKey | None) -> dict[str, float]:
    hub = app.bench.hub
    stages = (*pipeline.OPEN, *pipeline.INTAKE)
    for one in outcomes.started(HOP, PARTNER, False, deliveries(WARM_UP, key)):
        exchange = one
        for stage in stages:
            exchange = stage(exchange, hub)
        outcomes.ended(exchange, End.FORWARDED, hub)
    arrived, times = deliveries(count, key), Times(count)
    current = times.take("start", lambda: outcomes.started(HOP, PARTNER, False, arrived))
    for stage in stages:
        current = times.take(stage.__name__, lambda: [stage(one, hub) for one in current])  # noqa: B023 - called at once
    decided = times.take("decide and seal", lambda: [outcomes.ended(one, End.FORWARDED, hub) for one in current])
    publishes = [outgoing for one in decided for outgoing in one.publishes]
    times.take("encode the frames", lambda: [encode(one, 1, 1, FRAME_MAX) for one in publishes])
    settlements = [one.settlement for one in decided]
    batches = [settlements[start : start + BATCH] for start in range(0, count, BATCH)]
    ids = [[one.message_id for one in batch] for batch in batches]
    times.take(f"known ids, {BATCH} at a time", lambda: [app.store.known(HOP, batch) for batch in ids])
    times.take(f"commit, {BATCH} at a time", lambda: [app.store.settle(batch) for batch in batches])
    metrics = Metrics(app.registry.flow_of_types())
    times.take("metrics", lambda: [metrics.settled(one, None) for one in settlements])
    return times.found


def printed(found: dict[str, float]) -> None:
    for step, microseconds in found.items():
        print(f"{step:26}{microseconds:7.1f} us")
    print(f"{'all':26}{sum(found.values()):7.1f} us")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=3_000)
    parser.add_argument("--sealed", action="store_true")
    options = parser.parse_args()
    count = options.messages
    with tempfile.TemporaryDirectory() as directory:
        app = App(Path(directory) / "home")
        init_home(app, "141305", MEMORY, None, sandbox=True)
        newest = app.door_keys.newest()
        found = measure(app, count, PublicKey(newest.public()) if options.sealed and newest else None)
        app.close()
    printed(found)


if __name__ == "__main__":
    main()
