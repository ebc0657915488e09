"""What a run of the demo amounted to: counts and expectations, as one JSON object."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Counts:
    """Messages of one flow, or of one partner.

    From the sender's list and the partners' ledgers: `sent`, `delivered`, `lost`. From the hub's journal: the others;
    `retried` counts sends that had to be made again, `duplicate` copies, the rest messages. A partner's are those due
    at it, and what happened at the hops to and from it.
    """

    sent: int = 0
    delivered: int = 0
    retried: int = 0
    superseded: int = 0
    duplicate: int = 0
    dead: int = 0
    replayed: int = 0
    lost: int = 0


COUNTS = tuple(Counts.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Expectation:
    """One sentence that must be true of the run; `found`: what was seen instead, empty when it held."""

    text: str
    held: bool
    found: str = ""

    @classmethod
    def zero(cls, text: str, exceptions: int) -> "Expectation":
        """Holds without exceptions."""
        return cls(text, exceptions == 0, f"{exceptions} exceptions" if exceptions else "")

    @classmethod
    def equal(cls, text: str, wanted: int, seen: int) -> "Expectation":
        """Holds when as many were seen as wanted."""
        return cls(f"{text} ({wanted})", wanted == seen, f"{seen} seen" if wanted != seen else "")


@dataclass(frozen=True, slots=True)
class FlowReport:
    """One flow of the run. `id` as in the domain text, e.g. "F2"."""

    id: str
    name: str
    counts: Counts
    expectations: Sequence[Expectation]


@dataclass(frozen=True, slots=True)
class Report:
    """The whole run. `expectations`: of no single flow; `notes`: what the reader must know about it."""

    broker: str
    version: str
    store: str
    seconds: float
    flows: Sequence[FlowReport]
    partners: Mapping[str, Counts]
    expectations: Sequence[Expectation]
    notes: Sequence[str] = ()

    @property
    def lost(self) -> int:
        return sum(flow.counts.lost for flow in self.flows)

    @property
    def held(self) -> bool:
        """Nothing lost and every expectation met."""
        everything = [*self.expectations, *(each for flow in self.flows for each in flow.expectations)]
        return self.lost == 0 and all(expectation.held for expectation in everything)

    def as_json(self) -> dict[str, object]:
        """The object `renkei demo --json` prints."""
        return {
            "broker": {"name": self.broker, "version": self.version},
            "store": self.store,
            "lost": self.lost,
            "seconds": round(self.seconds, 1),
            "held": self.held,
            "flows": [
                {
                    "id": flow.id,
                    "name": flow.name,
                    **asdict(flow.counts),
                    "expectations": [asdict(each) for each in flow.expectations],
                }
                for flow in self.flows
            ],
            "partners": {name: asdict(counts) for name, counts in self.partners.items()},
            "expectations": [asdict(each) for each in self.expectations],
            "notes": list(self.notes),
        }
