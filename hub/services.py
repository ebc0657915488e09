"""What a stage may use beside the exchange itself. Built once by `hub.app`."""

from collections.abc import Mapping
from dataclasses import dataclass

from hub.ports.connector import Connector
from hub.ports.fence import Fences
from hub.registry import Registry
from hub.seal import Sealer


@dataclass(frozen=True, slots=True)
class Services:
    """`connectors`: those this process delivers to, by name; `fences`: who is protected;
    `max_body_bytes`: limit for a partner's message.
    """

    tenant: str
    registry: Registry
    sealer: Sealer
    connectors: Mapping[str, Connector]
    fences: Fences
    max_body_bytes: int
