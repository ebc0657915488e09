"""The yearly renewal (F25) of many children against a tenth of them: whether the time grows with the number alone.

The hub as processes on RabbitMQ with all simulated partners, as the demo has them. The welfare system publishes lists;
of each child three offices are asked, and the welfare system decides. The clock runs from the first list published
until all is at rest; what came out is judged by the partners' ledgers: an outcome for each child, and none twice.
"""

import time
from collections.abc import Iterator, Sequence
from itertools import islice

from row import Row, Size

from hub.sandbox import ledgers
from hub.sandbox.city import City
from hub.sandbox.flow import Ids, Sending
from hub.sandbox.flows import numbering
from hub.sandbox.flows.provision import first_list
from hub.sandbox.flows.renewal import LIST_VERSION, Renewal, certificates
from hub.sandbox.process import wait_until
from hub.sandbox.scene import Scene, scene

COUNTS = {"quick": 20, "short": 400, "full": 2_000}  # children
PER_LIST, PATIENCE = 50, 1_200.0
PEOPLE_PER_CHILD = 60  # of the city, a tenth of which is free for this
SHARE = 10


def rows(size: Size) -> Iterator[Row]:
    many = COUNTS[size]
    few = many // SHARE
    times = {count: _renewed(count) for count in (few, many)}
    detail = {f"{count}_s": round(took, 1) for count, took in times.items()}
    what = f"yearly renewal of {many:,} children against {few:,}, times as long"
    yield Row(what, round(times[many] / times[few], 2), "×", 10.5, False, {}, detail)


def _renewed(count: int) -> float:
    """Seconds. Raises AssertionError where an outcome is missing, double or wrong."""
    city, ids, flow = City(1, count * PEOPLE_PER_CHILD), Ids(1, "bench"), Renewal()
    children = list(islice(certificates(city), count))
    assert len(children) == count, f"the city has {len(children)} such children"
    guardians = dict.fromkeys(one.guardians[0] for one in children)
    before = [first_list(flow.id, LIST_VERSION, ids), *(numbering.known(flow.id, one, ids) for one in guardians)]
    parts = [children[start : start + PER_LIST] for start in range(0, count, PER_LIST)]
    lists = [flow.sending(number, part, ids) for number, part in enumerate(parts, start=1)]
    with scene("rabbitmq", lambda _: None) as place:
        _laid_out(place, [*before, *lists])
        _published(place, before)
        began = time.monotonic()
        _published(place, lists)
        took = time.monotonic() - began
        written = ledgers.effects({name: partner.ledger() for name, partner in place.partners.items()})
        missed = [one for one in flow.judge([*before, *lists], written).expectations if not one.held]
        assert not missed, missed
        assert place.hub.reconciled()
    return took


def _laid_out(place: Scene, sendings: Sequence[Sending]) -> None:
    for sending in sendings:
        for partner, key, content in sending.books:
            place.partners[partner].lay_out(key, content)


def _published(place: Scene, sendings: Sequence[Sending]) -> None:
    """Returns when all they caused is at rest."""
    known = []
    for one in sendings:
        place.hub.publish(one.partner, [one.publication])
        known += [(one.partner, one.publication.message_id), *one.answers]
    wait_until(lambda: not place.hub.unrest(known), "at rest", PATIENCE)
