"""Where one delivery spends its time: thread CPU time per message of each step, without a broker.

    .venv/bin/python ops/bench/deliver_steps.py [--messages N]

Resident changes are taken in first; then they are delivered to the simulated platform, a process of its own whose time
is not counted. The steps are those of `hub.pipeline`, in its order, and what lies between them; the change of threads
is not in them.
"""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

from steps import BATCH, FRAME_MAX, HOP, PARTNER, WARM_UP, Times, deliveries, printed

from hub import outcomes, pipeline
from hub.app import MEMORY, App
from hub.brokers.rabbit.frames import encode
from hub.exchange import Exchange
from hub.installation import init_home
from hub.metrics import Metrics
from hub.ports.broker import Delivery, Tag
from hub.ports.store import End, Verdict
from hub.sandbox.launcher import Partner
from hub.services import Services
from hub.worker.lease_request import lease_request

NAME, LEASE_US = "integration_platform", 60_000_000
AT_ONCE = 16  # messages that are given a lease, and settled, together: about as many as are under way


def taken_in(app: App, count: int) -> list[Delivery]:
    """What the platform's queue hands out after so many residents' changes were taken in and settled."""
    hub, found = app.bench.hub, []
    for start in range(0, count, BATCH):
        decided = []
        for one in outcomes.started(HOP, PARTNER, False, deliveries(min(BATCH, count - start), None, start)):
            exchange = pipeline.run((*pipeline.OPEN, *pipeline.INTAKE), one, hub)
            assert isinstance(exchange, Exchange), exchange.error
            decided.append(outcomes.ended(exchange, End.FORWARDED, hub))
        app.store.settle([one.settlement for one in decided])
        queue = f"delivery.{NAME}"
        out = [each for one in decided for each in one.publishes if each.routing_key == queue]
        found += [
            Delivery(queue, Tag(1, start + number), one.body, one.properties) for number, one in enumerate(out, 1)
        ]
    assert len(found) == count
    return found


def measure(app: App, count: int) -> dict[str, float]:
    hub = app.bench.hub
    every = taken_in(app, WARM_UP + count)
    deliver(app, hub, every[:WARM_UP], Times(WARM_UP))
    times = Times(count)
    deliver(app, hub, every[WARM_UP:], times)
    return times.found


def deliver(app: App, hub: Services, arrived: list[Delivery], times: Times) -> None:
    def each(stages: tuple[pipeline.Stage, ...], current: list[Exchange]) -> list[Exchange]:
        for stage in stages:
            current = times.take(stage.__name__, lambda: [stage(one, hub) for one in current])  # noqa: B023
        return current

    def leased(asked: list[Exchange]) -> list[Exchange]:
        requests = [lease_request(one, hub, "bench", LEASE_US, None, None) for one in asked]
        verdicts = app.store.open_leases(requests)
        assert {one.verdict for one in verdicts} == {Verdict.GRANTED}
        return [replace(one, leased_at=each.now) for one, each in zip(asked, requests, strict=True)]

    current = times.take("start", lambda: outcomes.started(f"delivery.{NAME}", NAME, True, arrived))
    current = each(pipeline.PREPARE, current)
    groups = [current[start : start + AT_ONCE] for start in range(0, len(current), AT_ONCE)]
    current = times.take(f"lease, {AT_ONCE} at a time", lambda: [one for group in groups for one in leased(group)])
    current = each(pipeline.SEND, current)
    decided = times.take("decide and seal", lambda: [outcomes.ended(one, End.DELIVERED, hub) for one in current])
    publishes = [outgoing for one in decided for outgoing in one.publishes]
    times.take("encode the frames", lambda: [encode(one, 1, 1, FRAME_MAX) for one in publishes])
    settlements = [one.settlement for one in decided]
    batches = [settlements[start : start + AT_ONCE] for start in range(0, len(settlements), AT_ONCE)]
    times.take(f"commit, {AT_ONCE} at a time", lambda: [app.store.settle(batch) for batch in batches])
    metrics = Metrics(app.registry.flow_of_types())
    times.take("metrics", lambda: [metrics.settled(one, None) for one in settlements])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=1_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        partner = Partner(NAME, Path(directory) / "partners")
        partner.start()
        app = App(Path(directory) / "home")
        try:
            init_home(app, "141305", MEMORY, None, f'[urls]\n{NAME} = "{partner.url}"\n', sandbox=True)
            printed(measure(app, options.messages))
        finally:
            app.close()
            partner.stop()


if __name__ == "__main__":
    main()
