"""What the publishers of a run were told of their messages, read from the queues the hub tells them on."""

import json
import time
from collections.abc import Collection

from hub.ports.broker import Broker
from hub.topology import answer_queue

MOST = 500
WAIT_SECONDS = 90.0  # who was killed while telling has claimed what it tells for a minute
SLICE_SECONDS = 0.5


def untold(broker: Broker, wanted: Collection[tuple[str, str]]) -> list[str]:
    """Which of these (partner, message id) heard nothing from the hub's door, after waiting for it. Empties the queues.

    Raises BrokerUnavailable.
    """
    missing = set(wanted)
    deadline = time.monotonic() + WAIT_SECONDS
    queues = {partner: broker.subscribe(answer_queue(partner), MOST) for partner in sorted({one for one, _ in wanted})}
    try:
        # to the very end of each queue: what is left in one is a finding
        while queues and time.monotonic() < deadline:
            silent = True
            for partner, queue in queues.items():
                for delivery in (taken := queue.take(MOST, SLICE_SECONDS)):
                    told = json.loads(delivery.body)
                    if told["target"] is None:
                        missing.discard((partner, told["published_as"]))
                queue.ack([delivery.tag for delivery in taken])
                silent = silent and not taken
            if silent and not missing:
                break
    finally:
        for queue in queues.values():
            queue.close()
    return [f"{partner}: {message_id}" for partner, message_id in sorted(missing)]
