"""The fence in the store: who is protected, by which acts, and who is who.

Acts are only ever appended. A measure is what one source says about one person, one data item of a person, or one data
item as such; it is closed from its raise until it was lifted by two persons' act and the targets' word (R26, F13).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal, Protocol

from hub.ports.persons import Alias, PersonRef

ITEM = "data_item"  # the kind of alias under which a data item as such is protected


class Step(Enum):
    """What an act does. Raising closes, only LIFT opens, and LIFT stands for all that must come before it."""

    RAISE = "raise"
    CONFIRM = "confirm"  # a target holds the protection
    RELEASE = "release"  # the source says it ended: noted, opens nothing
    REQUEST = "request"  # a person asks to lift
    APPROVE = "approve"  # another person agrees
    CLEAR = "clear"  # a target has let go of the protection, after the approval
    LIFT = "lift"  # all of that is there: the fence opens
    FOUND = "found"  # a full list begins the registry, or a new epoch of it; `number` is the epoch
    COMPLETE = "complete"  # another person says that the list is complete


@dataclass(frozen=True, slots=True)
class NewAct:
    """One act about one measure. `who`: a person's account, or the partner that sent it.

    `source`: whose measure it is; `subject`: the person, no aliases where the data item as such is meant;
    `item`: 特定個人情報名コード, "" for all of the person; `version`: the source's own count, None for acts of staff;
    `number`: 決定番号; `reason`: the reason class of a raise, or a person's own words for other acts;
    `effective_at`: with REQUEST, before which nothing opens (microseconds); `ticket`: with REQUEST, its number or
    address elsewhere; `target`: with CONFIRM and CLEAR.
    """

    step: Step
    source: str
    subject: PersonRef
    item: str
    who: str
    at: int
    version: int | None = None
    number: str = ""
    reason: str = ""
    effective_at: int = 0
    target: str = ""
    ticket: str | None = None


@dataclass(frozen=True, slots=True)
class Act(NewAct):
    """As recorded. `position`: 1, 2, … over all acts; `measure`: the id of what it is about."""

    position: int = 0
    measure: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a registry has come. `epoch`: which registry; `mark`: chained digest of all acts up to `position`."""

    epoch: str
    position: int
    mark: str


@dataclass(frozen=True, slots=True)
class RegistryState:
    """`confirmed_by` None: nobody has confirmed yet that its list is complete, so disclosing edges stay closed."""

    at: Position
    listed_by: str
    confirmed_by: str | None


@dataclass(frozen=True, slots=True)
class InFlight:
    """A send that was under way when a fence rose; it is over by `deadline` (microseconds)."""

    hop: str
    message_id: str
    deadline: int


@dataclass(frozen=True, slots=True)
class Recorded:
    at: Position
    in_flight: tuple[InFlight, ...] = ()


@dataclass(frozen=True, slots=True)
class Guard:
    """What a message that leaves the city is asked about.

    `persons`: all it names, in its bytes and in the message they were made from; `items`: data items it provides;
    `shields`: its bytes say themselves that the person is protected, None where they cannot say it;
    `forced`: they can be made to; `impersonal`: by its contract it is about nobody;
    `outgoing`: keyed digest of the bytes; `seen`: the registry the process knows, None while it must not send.
    """

    edge: Literal["discloses", "protects"]
    persons: tuple[PersonRef, ...]
    items: tuple[str, ...]
    shields: bool | None
    forced: bool
    impersonal: bool
    outgoing: str
    seen: Position | None = None


class Fate(Enum):
    """What the fence says to a message."""

    GO = "go"
    UNREADY = "unready"  # the registry is not the one known, or nobody has confirmed it: wait
    UNSHIELDED = "unshielded"  # its bytes must be made to say that the person is protected
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Judgement:
    """`code`: with HELD, why; `version`: position of the newest act about those it names, 0 for none.

    `unknown`: held because a person is not known here.
    """

    fate: Fate
    code: str = ""
    version: int = 0
    unknown: bool = False


class Fences(Protocol):
    """The registry of fences. See `hub.fence` for the rules."""

    def fence_state(self) -> RegistryState | None:
        """None for a registry that was never founded."""
        ...

    def found_fences(self, epoch: str, who: str, at: int, acts: Sequence[NewAct]) -> Position:
        """Begin a registry, or a new epoch of it, with the raises of a full list; not confirmed. Lifts nothing."""
        ...

    def confirm_fences(self, epoch: str, who: str, at: int) -> bool:
        """False when this is not the epoch any more. That it is another person is for the caller to see to."""
        ...

    def record_acts(self, acts: Sequence[NewAct], after: int | None = None, once: bool = False) -> Recorded | None:
        """Append acts in one commit: from then on no new send to a person they close starts.

        `after`: only if nothing was recorded after that position, else None is returned. `once`: only those that were
        not recorded before, and None where all were: two copies of one message may be taken in at once. Where there
        is no registry yet, one is begun that nobody has confirmed: nothing is disclosed, and the act is kept.
        """
        ...

    def acts(self, measures: Collection[str] | None = None) -> list[Act]:
        """All acts, or those about some measures, in order."""
        ...

    def measures_of(self, aliases: Collection[Alias]) -> frozenset[str]:
        """Measures about whoever these aliases belong to, as far as it is known."""
        ...

    def descends(self, seen: Position) -> bool:
        """Whether this registry is the one `seen`, no younger, or one founded after it on top of what it knew.

        An older one, restored from a backup, is not; nor is one that counted on from there.
        """
        ...

    def judge(self, guards: Mapping[str, tuple[str, Guard]], now: int) -> Mapping[str, Judgement]:
        """What the fence would say now to messages: by message id, the hop and the guard. Changes nothing."""
        ...

    def known_persons(self, persons: Sequence[PersonRef]) -> list[bool]:
        """Whether each is known here by the city's own number (宛名番号) and by another one.

        A 宛名番号 alone, which no message has named together with another number, may be a wrong one.
        """
        ...
