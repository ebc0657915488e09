"""Structured logs: one JSON line per event on standard error.

One processor redacts and fails closed: only the fields named here pass, so a new field that could carry personal data
is dropped until somebody decides about it.
"""

import logging
import sys

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
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.ERROR, handlers=[logging.NullHandler()])
