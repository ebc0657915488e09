"""The answer to a person who asks what is held about them (開示請求, R70): the bodies that name the person, opened.

What a body says of others is not given away, see `hub.documents.shares`. Each look is on the record before it is done.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from hub import envelope
from hub.clock import now_us
from hub.documents import parse
from hub.documents.facts import NamedPerson
from hub.documents.shares import share
from hub.errors import Refused
from hub.ports.audit import Entry
from hub.ports.erasure import Lying
from hub.ports.persons import Alias, PersonRef
from hub.ports.store import Store
from hub.registry import Registry
from hub.seal import Sealer


@dataclass(frozen=True, slots=True)
class Held:
    """`own`: path and value of what is about the person; `withheld`: paths of the rest; `problem`: the code of why
    none of it can be told. Times in microseconds."""

    what: str
    at: int | None
    message_id: str
    type: str
    version: int
    source: str
    own: dict[str, str] = field(repr=False)
    withheld: tuple[str, ...] = ()
    problem: str | None = None


def held(
    store: Store, sealer: Sealer, registry: Registry, limit: int, person: Collection[Alias], why: str
) -> list[Held]:
    """Everything that lies here about whoever these numbers belong to. `limit`: bytes of a body that is parsed."""
    lying = store.bodies_of(person)
    subject = PersonRef("subject", tuple(sorted(person, key=lambda alias: (alias.kind, alias.hash))))
    at = now_us()
    looks = [Entry("reveal.body", (one.what, _message(one)), at, (subject,), why) for one in lying]
    store.record(looks)
    return [_opened(sealer, registry, limit, one, frozenset(person)) for one in lying]


def _message(one: Lying) -> str:
    return f"message:{envelope.from_json(one.envelope, b'')[0].message_id}"


def _opened(sealer: Sealer, registry: Registry, limit: int, one: Lying, person: frozenset[Alias]) -> Held:
    message, _ = envelope.from_json(one.envelope, b"")
    about = (one.what, one.at, message.message_id, message.type, message.version, message.source)

    def is_own(named: NamedPerson) -> bool:
        return any(sealer.alias(kind, value) in person for kind, value in named.aliases)

    try:
        document = parse(sealer.open(message.message_id, one.body), limit)
        contract = registry.contract(message.type, message.version)
        contract.validate(document)  # its marks say whose a field is only where it fits
        found = share(document, contract, is_own)
    except Refused as refused:
        return Held(*about, {}, (), refused.code)
    return Held(*about, found.own, found.withheld)
