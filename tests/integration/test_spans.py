"""Spans of a real run, where an installation wants them: per hop and partner call, linked, sampled, about nobody."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from structlog.testing import capture_logs

from hub.codes import CODES
from hub.errors import Refused, Retryable
from hub.ports.connector import Reply, SendContext, Wire
from hub.support.replay import replay
from hub.tracing import OpenTelemetry, over_http
from tests.engine import Engine, built, failing, note
from tests.small_home import NOTE

TRACE, SENDER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GIVEN = f"00-{TRACE}-{SENDER}-01"
# All that a span may say, and in which form.
ATTRIBUTES = {
    "messaging.system": r"rabbitmq",
    "messaging.message.id": r"[0-9a-f-]{36}",
    "messaging.message.conversation_id": r"[0-9a-f-]{36}",
    "renkei.type": r"[a-z_.]+",
    "renkei.flow": r"F[0-9]+|unknown",
    "renkei.attempt": r"[0-9]+",
    "renkei.outcome": r"[a-z_]+",
    "renkei.code": "|".join(map(re.escape, CODES)),
    "renkei.connector": r"archive|desk",
}


class Spans:
    """What the process under test has told."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()

    def tracer(self, engine: Engine, share: float = 1.0) -> OpenTelemetry:
        return OpenTelemetry(self.exporter, share, engine.app.registry.flow_of_types(), "1")

    def ended(self, engine: Engine) -> list[ReadableSpan]:
        """All of them, in the order they began, once the process has ended."""
        assert engine.stop() == 0
        tracer = engine.app.__dict__.pop("tracer")
        tracer.close()
        return sorted(self.exporter.get_finished_spans(), key=lambda span: span.start_time or 0)


