"""Log lines: redacted, one JSON value each, and never in the way of work."""

import ast
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from hub import logs

ROOT = Path(__file__).parents[2]
CODE = [*(ROOT / "hub").rglob("*.py"), *(ROOT / "connectors").rglob("*.py")]
Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _configured() -> Iterator[None]:
    logs.configure("info")
    yield
    structlog.reset_defaults()
    logs.configure("info")
    logs.watch(lambda _event, _code, _redacted: None)
    structlog.reset_defaults()


@pytest.mark.rule("R64")
def test_what_is_not_on_the_list_is_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger("hub.test").info("waiting", code="store.unavailable", person="123456789018", body=b"x")

    line = json.loads(capsys.readouterr().err)

    assert line["event"] == "waiting"
    assert line["code"] == "store.unavailable"
    assert line["redacted_fields"] == 2
    assert line["logger"] == "hub.test"
    assert "123456789018" not in str(line)


@pytest.mark.parametrize(
    "text", ["a\nb", "a\r\n{}", "\x1b[2J", "a\u2028b", '"}{"level":"info', "\x00", "\x85", "\x9b2J"]
)
def test_whatever_a_value_holds_is_one_line_of_plain_text(capsys: pytest.CaptureFixture[str], text: str) -> None:
    """Nobody makes a line of their own, or moves the cursor of who reads it."""
    structlog.get_logger("hub.test").info("waiting", detail=text)

    written = capsys.readouterr().err
    assert written.endswith("\n")
    assert written[:-1].isprintable()
    assert json.loads(written)["detail"] in (text, logs.MASKED)


@pytest.mark.parametrize(
    "field",
    [
        {"detail": "no answer for 123456789018"},
        {"detail": "1234 5678 9018"},
        {"detail": "044-200-2111"},
        {"reason": "鈴木花子"},
        {"error": "someone@example.jp wrote\nthis"},
        {"url": "amqp://renkei:secret@broker/%2F"},
        {"message_id": "123456789018"},
        {"source": "Suzuki"},
        {"messages": "123456789018"},
        {"connector": "pmh/123"},
    ],
)
def test_a_value_that_does_not_look_as_it_should_is_masked(field: dict[str, str], capsys: Captured) -> None:
    structlog.get_logger("hub.test").info("waiting", **field)
    text = capsys.readouterr().err
    line = json.loads(text)
    assert line["redacted_fields"] == 1
    assert not any(value in text for value in field.values())


def test_what_the_hub_says_of_itself_passes(capsys: Captured) -> None:
    said = {
        "detail": "2 of 50 messages not confirmed after 30 s",
        "url": "http://127.0.0.1:9464",
        "worker": "delivery:pmh.urgent, intake:intake.welfare.hub",
        "message_id": "0af76519-16cd-43dd-8448-eb211c803190",
        "pid": 4194304,
        "version": "3.10.8",
        "queue": "retry.200ms",
    }
    structlog.get_logger("hub.test").info("waiting", **said)
    line = json.loads(capsys.readouterr().err)
    assert {name: line[name] for name in said} == said
    assert "redacted_fields" not in line


def test_a_text_in_place_of_an_event_is_not_written(capsys: Captured) -> None:
    structlog.get_logger("hub.test").info("Suzuki Hanako moved")
    text = capsys.readouterr().err
    assert json.loads(text)["event"] == logs.UNKNOWN_EVENT
    assert "Suzuki" not in text


def test_each_line_is_told_of_with_what_was_kept_out() -> None:
    told: list[tuple[str, str, int]] = []
    logs.watch(lambda *one: told.append(one))
    structlog.get_logger("hub.test").info("waiting", code="store.unavailable", person="x")
    structlog.get_logger("hub.test").debug("settled")  # not written
    assert told == [("waiting", "store.unavailable", 1)]


def test_events_are_those_of_the_table() -> None:
    used = {event for file in CODE for event in _events(ast.parse(file.read_text(encoding="utf-8")))}
    assert used == set(logs.EVENTS)


def _events(tree: ast.AST) -> Iterator[str]:
    """First arguments of calls of a logger's methods: a name, or one of two."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in logs.LEVELS:
            of = call.func.value
            is_log = isinstance(of, ast.Name) and of.id == "_log"
            is_made = isinstance(of, ast.Call) and isinstance(of.func, ast.Attribute) and of.func.attr == "get_logger"
            if is_log or is_made:
                found = [each for each in ast.walk(call.args[0]) if isinstance(each, ast.Constant)]
                assert found, f"an event that is not written out, line {call.lineno}"
                yield from (str(each.value) for each in found)


def test_levels_change_while_a_process_runs(tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_LEVELS_SECONDS", 0.0)
    file = tmp_path / "log-levels.json"
    logs.follow(file)

    def written() -> list[str]:
        for name in ("hub.worker", "hub.worker.deep", "hub.runner"):
            structlog.get_logger(name).debug("settled")
            structlog.get_logger(name).info("waiting")
        return [f"{one['logger']} {one['level']}" for one in map(json.loads, capsys.readouterr().err.splitlines())]

    assert written() == ["hub.worker info", "hub.worker.deep info", "hub.runner info"]

    file.write_text('{"hub.worker": "debug", "": "error"}')
    assert written() == ["hub.worker debug", "hub.worker info", "hub.worker.deep debug", "hub.worker.deep info"]

    file.write_text('{"": "loud"}')  # keeps the levels as they are, and says so where that is written
    assert written() == ["hub.worker debug", "hub.worker info", "hub.worker.deep debug", "hub.worker.deep info"]

    file.unlink()
    assert written() == ["hub.worker info", "hub.worker.deep info", "hub.runner info"]


def test_a_kept_logger_writes_to_the_stream_of_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given: a logger that has written once, to a stream that is closed since
    log = structlog.get_logger("hub.test")
    first = io.StringIO()
    monkeypatch.setattr(sys, "stderr", first)
    log.info("started")
    first.close()

    # When
    second = io.StringIO()
    monkeypatch.setattr(sys, "stderr", second)
    log.info("stopping")

    # Then
    assert json.loads(second.getvalue())["event"] == "stopping"


def test_a_stream_that_cannot_be_written_stops_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError("no space left on device")

    closed = io.StringIO()
    closed.close()
    for stream in (Full(), closed):
        monkeypatch.setattr(sys, "stderr", stream)
        structlog.get_logger("hub.test").warning("waiting")
