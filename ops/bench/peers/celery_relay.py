"""Celery at its best here: prefork, prefetch 250, late ack, confirms, no results, no gossip.

celery -A celery_relay worker --pool prefork --concurrency 2 --queues bench_celery ...
celery_relay.py fill COUNT
"""

import os
import sys

from celery import Celery
from kombu import Queue
from work import done, letters

SOURCE, TARGET = "bench_celery", "bench_celery_out"
app = Celery("bench", broker=os.environ["BENCH_AMQP_URL"])
app.conf.update(
    broker_transport_options={"confirm_publish": sys.argv[1:2] != ["fill"]},
    task_queues=[Queue(SOURCE), Queue(TARGET)],
    task_acks_late=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=250,
    worker_enable_remote_control=False,
    broker_connection_retry_on_startup=True,
)


@app.task(name="taken")
def taken(body: str) -> None:
    raise AssertionError("nobody works off the target")


@app.task(name="relay")
def relay(body: str) -> None:
    taken.apply_async((done(body.encode()).decode(),), queue=TARGET)


if sys.argv[1:2] == ["fill"]:
    with app.connection_for_write() as connection:
        for queue in app.conf.task_queues:
            queue(connection.default_channel).declare()
    for body in letters(int(sys.argv[2])):
        relay.apply_async((body,), queue=SOURCE)