@pytest.fixture(params=["memory", "rabbit"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    yield from built(request, tmp_path / "home", monkeypatch)


@pytest.fixture
def spans() -> Spans:
    return Spans()


def named(spans: Sequence[ReadableSpan], name: str) -> list[ReadableSpan]:
    return [span for span in spans if span.name == name]


def parent(span: ReadableSpan) -> str:
    assert span.parent is not None
    return f"{span.parent.span_id:016x}"


def own(span: ReadableSpan) -> str:
    assert span.context is not None
    return f"{span.context.span_id:016x}"


def links(span: ReadableSpan) -> list[tuple[str, str]]:
    return [(str((one.attributes or {})["renkei.link"]), f"{one.context.span_id:016x}") for one in span.links]


def test_a_flow_is_one_tree_under_the_senders_span(engine: Engine, spans: Spans) -> None:
    told: list[str | None] = []
    failures = [Retryable("deliver.error", "status 408"), Refused("deliver.rejected", "status 422")]

    def archive(_wire: Wire, context: SendContext) -> Sequence[Reply]:
        told.append(context.traceparent)
        if failures:
            raise failures.pop(0)
        return [Reply("archive.receipt", NOTE.format(type="archive.receipt").encode())]

    engine.archive.behaviour = archive
    engine.app.__dict__["tracer"] = spans.tracer(engine)
    engine.run()
    engine.publish(note(), headers={"purpose": "JT-1", "traceparent": GIVEN})
    engine.await_(lambda: engine.dead(hop="delivery.archive"), "a retry, then a dead letter")
    (letter,) = engine.dead(hop="delivery.archive")
    assert replay(engine.app.store, engine.app.broker, engine.app.sealer, letter.id, "a clerk", "healed")
    engine.await_ended("delivery.desk", delivered=1)
    found = spans.ended(engine)

    assert {f"{span.context.trace_id:032x}" for span in found if span.context} == {TRACE}
    (intake,) = named(found, "intake.office")
    attempts, calls = named(found, "delivery.archive"), named(found, "send archive")
    (answer,), (desk,) = named(found, "intake.archive"), named(found, "delivery.desk")
    assert parent(intake) == SENDER and links(intake) == []
    # a retry is a sibling, not a child, of the attempt before it; a replay comes after the one that died
    _first, second, third = attempts
    assert [parent(one) for one in attempts] == [own(intake), own(intake), own(second)]
    assert [links(one) for one in attempts] == [
        [("cause", own(intake))], [("cause", own(intake))], [("replay", own(second))],
    ]  # fmt: skip
    assert [parent(one) for one in calls] == [own(one) for one in attempts]
    assert told == [f"00-{TRACE}-{own(one)}-01" for one in calls]
    assert parent(answer) == own(third) and parent(desk) == own(answer)
    outcomes = [(one.attributes or {})["renkei.outcome"] for one in attempts]
    assert outcomes == ["retry", "dead", "delivered"]
    assert [one.status.status_code for one in attempts] == [StatusCode.ERROR, StatusCode.ERROR, StatusCode.UNSET]
    assert [(one.attributes or {}).get("renkei.code") for one in calls] == ["deliver.error", "deliver.rejected", None]
    assert {one.kind for one in calls} == {SpanKind.CLIENT}
    assert all((span.end_time or 0) >= (span.start_time or 0) > 0 for span in found)


def test_no_span_says_more_than_ids_names_and_codes(engine: Engine, spans: Spans) -> None:
    engine.archive.behaviour = failing(Refused("deliver.rejected", "花子 of 1234567890123 is unknown"), 1)
    engine.app.__dict__["tracer"] = spans.tracer(engine)
    engine.run()
    engine.publish(note())
    engine.publish(note(), type="taro.yamada", routing_key="office.office.note")
    engine.publish(b"<no xml")
    engine.await_(lambda: len(engine.dead()) == 3, "all three stop")
    found = spans.ended(engine)
    assert {"intake.office", "delivery.archive", "send archive"} == {span.name for span in found}
    for span in found:
        assert span.events == () and span.status.description is None
        for name, value in (span.attributes or {}).items():
            assert re.fullmatch(ATTRIBUTES[name], str(value)), f"{name}={value}"
        assert dict(span.resource.attributes) == {"service.name": "renkei-hub", "service.version": "1"}
    assert "unknown" in {(span.attributes or {}).get("renkei.type") for span in named(found, "intake.office")}


@pytest.mark.parametrize("engine", ["memory"], indirect=True)
def test_a_share_of_traces_is_recorded_whole(engine: Engine, spans: Spans) -> None:
    engine.app.__dict__["tracer"] = spans.tracer(engine, 0.5)
    engine.run()
    for number in range(60):
        engine.publish(note(number))
    engine.await_ended("delivery.archive", delivered=60)
    found = spans.ended(engine)
    by_trace: dict[int, set[str]] = {}
    for span in found:
        assert span.context is not None
        by_trace.setdefault(span.context.trace_id, set()).add(span.name)
    assert 10 < len(by_trace) < 50
    assert all(names == {"intake.office", "delivery.archive", "send archive"} for names in by_trace.values())


@pytest.mark.parametrize("engine", ["memory"], indirect=True)
def test_a_sender_that_does_not_record_is_followed(engine: Engine, spans: Spans) -> None:
    told: list[str | None] = []

    def archive(_wire: Wire, context: SendContext) -> Sequence[Reply]:
        told.append(context.traceparent)
        return ()

    engine.archive.behaviour = archive
    engine.app.__dict__["tracer"] = spans.tracer(engine)
    engine.run()
    engine.publish(note(), headers={"purpose": "JT-1", "traceparent": GIVEN[:-2] + "00"})
    engine.await_ended("delivery.archive", delivered=1)
    assert spans.ended(engine) == []
    (traceparent,) = told
    assert traceparent is not None and traceparent.startswith(f"00-{TRACE}-") and traceparent.endswith("-00")


@contextmanager
def listening(status: int, location: str = "") -> Iterator[tuple[str, list[str]]]:
    """A collector: its address, and what was asked of it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(f"{self.path} {self.headers['Content-Type']}")
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_CONNECT(self) -> None:
            asked.append(self.path)

        def log_message(self, format: str, *arguments: object) -> None:
            """Standard error is the hub's."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("engine", ["memory"], indirect=True)
def test_spans_go_to_the_address_of_the_settings_and_no_other(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(200) as (url, asked), listening(200) as (proxy, to_proxy):
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", proxy)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", proxy)
        settings = engine.app.settings.model_copy(update={"traces_url": f"{url}/v1/traces"})
        engine.app.__dict__["settings"] = settings
        engine.run()
        engine.publish(note())
        engine.await_ended("delivery.archive", delivered=1)
        assert engine.stop() == 0
        assert engine.app.tracer is not None
        engine.app.tracer.close()
        assert set(asked) == {"/v1/traces application/x-protobuf"}
        assert to_proxy == []


def test_a_redirect_is_not_followed_and_the_loss_is_logged() -> None:
    with (
        listening(200) as (elsewhere, to_elsewhere),
        listening(307, f"{elsewhere}/v1/traces") as (url, asked),
        capture_logs() as logged,
    ):
        tracer = OpenTelemetry(over_http(f"{url}/v1/traces"), 1.0, {}, "1")
        tracer._tracer.start_span("intake.office").end()
        tracer.close()
        assert asked and to_elsewhere == []
    assert [(one["event"], one["messages"]) for one in logged] == [("spans_lost", 1)]


def test_without_an_address_nothing_of_it_is_imported(tmp_path: Path) -> None:
    script = """
import sys, threading
from pathlib import Path
from hub import crew
from hub.app import App
from hub.cli.main import cli
from hub.installation import init_home
from hub.metrics import Metrics
app = App(Path(sys.argv[1]))
init_home(app, "141305", "memory://", None, sandbox=True)
assert crew.workers(app, crew.Roles(), Metrics(), threading.Event())
print([name for name in sys.modules if name.startswith("opentelemetry") or name == "hub.tracing"])
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "home")], capture_output=True, text=True, check=False,
        timeout=60, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
