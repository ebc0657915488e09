"""Structured logs: one JSON line per event on standard error.

One processor redacts and fails closed: only the fields named here pass, so a new field that could carry personal data
is dropped until somebody decides about it.
"""

import logging
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog
from structlog.typing import EventDict, WrappedLogger

_FIELDS = frozenset(
    [
        "event",
        "level",
        "logger",
        "timestamp",
        "stage",
        "error",
        "line",
        "code",
        "detail",
        "messages",
        "queue",
        "worker",
        "connector",
        "role",
        "pid",
        "url",
        "message_id",
        "hop",
        "seconds",
        "signal",
        "store",
        "broker",
        "version",
        "reason",
    ]
)


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


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop every field that is not on the list, and every value that is not plain."""
    kept = {name: value for name, value in event.items() if name in _FIELDS and isinstance(value, str | int | float)}
    dropped = len(event) - len(kept)
    return kept | {"redacted_fields": dropped} if dropped else kept


def configure(level: str = "info") -> None:
    """Set up logging for a process. Libraries log warnings and above, through the same redaction."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact,
            structlog.processors.JSONRenderer(),  # in ASCII: some other characters end lines, or move a cursor
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, _StandardError())),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.ERROR, handlers=[logging.NullHandler()])
