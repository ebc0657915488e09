"""What a delivery asks of the store before it sends: may this go out now?"""

from dataclasses import replace

from hub.clock import now_us
from hub.exchange import Exchange
from hub.ports.fence import Position
from hub.ports.store import LeaseRequest
from hub.services import Services


def lease_request(
    exchange: Exchange, hub: Services, owner: str, lease_us: int, rate: float | None, seen: Position | None
) -> LeaseRequest:
    """`lease_us`: for how long; `rate`: of the partner; `seen`: the registry of fences this host has made sure of."""
    message, now = exchange.known_message(), now_us()
    return LeaseRequest(
        hop=exchange.hop,
        message_id=message.message_id,
        type=message.type,
        source=message.source,
        correlation_id=message.correlation_id,
        digest=exchange.digest,
        attempt=message.attempt,
        persons=exchange.persons,
        state_key=exchange.state_key,
        version=exchange.state_version,
        owner=owner,
        now=now,
        deadline=now + lease_us,
        sequenced=exchange.sequenced,
        rate=rate,
        guard=None if exchange.guard is None else replace(exchange.guard, seen=seen),
        purpose=message.purpose or "",
        withheld=message.withheld,
        basis=hub.registry.basis(message.source, message.purpose),
    )
