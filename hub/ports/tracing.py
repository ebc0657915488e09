"""Tracing port: spans, for installations that send them somewhere. Never blocks, never raises."""

from contextlib import AbstractContextManager
from typing import Protocol

from hub.message import Message
from hub.ports.store import Settlement


class Span(Protocol):
    """One attempt at one hop. A span that is not ended, as the message was given back, is told to nobody."""

    @property
    def traceparent(self) -> str:
        """The W3C trace context of what this attempt causes."""
        ...

    def calling(self, what: str) -> AbstractContextManager[str]:
        """Around one call to a partner (`what`: "send", "query"): gives the trace context to tell the partner."""
        ...

    def end(self, settlement: Settlement) -> None:
        """It is committed."""
        ...


class Tracer(Protocol):
    """Thread-safe."""

    def begin(self, hop: str, message: Message, started_at: int) -> Span:
        """One more attempt at the message, which was taken at `started_at` (microseconds)."""
        ...

    def close(self) -> None:
        """Send what is left, within seconds."""
        ...
