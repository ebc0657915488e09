"""What a stage may use beside the exchange itself. Built once by `hub.app`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hub.door import Door
from hub.metrics import Metrics
from hub.ports.attachments import Attachments
from hub.ports.connector import Connector
from hub.ports.fence import Fences, Position
from hub.ports.permissions import Permissions
from hub.ports.tracing import Tracer
from hub.registry import Registry
from hub.seal import Sealer


@dataclass(frozen=True, slots=True)
class Services:
    """`connectors`: those this process delivers to, by name; `fences`: who is protected;
    `remember`: how far the registry has come, on this host and beside the database;
    `permissions`: which inquiries of others are permitted; `attachments`: what came with a message and lies apart;
    `max_body_bytes`: limit for a partner's message; `tracer`: None where traces are not recorded;
    `door`: opens what partners have sealed.
    """

    tenant: str
    registry: Registry
    sealer: Sealer
    connectors: Mapping[str, Connector]
    fences: Fences
    remember: Callable[[Position], None]
    permissions: Permissions
    attachments: Attachments
    max_body_bytes: int
    metrics: Metrics = field(default_factory=Metrics)
    tracer: Tracer | None = None
    door: Door = field(default_factory=Door)
