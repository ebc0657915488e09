"""Structured logs: one JSON line per event on standard error.

One processor redacts and fails closed. Events and fields are those of the tables below; a value that does not look like
what its field is for, or that looks like personal data, is masked. Both are counted, in the line and in the metrics.

The least level logged is that of the command line; the file `log-levels.json` in the home wins over it, by logger, and
may be changed while processes run (`renkei log-level`).
"""

import json
import logging
import re
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TextIO, cast

import structlog
from structlog.typing import EventDict, WrappedLogger

# Stable: what is here keeps its meaning, as alerts and people look for it.
EVENTS: Mapping[str, str] = {
    "audit_rows_do_not_fit": "rows of the record do not fit their HMAC: somebody wrote to the database beside the hub",
    "checkpoint_not_written": "a checkpoint could not be written outside the database; soon nothing leaves the city",
    "checkpoint_written_again": "checkpoints are written outside the database again",
    "page_failed": "a page of the console could not be made: a bug of the hub",
    "replay_stopped": "a replay plan that the console runs ended before its time",
    "keeper_not_told": "a checkpoint did not reach the queue of the second keeper",
    "key_rotation_begun": "data keys are wrapped under another master key from now on",
    "master_key_retired": "no data key is wrapped under an earlier master key any more",
    "data_key_unreadable": "no master key of this host opens a data key: it was damaged, or its master key is gone",
    "record_right": "the record was verified, and everything is right",
    "record_not_right": "the record was verified, and something was changed: `renkei audit verify` says what",
    "record_not_checked": "the record could not be verified: `renkei audit verify` says why",
    "channel_closed": "the broker closed a channel; it is opened again",
    "connection_blocked": "the broker takes no messages for want of memory or disk",
    "connection_lost": "the connection to the broker was lost; it is made again",
    "connection_unblocked": "the broker takes messages again",
    "fence_acted": "a message raised, released or changed a protection",
    "fence_not_ready": "the registry of protected persons is not confirmed: nothing leaves the city",
    "fence_ready": "the registry of protected persons is known and confirmed",
    "inquiry_denied": "an inquiry of another body was not permitted",
    "log_levels_unreadable": "log-levels.json is not what `renkei log-level` writes; the levels stay as they are",
    "not_announced": "the file that tells Prometheus of this process could not be written",
    "not_cleared": "attachments that nobody needs any more could not be removed",
    "not_collected": "what a partner lays out could not be fetched",
    "policies_not_checked": "the broker's policies could not be looked at",
    "answers_not_taken": "a publisher's queue took no answers; they are told later",
    "publish_not_taken": "a queue was full or missing; its messages wait and are tried again",
    "settled": "a message has its outcome at a hop (debug)",
    "spans_lost": "spans of traces could not be sent where `traces_url` says; messages are not affected",
    "stage_failed": "a fault of the hub: something unexpected escaped a stage",
    "started": "a process works",
    "status_request_failed": "a client of the status page went away",
    "stood_in": "nobody was at an urgent door; a process that is there for others has taken in what waited",
    "stopped_with_work_left": "a process ended with sends under way, which count as in doubt",
    "stopping": "a process was asked to stop",
    "waiting": "store or broker did not answer; the same is tried again",
    "waiting_unreadable": "a message kept in its sequence cannot be opened",
    "waived": "a check that hub.toml lets pass",
    "worker_failed": "a fault of the hub: a worker ended unexpectedly, and the process with it",
}
UNKNOWN_EVENT = "unknown_event"
MASKED = "(masked)"

_WORDS = r"[A-Za-z0-9 _.,:;/()\[\]'\"<>=+*%`&?!#|@→…-]*"
_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# What a value must look like, by field. A field that is not here is dropped.
_FIELDS: Mapping[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in {
        "event": r"[a-z_]+",
        "level": r"[a-z]+",
        "logger": r"[a-z_.]+",
        "timestamp": r"[0-9T:.Z+-]+",
        "message_id": _UUID,
        "correlation_id": _UUID,
        "trace_id": r"[0-9a-f]{32}",
        "measure": r"[0-9a-f-]{8,64}",
        "code": r"[a-z0-9_.]*",
        "hop": r"[a-z_.]+",
        "connector": r"[a-z_]+",
        "queue": r"[a-z0-9_.-]+",
        "source": r"[a-z_]+",
        "stage": r"[a-z_]+",
        "outcome": r"[a-z_]+",
        "step": r"[a-z_]+",
        "url": r"https?://[A-Za-z0-9.:\[\]-]+",
        "worker": r"[a-z0-9_.:, -]*",
        "role": r"[a-z]+",
        "master": r"[0-9a-f]{16}",
        "key": _UUID,
        "store": r"[a-z]+",
        "broker": r"[a-z]+",
        "version": r"[0-9A-Za-z.+-]+",
        "signal": r"SIG[A-Z]+",
        "error": _WORDS,
        "line": _WORDS,
        "detail": _WORDS,
        "reason": _WORDS,
        "file": r"[A-Za-z0-9_.-]+",
    }.items()
}
_NUMBERS = frozenset(["plan", "messages", "pid", "seconds", "attempt", "in_flight", "conflict", "known_person"])
# Fields whose digits are an id of the hub or a time by their form; in all others a run of digits may be a person's.
_DIGITS_MEANT = frozenset(["timestamp", "message_id", "correlation_id", "trace_id", "measure"])
_NUMBER_OF_A_PERSON = re.compile(r"[0-9](?:[ -]?[0-9]){6}")
_LEVELS_SECONDS = 2.0  # between looks at the file


