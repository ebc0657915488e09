"""Log lines: redacted, one JSON value each, and never in the way of work."""

import io
import json
import sys
from collections.abc import Iterator

import pytest
import structlog

from hub import logs


@pytest.fixture(autouse=True)
def _configured() -> Iterator[None]:
    logs.configure("info")
    yield
    structlog.reset_defaults()


@pytest.mark.rule("R64")
def test_what_is_not_on_the_list_is_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger("hub.test").info("waiting", code="store.unavailable", person="123456789018", body=b"x")

    line = json.loads(capsys.readouterr().err)

    assert line["event"] == "waiting"
    assert line["code"] == "store.unavailable"
    assert line["redacted_fields"] == 2
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
    assert json.loads(written)["detail"] == text


def test_a_kept_logger_writes_to_the_stream_of_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given: a logger that has written once, to a stream that is closed since
    log = structlog.get_logger("hub.test")
    first = io.StringIO()
    monkeypatch.setattr(sys, "stderr", first)
    log.info("first")
    first.close()

    # When
    second = io.StringIO()
    monkeypatch.setattr(sys, "stderr", second)
    log.info("second")

    # Then
    assert json.loads(second.getvalue())["event"] == "second"


def test_a_stream_that_cannot_be_written_stops_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError("no space left on device")

    closed = io.StringIO()
    closed.close()
    for stream in (Full(), closed):
        monkeypatch.setattr(sys, "stderr", stream)
        structlog.get_logger("hub.test").warning("waiting")
