"""Which dead letters are meant: the filter of lists, searches and replay plans."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeadFilter:
    """Criteria that are all met; None = any. Times in microseconds: since <= at < until.

    `origin`: "intake" or "delivery", where it died. `persons`: keyed hashes of one number as every kind of alias, see
    `hub.support.search`: met by a message that names one of them. `hops`, `types`: one of these, see
    `hub.support.sight`.
    """

    ids: tuple[int, ...] | None = None
    code: str | None = None
    source: str | None = None
    hop: str | None = None
    type: str | None = None
    state: str | None = "open"
    since: int | None = None
    until: int | None = None
    message_id: str | None = None
    correlation_id: str | None = None
    origin: str | None = None
    persons: tuple[str, ...] | None = None
    hops: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None
