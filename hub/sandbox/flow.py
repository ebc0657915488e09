"""What a flow of the demo is: the messages it sends, what each must cause, and how its outcome is judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, Protocol
from uuid import UUID

from hub.client import Publication
from hub.ports.store import JournalEntry
from hub.sandbox.city import City
from hub.sandbox.judge import Due, Effect
from hub.sandbox.report import Expectation

Fate = Literal["effect", "duplicate", "stale", "refused"]


@dataclass(frozen=True, slots=True)
class Sending:
    """One message of the run.

    `fate`: "effect" takes effect at the partners of `dues` (or is overtaken by a newer one); "duplicate" repeats an
    id and "stale" brings an old version: both must change nothing; "refused" must become a dead letter with `code`.
    `wave`: 2 is sent when the first wave is at rest.
    """

    flow: str
    partner: str
    publication: Publication
    fate: Fate = "effect"
    dues: tuple[Due, ...] = ()
    code: str = ""
    wave: Literal[1, 2] = 1


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

    def owns(self, entry: JournalEntry) -> bool:
        """Whether a journal entry caused by one of this run's messages belongs to this flow."""
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
