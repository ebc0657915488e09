"""OpenTelemetry: spans per hop and partner call, sent over OTLP/HTTP. The sole user of its libraries, the extra `otel`.

Imported only where `traces_url` is set. Spans carry ids of the hub, names from the configuration and codes; no text of
an error, no address, no word of a sender.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import requests
import structlog
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, Sampler, SamplingResult
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
    set_span_in_context,
)
from opentelemetry.util.types import Attributes

from hub.errors import RenkeiError
from hub.message import Message, begun_trace
from hub.ports.store import End, Progress, Settlement

_SEND_SECONDS = 5.0  # for one batch of spans, and for the last one when the process ends
_WELL = (End.DELIVERED, End.FORWARDED, End.DUPLICATE, End.SUPERSEDED, Progress.WAITING)
_log = structlog.get_logger("hub.tracing")


class Share(Sampler):
    """A share of all traces, the same ones at every hop and in every process.

    By a digest of the trace id: that of a flow the hub began is a UUID, some bits of which are always the same.
    """

    def __init__(self, share: float) -> None:
        self._below = round(share * 2**64)

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        digest = hashlib.sha256(trace_id.to_bytes(16, "big")).digest()
        chosen = int.from_bytes(digest[:8], "big") < self._below
        return SamplingResult(Decision.RECORD_AND_SAMPLE if chosen else Decision.DROP, attributes)

    def get_description(self) -> str:
        return "Share"


class _Watched(SpanExporter):
    """Tells the log when spans are lost: tracing stops no work."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        try:
            result = self._exporter.export(spans)
        except requests.RequestException:
            result = SpanExportResult.FAILURE
        if result is not SpanExportResult.SUCCESS:
            _log.warning("spans_lost", messages=len(spans))
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


def over_http(url: str) -> SpanExporter:
    """OTLP over HTTP to this address and no other: no proxy of the environment, no redirect."""
    session = requests.Session()
    session.trust_env, session.max_redirects = False, 0
    exporter = OTLPSpanExporter(url, timeout=_SEND_SECONDS, compression=Compression.Gzip, session=session)
    return _Watched(exporter)


class HopSpan:
    """`hub.ports.tracing.Span`."""

    def __init__(self, tracer: "OpenTelemetry", span: Span, hop: str) -> None:
        self._tracer, self._span, self._hop = tracer, span, hop

    @property
    def traceparent(self) -> str:
        return _traceparent(self._span)

    @contextmanager
    def calling(self, what: str) -> Iterator[str]:
        span = self._tracer.call(self._span, what, self._hop.partition(".")[2])
        try:
            yield _traceparent(span)
        except RenkeiError as error:
            span.set_attribute("renkei.code", error.code)
            span.set_status(Status(StatusCode.ERROR))
            raise
        finally:
            span.end()

    def end(self, settlement: Settlement) -> None:
        span = self._span
        span.set_attribute("renkei.outcome", settlement.outcome.value)
        if settlement.code is not None:
            span.set_attribute("renkei.code", settlement.code)
        if settlement.outcome not in _WELL:
            span.set_status(Status(StatusCode.ERROR))
        span.end(settlement.settled_at * 1000)


class OpenTelemetry:
    """`hub.ports.tracing.Tracer`. `share`: of all traces, how many are recorded; a sender that does not record its own
    is followed in that. `flows`: the registered types; any other is a sender's own word.
    """

    def __init__(self, exporter: SpanExporter, share: float, flows: Mapping[str, str], version: str) -> None:
        chosen = Share(share)
        # Resource() and not Resource.create(), which adds what it finds in the environment
        self._provider = TracerProvider(
            sampler=ParentBased(chosen, remote_parent_sampled=chosen),
            resource=Resource({"service.name": "renkei-hub", "service.version": version}),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=1000))
        self._tracer = self._provider.get_tracer("renkei")
        self._flows = dict(flows)

    def begin(self, hop: str, message: Message, started_at: int) -> HopSpan:
        """A delivery is linked with the hop that caused it, as others of its kind may be; a replay with what died."""
        cause = _context(message)
        flow = self._flows.get(message.type)
        links = []
        if message.base or message.causation_id is not None:
            links.append(Link(cause, {"renkei.link": "replay" if message.base else "cause"}))
        span = self._tracer.start_span(
            hop,
            set_span_in_context(NonRecordingSpan(cause)),
            SpanKind.CONSUMER,
            {
                "messaging.system": "rabbitmq",
                "messaging.message.id": message.message_id,
                "messaging.message.conversation_id": message.correlation_id,
                "renkei.type": "unknown" if flow is None else message.type,
                "renkei.flow": flow or "unknown",
                "renkei.attempt": message.attempt,
            },
            links,
            started_at * 1000,
        )
        return HopSpan(self, span, hop)

    def call(self, parent: Span, what: str, connector: str) -> Span:
        attributes = {"renkei.connector": connector}
        return self._tracer.start_span(f"{what} {connector}", set_span_in_context(parent), SpanKind.CLIENT, attributes)

    def close(self) -> None:
        self._provider.force_flush(int(_SEND_SECONDS * 1000))
        self._provider.shutdown()


def _context(message: Message) -> SpanContext:
    """The context a message came with. None in what is older than that: its flow."""
    text = message.traceparent or begun_trace(message.correlation_id, message.message_id)
    _version, trace, span, flags = text.split("-")[:4]
    return SpanContext(int(trace, 16), int(span, 16), True, TraceFlags(int(flags, 16) & TraceFlags.SAMPLED))


def _traceparent(span: Span) -> str:
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"
