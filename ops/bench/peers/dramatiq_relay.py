"""dramatiq at its best here: confirms on, no middleware, prefetch 250 (in `dramatiq_queue_prefetch`).

dramatiq dramatiq_relay --processes 2 --threads 8 --queues bench_dramatiq
dramatiq_relay.py fill COUNT
"""

import os
import sys

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from work import done, letters

SOURCE, TARGET = "bench_dramatiq", "bench_dramatiq_out"
filling = sys.argv[1:2] == ["fill"]
broker = RabbitmqBroker(url=os.environ["BENCH_AMQP_URL"], confirm_delivery=not filling, middleware=[])
dramatiq.set_broker(broker)


@dramatiq.actor(queue_name=TARGET)
def taken(body: str) -> None:
    raise AssertionError("nobody works off the target")


@dramatiq.actor(queue_name=SOURCE)
def relay(body: str) -> None:
    taken.send(done(body.encode()).decode())


if filling:
    for queue in (SOURCE, TARGET):
        broker.declare_queue(queue, ensure=True)
    for body in letters(int(sys.argv[2])):
        relay.send(body)
    broker.close()
