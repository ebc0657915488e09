"""The error tree. Every failure in the hub is one of these, with a stable dotted code.

    RenkeiError
    ├── Refused        permanent: the same bytes will never be accepted; becomes a dead letter
    ├── Retryable      transient and about this message: counted as an attempt, goes to a delay tier
    │   └── Unavailable    about the partner (nothing was sent): opens the circuit, costs no attempt
    ├── Pending        the partner has it and is not done; asked again after a delay tier, costs no attempt
    ├── Late           the lease is about to end, so nothing was sent; asked for again, costs no attempt
    ├── InDoubt        the partner may have acted and did not say so; resolved by the connector's `idempotency`
    ├── StoreUnavailable   the store cannot be written or read: nothing goes out, nothing is acked
    ├── BrokerUnavailable  a publish was not confirmed: nothing is acked
    └── ConfigError    configuration is wrong; the process does not start

Anything else that escapes a stage is a bug of the hub and ends as `hub.internal`.
Details are for people and must not contain a value of a message: name the field and the rule, never the content.
"""

from hub.codes import CODES


class RenkeiError(Exception):
    """Base of all coded errors.

    `code` is a key of `hub.codes.CODES`; `detail` is one sentence without personal data.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        if code not in CODES:
            raise ValueError(f"unknown error code {code!r}: add it to hub/codes.py")
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class Refused(RenkeiError):
    """Permanent. Never retried; a person acts on the dead letter.

    `contract` ("type/version") and `rule`: set where a document breaks a rule of its contract; both are the contract's
    own words, never the document's.
    """

    contract: str | None = None
    rule: str | None = None


class Retryable(RenkeiError):
    """Transient, about this message. `retry_after` (seconds) is the partner's own wish, if it gave one."""

    def __init__(self, code: str, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(code, detail)
        self.retry_after = retry_after


class Unavailable(Retryable):
    """The partner cannot be reached or says it is down, and it has not acted. Opens the circuit."""


class Pending(RenkeiError):
    """The partner took the request and has no result yet. It is asked again later, never given the request anew.

    `retry_after` (seconds) is the partner's own wish, if it gave one; `code`: what it waits for.
    """

    def __init__(self, detail: str = "", retry_after: float | None = None, code: str = "deliver.pending") -> None:
        super().__init__(code, detail)
        self.retry_after = retry_after


class Late(RenkeiError):
    """This process stood still under its lease and may not send any more. Nothing was sent."""


class InDoubt(RenkeiError):
    """The request may have taken effect: it was sent and no usable answer came back."""


class StoreUnavailable(RenkeiError):
    """The database refused or did not answer. Callers must not send and must not ack."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("store.unavailable", detail)


class BrokerUnavailable(RenkeiError):
    """The connection was lost or blocked before all confirms arrived. Callers must not ack."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("broker.unavailable", detail)


class ConfigError(RenkeiError):
    """Configuration is wrong. The detail names file, line where known, and the fix."""

    def __init__(self, detail: str, code: str = "config.invalid") -> None:
        super().__init__(code, detail)
