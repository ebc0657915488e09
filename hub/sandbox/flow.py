"""What a flow of the demo is: the messages it sends, what each must cause, and how its outcome is judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, Protocol, get_args
from uuid import UUID

from hub.client import Publication
from hub.message import output_id
from hub.ports.store import JournalEntry
from hub.sandbox.addresses import CITY_CODE
from hub.sandbox.city import City
from hub.sandbox.judge import Due, Effect, account, doubled, reordered, uninvited
from hub.sandbox.report import Expectation

Fate = Literal["effect", "duplicate", "stale", "refused", "stopped", "held"]
Wave = Literal[-1, 0, 1, 2, 3, 4]


@dataclass(frozen=True, slots=True)
class Sending:
    """One message of the run.

    `fate`: "effect" takes effect at the partners of `dues` (or is overtaken by a newer one); "duplicate" repeats an
    id and "stale" brings an old version: both must change nothing; "refused" must become a dead letter with `code`;
    "stopped" must become one on its way to a partner that lacks something, which wave 4 brings;
    "held" must be held where it would leave the city, as its person is protected, and is refused by a person.
    `wave`: -1 and 0 are sent before any partner fails, 1 while they fail, 2 when they are healed, 3 is what stops for
    want of something and what waits behind it, 4 what was wanting, after which what stopped is replayed; each when all
    before is at rest.
    `protects`: the 宛名番号 of whom staff protect before it is sent; with fate "effect" two persons let it go.
    `answers`: (connector or partner, message id) of what a partner sends of its own when it has worked on this one.
    `dies_at`: the hop at which a refused one dies, "" for the door it comes in by; its `dues` are who hears of that.
    `books`: (partner, key, content) of what partners' own books say before anything is sent; they lie in trays nobody
    fetches from.
    `tray`: the key under which the partner lays it out for the hub to fetch, "" where it publishes by itself. What is
    laid out is the publication's body, and its id the one the hub will give it (`collected_id`).
    """

    flow: str
    partner: str
    publication: Publication
    fate: Fate = "effect"
    dues: tuple[Due, ...] = ()
    code: str = ""
    wave: Wave = 1
    tray: str = ""
    protects: str = ""
    answers: tuple[tuple[str, str], ...] = ()
    dies_at: str = ""
    books: tuple[tuple[str, str, bytes], ...] = ()

    @property
    def begins(self) -> tuple[str, ...]:
        """Correlation ids of what it sets going: its own, and that of an answer which is fetched as a new message."""
        return tuple(dict.fromkeys([self.publication.message_id, *(due.correlation_id for due in self.dues)]))


@dataclass(frozen=True, slots=True)
class Judgement:
    """Judged from the sender's list and the ledgers alone. `lost`: dues that were not met."""

    delivered: int
    lost: Sequence[Due]
    expectations: Sequence[Expectation]


class Flow(Protocol):
    """One flow. Adding one to the demo is adding an object to `hub.sandbox.flows.FLOWS`."""

    id: str
    name: str

    def messages(self, city: City, most: int) -> list[Sending]:
        """About `most` messages, each with its fate; the same city gives the same ones."""
        ...

    def owns(self, sending: Sending, entry: JournalEntry) -> bool:
        """Whether `entry`, which `sending` caused, belongs to this flow."""
        ...

    def judge(self, sent: Sequence[Sending], effects: Sequence[Effect]) -> Judgement:
        """`sent`: of all flows; `effects`: of all partners, in the order of each partner."""
        ...


class Ids:
    """Message ids of one run: UUIDs, but drawn from the seed, so that a run can be repeated."""

    def __init__(self, seed: int, flow: str) -> None:
        self._rng = Random(f"renkei-ids-{seed}-{flow}")

    def __call__(self) -> str:
        return str(UUID(int=self._rng.getrandbits(128), version=4))


def collected_id(connector: str, key: str, message_type: str) -> str:
    """The message id the hub gives to what it fetches (`hub.worker.collecting`)."""
    return output_id(CITY_CODE, connector, key, "collect", message_type)


@dataclass(frozen=True, slots=True)
class Shares:
    """How many of a flow's messages are of which kind. Adds up to what was asked for."""

    normal: int
    duplicate: int
    stale: int
    refused: int

    @classmethod
    def of(cls, most: int) -> "Shares":
        few = max(1, most // 20)
        refused = 5 * max(1, most // 50)
        return cls(most - 2 * few - refused, few, few, refused)


def judged(own: Sequence[Sending], effects: Sequence[Effect]) -> Judgement:
    """What holds for every flow. `own`: its messages; `effects`: everybody's."""
    dues = [due for each in own for due in each.dues]
    places = {(due.partner, due.operation) for due in dues}
    there = [effect for effect in effects if (effect.partner, effect.operation) in places]
    found = account(dues, there)
    lost = {due.correlation_id for due in found.lost}
    without_own = lost | {due.correlation_id for due in found.overtaken}
    arriving = (each for each in own if each.dues and each.fate != "refused")  # of one refused, others hear just that
    delivered = sum(each.publication.message_id not in without_own for each in arriving)
    ids = {fate: [each.publication.message_id for each in own if each.fate == fate] for fate in get_args(Fate)}
    meant = {(due.correlation_id, due.partner, due.operation) for due in dues}
    strayed = [each for each in effects if (each.correlation_id, each.partner, each.operation) not in meant]
    expectations = [
        Expectation.zero(f"every message took effect at all its {len({p for p, _ in places})} partners", len(lost)),
        Expectation.zero("no effect happened twice", len(doubled(there))),
        Expectation.zero("no older state was put over a newer one", len(reordered(there))),
        Expectation.zero(
            f"no refused message ({len(ids['refused'])}) had an effect anywhere but that its sender heard of it",
            len(uninvited(strayed, ids["refused"])),
        ),
        Expectation.zero(
            f"no stale message ({len(ids['stale'])}) had an effect anywhere", len(uninvited(effects, ids["stale"]))
        ),
    ]
    if ids["held"]:
        text = f"nothing of the {len(ids['held'])} held messages about protected persons reached anybody"
        expectations.append(Expectation.zero(text, len(uninvited(strayed, ids["held"]))))
    return Judgement(delivered, found.lost, expectations)
