"""What one message of an intake hop may cost: counted, not timed. A second parse or a commit each would be the end of
the rates in ops/docs/performance.md, and no other test would notice."""

import math
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event

from hub import crew
from hub.app import MEMORY, App
from hub.crew import Roles
from hub.documents import xml
from hub.installation import init_home
from hub.metrics import Metrics
from hub.ports.broker import Outgoing, Properties, PublishOutcome
from hub.runner import Runner
from hub.sandbox.process import wait_until

SAMPLE = Path(__file__).resolve().parents[2] / "schemas/resident_registry.change/v1/valid/move-in.xml"
MESSAGES, SECONDS = 400, 60.0
SOURCE, TARGET = "intake.resident_registry", "delivery.integration_platform"


class Counting:
    """`lxml.etree`, with its parses counted."""

    def __init__(self, of: Any, counts: Counter[str]) -> None:
        self._of, self._counts = of, counts

    def __getattr__(self, name: str) -> Any:
        return getattr(self._of, name)

    def fromstring(self, *arguments: Any) -> Any:
        self._counts["parses"] += 1
        return self._of.fromstring(*arguments)


def test_a_message_is_parsed_once_and_shares_its_commit_and_its_publish_with_a_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, counts = App(tmp_path / "home"), Counter[str]()
    init_home(app, "141305", MEMORY, None, sandbox=True)
    body = SAMPLE.read_text()
    outcomes = app.broker.publish([
        Outgoing(
            "intake",
            "resident_registry.resident_registry.change",
            body.replace("000000000000101", f"{number:015d}", 1).encode(),
            Properties(
                message_id=str(uuid4()), type="resident_registry.change", headers={"purpose": "resident.change"}
            ),
        )
        for number in range(1, MESSAGES + 1)
    ])  # fmt: skip
    assert set(outcomes) == {PublishOutcome.CONFIRMED}
    stop = threading.Event()
    workers = crew.workers(app, Roles(delivery=False, collect=False), Metrics(app.registry.flow_of_types()), stop)
    runner = Runner([one for one in workers if one.name == f"intake:{SOURCE}"], stop)
    monkeypatch.setattr(xml, "etree", Counting(xml.etree, counts))
    monkeypatch.setattr(app.broker, "publish", _counted(app.broker.publish, counts))
    committed: Callable[..., None] = lambda _connection: counts.update(commits=1)  # noqa: E731 - to be taken off again
    event.listen(Engine, "commit", committed)
    try:
        runner.start()
        wait_until(lambda: app.broker.depth(TARGET) == MESSAGES, "all are through", SECONDS)
        stop.set()
        runner.wait(SECONDS)
    finally:
        event.remove(Engine, "commit", committed)
    assert app.broker.depth(SOURCE) == 0
    batches = math.ceil(MESSAGES / app.settings.batch)
    assert counts["parses"] == MESSAGES
    assert counts["published"] == MESSAGES
    # the settling thread may be quicker than the deciding one and find a batch in two parts
    assert counts["publishes"] <= 2 * batches
    assert counts["commits"] <= 2 * batches + 2  # and the epoch key, once
    app.close()


def _counted(publish: Callable[..., Any], counts: Counter[str]) -> Callable[..., Any]:
    def counted(batch: Any, *arguments: Any) -> Any:
        counts.update(publishes=1, published=len(batch))
        return publish(batch, *arguments)

    return counted
