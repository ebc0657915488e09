"""F23: 支払基金 lays out claims (レセプト); the welfare system takes each once, and its findings go back."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from random import Random

from hub.client import Publication
from hub.ports.store import JournalEntry
from hub.sandbox.city import City
from hub.sandbox.claims import NEVER_ISSUED, Claim, batch, in_cp932
from hub.sandbox.flow import Judgement, Sending, Shares, collected_id, judged
from hub.sandbox.judge import Due, Effect
from hub.sandbox.report import Expectation

BATCH, PURPOSE = "claims.batch", "claims.import"
PARTNER = "claims"
IMPORTED, TOLD = ("welfare", "welfare.claim_batch"), ("claims", "claims.result")
PER_BATCH, BILLED, TREATED = 5, "202608", "202607"


class ClaimsImport:
    """Each file takes effect once and as a whole, and 支払基金 hears of each; a file with a wrong total has none."""

    id = "F23"
    name = "レセプト取込 claims import"

    def messages(self, city: City, most: int) -> list[Sending]:
        share, drawn = Shares.of(most), _claims(city)
        numbers = count(1)
        batches = [[next(drawn) for _ in range(PER_BATCH)] for _ in range(share.normal)]
        sent = [_sending(next(numbers), batch_of) for batch_of in batches]
        # known claims in files of another name: they are taken, and change nothing
        again = [replace(_sending(next(numbers), batch_of), wave=2) for batch_of in batches[: share.stale]]
        spare = [[next(drawn) for _ in range(PER_BATCH)] for _ in range(share.refused)]
        return [
            *sent,
            *(replace(each, fate="duplicate", dues=(), wave=2) for each in sent[: share.duplicate]),
            *(_spoilt(next(numbers), batch_of) for batch_of in spare),
            *again,
        ]

    def owns(self, sending: Sending, entry: JournalEntry) -> bool:
        return sending.flow == self.id

    def judge(self, sent: Sequence[Sending], effects: Sequence[Effect]) -> Judgement:
        own = [each for each in sent if each.flow == self.id]
        found = judged(own, effects)
        meant = {each.publication.message_id for each in own if each.dues}
        strayed = sum(
            (each.partner, each.operation) not in (IMPORTED, TOLD) for each in effects if each.correlation_id in meant
        )
        text = "claims went to the welfare system alone, and of persons nothing went back"
        return replace(found, expectations=[*found.expectations, Expectation.zero(text, strayed)])


def _claims(city: City) -> Iterator[Claim]:
    """Claims of children; about one in twelve is of nobody the welfare system knows."""
    rng = Random(f"claims-{city.seed}")
    children = [each for each in city.children if in_cp932(each.name)]
    for number in count(1):
        place = rng.randrange(len(children))
        serial = place + NEVER_ISSUED if number % 12 == 0 else place
        yield Claim(number, TREATED, serial, children[place], 10 * rng.randrange(500, 3000))


def _sending(number: int, claims: Sequence[Claim]) -> Sending:
    sending = _laid_out(number, batch(_name(number), BILLED, claims))
    return replace(sending, dues=tuple(Due(*place, sending.publication.message_id) for place in (IMPORTED, TOLD)))


def _spoilt(number: int, claims: Sequence[Claim]) -> Sending:
    """A file with one fault, each in turn."""
    name, total = _name(number), sum(each.amount for each in claims)
    whole = batch(name, BILLED, claims)
    lines = whole.splitlines(keepends=True)
    match number % 5:
        case 0:
            content, code = batch(name, BILLED, claims, total + 1), "validate.control_total"
        case 1:
            content, code = b"".join(lines[:2] + lines[3:]), "validate.control_total"
        case 2:
            content, code = whole[:-20], "validate.encoding"
        case 3:
            content, code = whole.replace(f",{BILLED}\r\n".encode(), b",202613\r\n", 1), "validate.schema"
        case _:
            content, code = whole.replace(claims[0].child.name.encode("cp932"), b"\x81\xff", 1), "validate.encoding"
    return replace(_laid_out(number, content), fate="refused", code=code)


def _laid_out(number: int, content: bytes) -> Sending:
    key = f"{_name(number)}.csv"
    letter = Publication(BATCH, content, PURPOSE, message_id=collected_id(PARTNER, key, BATCH))
    return Sending("F23", PARTNER, letter, tray=key)


def _name(number: int) -> str:
    return f"RE{BILLED}{number:04d}"  # ten digits: twelve would look like an individual number to the screen