class _StandardError:
    """Standard error as it is when a line is written: loggers are kept, and the stream may be replaced meanwhile.

    A log that cannot be written stops no work: what must not be lost is in the journal.
    """

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()


class _Logger(structlog.WriteLogger):
    """One that knows its name."""

    def __init__(self, name: str) -> None:
        super().__init__(cast(TextIO, _StandardError()))
        self.name = name


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]


class Levels:
    """The least level each logger writes: that of the longest name in the file that it begins with, else `default`."""

    def __init__(self, default: str) -> None:
        self._default = _number(default)
        self._file: Path | None = None
        self._given: Mapping[str, int] = {}
        self._look_at = 0.0
        self._seen: tuple[int, int] | None = None
        self._lock = threading.Lock()

    def follow(self, file: Path) -> None:
        """Look at this file from now on. Raises nothing: a file that cannot be read changes nothing."""
        self._file, self._look_at = file, 0.0

    def of(self, logger: str) -> int:
        if self._file is not None and time.monotonic() >= self._look_at:
            self._look(self._file)
        name = logger
        while name:
            if name in self._given:
                return self._given[name]
            name = name.rpartition(".")[0]
        return self._given.get("", self._default)

    def _look(self, file: Path) -> None:
        with self._lock:
            if time.monotonic() < self._look_at:
                return
            self._look_at = time.monotonic() + _LEVELS_SECONDS
            try:
                stat = file.stat()
                seen = (stat.st_mtime_ns, stat.st_size)
                if seen == self._seen:
                    return
                self._seen = seen
                given = read_levels(file)
            except FileNotFoundError:
                self._seen, self._given = None, {}
                return
            except (OSError, ValueError):
                given = None
        if given is None:  # said without the lock: it is a line of the log itself
            structlog.get_logger("hub.logs").warning("log_levels_unreadable", file=file.name)
        else:
            self._given = {name: _number(level) for name, level in given.items()}


def read_levels(file: Path) -> dict[str, str]:
    """Level names by logger, "" for all others. Raises OSError, ValueError."""
    given = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(given, dict) or not all(level in LEVELS for level in given.values()):
        raise ValueError("not a table of levels")
    return given


LEVELS = ("debug", "info", "warning", "error")
_levels = Levels("info")
_observe: Callable[[str, str, int], None] = lambda _event, _code, _redacted: None  # noqa: E731 - replaced by `watch`


def follow(file: Path) -> None:
    """Take levels from this file, as it is from time to time."""
    _levels.follow(file)


def watch(observe: Callable[[str, str, int], None]) -> None:
    """Tell of each line written: event, code ("" without one), fields kept out. Must not log."""
    global _observe
    _observe = observe


def leveled(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Drop what is below its logger's level; add the logger's name."""
    name = getattr(logger, "name", "")
    if _number(method) < _levels.of(name):
        raise structlog.DropEvent
    event["logger"] = name
    return event


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Keep the fields of the table that look as they should."""
    kept: EventDict = {}
    lost = 0
    for name, value in event.items():
        if name == "event" and value not in EVENTS:
            kept[name] = UNKNOWN_EVENT  # a text that could quote anything
            lost += 1
        elif _is_plain(name, value):
            kept[name] = value
        elif name in _FIELDS:
            kept[name] = MASKED
            lost += 1
        else:
            lost += 1
    if lost:
        kept["redacted_fields"] = lost
    code = kept.get("code", "")
    _observe(kept.get("event", UNKNOWN_EVENT), code if code != MASKED else "", lost)
    return kept


def _is_plain(name: str, value: object) -> bool:
    if name in _NUMBERS:
        return isinstance(value, int | float)
    pattern = _FIELDS.get(name)
    if pattern is None:
        return False
    text = value if isinstance(value, str) else str(value) if isinstance(value, int | float) else None
    if text is None or not pattern.fullmatch(text):
        return False
    return name in _DIGITS_MEANT or not _NUMBER_OF_A_PERSON.search(text)


def configure(level: str = "info") -> None:
    """Set up logging for a process. What libraries log goes nowhere: they know no redaction."""
    global _levels
    _levels = Levels(level)
    structlog.configure(
        processors=[
            leveled,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact,
            structlog.processors.JSONRenderer(),  # in ASCII: some other characters end lines, or move a cursor
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),
        logger_factory=lambda *names: _Logger(names[0] if names else ""),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.ERROR, handlers=[logging.NullHandler()])
