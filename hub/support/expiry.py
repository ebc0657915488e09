"""What a person asked for waits for another one for so long only: who agrees later agrees to something forgotten."""

from hub.clock import now_us
from hub.errors import Refused

_HOUR_US = 3_600_000_000


def in_time(asked_at: int, hours: int) -> None:
    """`hours`: the setting `request_hours`. Raises Refused `approval.state`."""
    if now_us() - asked_at > hours * _HOUR_US:
        raise Refused("approval.state", f"it was asked for more than {hours} hours ago: ask again")
