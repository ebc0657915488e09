"""How long after a measure was published every disclosing edge is closed, and until both targets have confirmed it.

    .venv/bin/python ops/bench/fence.py [--backlog N] [--measures N] [--json]

The hub as processes on RabbitMQ, with the simulated partners, as the demo has them; of three in four persons PMH has a
record, which is registered anew. First N other messages of the same partner are published, which its door and the
platform's queue have to work off; then one measure after another, while they do. Times are between wall clocks of one
machine: from the broker's confirm until the hub has logged that the raise is committed, from which no new send starts,
and to the confirmation of each target.
"""

import argparse
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

from row import Row, Size

from hub.client import Publication
from hub.clock import now_us
from hub.ports.fence import Step
from hub.sandbox.city import City
from hub.sandbox.flow import Ids
from hub.sandbox.flows import numbering, protection
from hub.sandbox.measures import WELFARE, Measure, letter
from hub.sandbox.process import wait_until
from hub.sandbox.scene import Scene, scene

SEED, PEOPLE = 1, 2_000
AT_ONCE = 5_000
PAUSE = 0.2  # seconds between measures
PATIENCE = 900.0
TARGETS = ("intermediate_server", "pmh")


COUNTS = {"quick": (200, 3), "short": (20_000, 30), "full": (100_000, 100)}  # backlog, measures


def rows(size: Size) -> Iterator[Row]:
    backlog, count = COUNTS[size]
    with scene("rabbitmq", lambda _: None) as place:
        found = measured(place, backlog, count)
    what = f"raise of a protection → every disclosing edge closed, {backlog:,} messages published before it, p99"
    yield Row(what, found["closed_p99_ms"], "ms", 100, False, {}, dict(found))


def publish_backlog(place: Scene, city: City, count: int, ids: Ids) -> None:
    """Requests for numbers that exist already: the platform answers each, and the welfare system hears of it."""
    people = city.residents[: PEOPLE // 2]
    for start in range(0, count, AT_ONCE):
        chosen = (people[number % len(people)] for number in range(start, min(start + AT_ONCE, count)))
        place.hub.publish(WELFARE, [numbering.known("bench", one, ids).publication for one in chosen])


def committed(root: Path) -> dict[str, int]:
    """When each measure's first raise was logged, which is when it was committed: microseconds by measure."""
    found: dict[str, int] = {}
    for file in root.glob("*.log"):
        for line in file.read_text(encoding="utf-8").splitlines():
            event = json.loads(line) if line.startswith("{") else {}
            if event.get("event") == "fence_acted" and event["step"] == Step.RAISE.value:
                at = int(datetime.fromisoformat(event["timestamp"]).timestamp() * 1_000_000)
                found[event["measure"]] = min(at, found.get(event["measure"], at))
    return found


def measured(place: Scene, backlog: int, count: int) -> dict[str, float | int]:
    city, ids = City(SEED, PEOPLE), Ids(SEED, "bench")
    subjects = list(islice(protection.people(city), count))
    before = [numbering.known("bench", person, ids) for person, _ in subjects]
    before += [protection.registered(one, ids) for _, one in subjects if one is not None]
    for sending in before:
        for partner, key, content in sending.books:
            place.partners[partner].lay_out(key, content)
    place.hub.publish(WELFARE, [each.publication for each in before])
    store = place.hub.app.store
    known = [(WELFARE, each.publication.message_id) for each in before]
    wait_until(lambda: not place.hub.unrest(known), "the subjects are numbered and registered", PATIENCE)
    publish_backlog(place, city, backlog, ids)
    published: dict[str, int] = {}
    for one, _ in subjects:
        measure = Measure(WELFARE, one, 1, "domestic_violence")
        sent = Publication(measure.type, letter(measure), "protection.measure", message_id=ids())
        place.hub.publish(WELFARE, [sent])
        published[measure.act_number] = now_us()
        time.sleep(PAUSE)
    left = {name: place.hub.app.broker.depth(name) for name in ("intake.welfare", "delivery.integration_platform")}

    def confirmed() -> bool:
        told = Counter(act.target for act in store.acts() if act.step is Step.CONFIRM)
        return all(told[target] >= count for target in TARGETS)

    wait_until(confirmed, "all are confirmed", PATIENCE)
    raised = {act.number: act for act in store.acts() if act.step is Step.RAISE}
    heard = {(act.measure, act.target): act.at for act in store.acts() if act.step is Step.CONFIRM}
    logged = committed(place.hub.app.home.root)
    times = {"closed": [(logged[raised[number].measure] - at) / 1000 for number, at in published.items()]}
    for target in TARGETS:
        times[f"confirmed_by_{target}"] = [
            (heard[raised[number].measure, target] - at) / 1000 for number, at in published.items()
        ]
    return {
        "backlog": backlog,
        "left_in_the_door_at_the_end": left["intake.welfare"],
        "left_for_the_platform_at_the_end": left["delivery.integration_platform"],
        "measures": count,
        **{f"{what}_p50_ms": round(statistics.median(each), 1) for what, each in times.items()},
        **{f"{what}_p99_ms": round(statistics.quantiles(each, n=100)[98], 1) for what, each in times.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backlog", type=int, default=100_000)
    parser.add_argument("--measures", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with scene("rabbitmq", lambda text: print(text, file=sys.stderr)) as place:
        found = measured(place, chosen.backlog, chosen.measures)
    print(json.dumps(found) if chosen.json else "\n".join(f"{name:>34}  {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
