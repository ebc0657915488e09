"""FastStream at its best here: uvloop, no type casting, prefetch 250, confirms (its default).

faststream_relay.py SOURCE TARGET
"""

import asyncio
import os
import sys

import uvloop
from faststream import FastStream
from faststream.rabbit import Channel, RabbitBroker, RabbitQueue
from work import done

SOURCE, TARGET = sys.argv[1:]
broker = RabbitBroker(
    os.environ["BENCH_AMQP_URL"],
    default_channel=Channel(prefetch_count=250, publisher_confirms=True),
    apply_types=False,
    logger=None,
)


@broker.subscriber(RabbitQueue(SOURCE, durable=True, declare=False))
@broker.publisher(RabbitQueue(TARGET, durable=True, declare=False), persist=True, mandatory=True)
async def relay(body: bytes | str) -> bytes:
    return done(body if isinstance(body, bytes) else body.encode())


if __name__ == "__main__":
    uvloop.install()
    asyncio.run(FastStream(broker, logger=None).run())
