"""One trace over every hop of a business flow: retries, replies and replays included."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import pytest

from hub.errors import Refused, Retryable
from hub.ports.connector import Reply, SendContext, Wire
from hub.support.replay import replay
from tests.engine import Engine, built, note
from tests.small_home import NOTE

GIVEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(params=["memory", "rabbit"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    yield from built(request, tmp_path / "home", monkeypatch)


def seen(engine: Engine) -> list[tuple[str, str | None]]:
    """Every send, by connector, with the trace it carried; the archive answers with a receipt, the third time."""
    found: list[tuple[str, str | None]] = []
    failures = [Retryable("deliver.error", "status 408"), Refused("deliver.rejected", "status 422")]

    def archive(_wire: Wire, context: SendContext) -> Sequence[Reply]:
        found.append(("archive", context.traceparent))
        if failures:
            raise failures.pop(0)
        return [Reply("archive.receipt", NOTE.format(type="archive.receipt").encode())]

    def desk(_wire: Wire, context: SendContext) -> Sequence[Reply]:
        found.append(("desk", context.traceparent))
        return ()

    engine.archive.behaviour, engine.desk.behaviour = archive, desk
    return found


def test_the_senders_trace_goes_to_every_partner(engine: Engine) -> None:
    found = seen(engine)
    engine.run()
    engine.publish(note(), headers={"purpose": "JT-1", "traceparent": GIVEN})
    engine.await_(lambda: engine.dead(hop="delivery.archive"), "a retry, then a dead letter")
    (letter,) = engine.dead(hop="delivery.archive")
    assert replay(engine.app.store, engine.app.broker, engine.app.sealer, letter.id, "a clerk", "healed")
    engine.await_(lambda: len(found) == 4, "the replay and what it caused arrive")
    assert found == [("archive", GIVEN)] * 3 + [("desk", GIVEN)]


def test_a_message_without_a_trace_begins_one_that_is_its_flow(engine: Engine) -> None:
    found = seen(engine)
    engine.run()
    flow = str(uuid4())
    message_id = engine.publish(note(), correlation_id=flow)
    engine.await_(lambda: engine.dead(hop="delivery.archive"), "a retry, then a dead letter")
    begun = f"00-{flow.replace('-', '')}-{message_id.replace('-', '')[-16:]}-01"
    assert found == [("archive", begun)] * 2
