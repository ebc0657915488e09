"""Authenticate: the door's queue is guarded by the broker's topic permissions; a stated `user_id` must agree."""

from hub.errors import Refused
from hub.exchange import Exchange
from hub.services import Services


def authenticate(exchange: Exchange, hub: Services) -> Exchange:
    """Refuses `authenticate.sender`. The broker has verified a `user_id` that is there; it may be left out."""
    user_id = exchange.delivery.properties.user_id
    if not exchange.trusted and user_id is not None and user_id != exchange.name:
        raise Refused("authenticate.sender", "user_id is not the partner this routing key belongs to")
    return exchange
