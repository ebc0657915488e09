"""A model of one person's protection, small enough to be explored whole.

The registry is a tuple of acts; everything that is decided is decided by the hub's own code: the stage `protect`, the
acts of staff (`hub.support.fences`) and the rules (`hub.fence`). Around it, the model knows only what the world does:
letters that come in any order and as often as they like, two people, a target that holds a flag, a worker that may die
at any step, a database that may be restored from a backup. `Truth` is kept apart from all that, by what people did.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import SimpleNamespace
from typing import Any

from hub import fence as rules
from hub.documents.marks import Measure
from hub.errors import Refused
from hub.ports.fence import Act, Fate, Guard, Judgement, NewAct, Position, Recorded, RegistryState, Step
from hub.ports.persons import Alias, PersonRef
from hub.stages import protect
from hub.support import fences

PERSON = PersonRef("subject", (Alias("addressee_number", "anchor"),))
TARGET = "target"
ALWAYS = 10**9  # hours: its clock is not ours, and a request does not expire in it
LETTERS = {
    "set 1": Measure("welfare", "", True, "stalking", 1, "K1"),
    "release 2": Measure("welfare", "", False, "stalking", 2, "K2"),
    "set 3": Measure("welfare", "", True, "stalking", 3, "K3"),
}
DISCLOSES = Guard("discloses", (PERSON,), (), None, False, False, "bytes")
FLAGS = {value: Guard("protects", (PERSON,), (), value, False, False, "flag") for value in (True, False)}

Acts = tuple[int, ...]  # numbers of the acts as they are first met: states are compared very often
Judge = Callable[["World", Guard], Judgement]
_KNOWN: dict[NewAct, int] = {}


class Registry:
    """`hub.ports.fence.Fences` over a tuple, as far as it is used here. `when`: of all acts."""

    def __init__(self, kept: Acts, when: int) -> None:
        self.kept, self._when = kept, when

    def fence_state(self) -> RegistryState:
        return RegistryState(Position("epoch", len(self.kept), ""), "a", "b")

    def record_acts(self, acts: Sequence[NewAct], after: int | None = None, once: bool = False) -> Recorded | None:
        if after is not None and after != len(self.kept):
            return None
        acts = [act for act in acts if not (once and rules.repeated(self.acts([rules.measure_of(act)]), act))]
        if not acts:
            return None
        self.kept += tuple(_KNOWN.setdefault(replace(act, at=self._when), len(_KNOWN)) for act in acts)
        return Recorded(self.fence_state().at)

    def acts(self, measures: Collection[str] | None = None) -> list[Act]:
        return [act for act in _acts(self.kept) if measures is None or act.measure in measures]

    def measures_of(self, _aliases: Collection[Alias]) -> frozenset[str]:
        return frozenset(act.measure for act in _acts(self.kept))

    def known_persons(self, persons: Sequence[PersonRef]) -> list[bool]:
        return [True for _ in persons]


@dataclass(frozen=True, slots=True)
class Truth:
    """What people have done, in their own order. `asked`: who wants it lifted; `agreed`: two do.

    `seen`: letters that have raised it.
    """

    protected: bool = False
    asked: str = ""
    agreed: bool = False
    seen: frozenset[str] = frozenset()

    def after(self, what: str, recorded: Sequence[Step]) -> "Truth":
        if what.startswith("set"):
            return self if what in self.seen else Truth(True, seen=self.seen | {what})
        if not self.protected:
            return self
        who, _, act = what.partition(" ")
        if act == "asks":
            return replace(self, asked=who, agreed=False)
        if act == "approves":
            return replace(self, agreed=self.asked not in ("", who))
        if Step.LIFT in recorded and self.agreed:
            return replace(self, protected=False, asked="", agreed=False)
        return self


@dataclass(frozen=True, slots=True)
class World:
    """`out`: a message about the person: "queued", "leased", "held", "reviewed", "approved" or "sent".

    `passed`: the fence was open when its bytes were made; `looked`: the fence version its hold was about; `let_go`: two
    people agreed to that, and nothing was recorded since the first of them looked; `file`: what the host remembers;
    `flag`: what the target holds; `notices`: what it has said of that, which may come late and again; `backup`: an
    older registry.
    """

    acts: Acts = ()
    truth: Truth = Truth()
    out: str = "queued"
    passed: bool = False
    looked: int = -1
    let_go: bool = False
    flag: bool = False
    notices: frozenset[bool] = frozenset()
    file: Acts = ()
    backup: Acts | None = None
    restored: bool = False
    violation: str = ""


def true_judge(world: World, guard: Guard) -> Judgement:
    """As the store does in the lease's transaction."""
    judged = judged_now(world.acts, guard)
    agreed = guard is DISCLOSES and world.out == "approved" and world.looked == judged.version
    return replace(judged, fate=Fate.GO) if judged.fate is Fate.HELD and agreed else judged


@cache
def judged_now(acts: Acts, guard: Guard) -> Judgement:
    return rules.judge(guard, [True], rules.standings(_acts(acts)), 1)


def steps(most_acts: int, judge: Judge = true_judge, restores: bool = False) -> Callable[[World], Iterator[Any]]:
    """All that may happen next. `most_acts`: no world goes on recording beyond."""

    def after(world: World) -> Iterator[tuple[str, World]]:
        yield from _recording(world, most_acts)
        yield from _flagging(world, judge)
        yield from _sending(world, judge)
        if restores:
            yield from _restoring(world)

    return after


def _recording(world: World, most: int) -> Iterator[tuple[str, World]]:
    for what, (acts, recorded) in _moves(world.acts, world.restored).items():
        if what.startswith("target") and (what == "target holds it") not in world.notices:
            continue
        if len(acts) <= most:
            # whoever records an act keeps how far the registry has come, unless it is not the one this host knew
            file = acts if _descends(acts, world.file) else world.file
            yield what, replace(world, acts=acts, file=file, truth=world.truth.after(what, recorded), let_go=False)


@cache
def _moves(acts: Acts, restored: bool) -> Mapping[str, tuple[Acts, tuple[Step, ...]]]:
    """What may be recorded next, by the hub's own code. After a restore, acts are other acts: their time is another."""
    measure = rules.measure_of(NewAct(Step.RAISE, "welfare", PERSON, "", "welfare", 0))
    tries: dict[str, Callable[[Any], None]] = {
        name: lambda hub, letter=letter: protect._measured([letter], [PERSON], hub) for name, letter in LETTERS.items()
    }
    tries["a asks"] = lambda hub: fences.request_lift(hub.fences, measure, "a", "over", 0)
    for who in ("a", "b"):
        tries[f"{who} approves"] = lambda hub, who=who: fences.approve_lift(hub.fences, measure, who, ALWAYS)
    for held, what in ((True, "target holds it"), (False, "target let go")):
        tries[what] = lambda hub, held=held: protect._confirmed(TARGET, held, [PERSON], (), hub)
    found = {}
    for what, attempt in tries.items():
        registry = Registry(acts, int(restored))
        hub = SimpleNamespace(
            fences=registry, remember=lambda _at: None, registry=SimpleNamespace(fence_targets=frozenset({TARGET}))
        )
        try:
            attempt(hub)
        except Refused:
            continue
        if registry.kept != acts:
            found[what] = registry.kept, tuple(act.step for act in _acts(registry.kept)[len(acts) :])
    return found


def _flagging(world: World, judge: Judge) -> Iterator[tuple[str, World]]:
    """What the platform has decided reaches the target at any time, in any order."""
    for value, guard in FLAGS.items():
        allowed = value or _descends(world.acts, world.file)
        if value is not world.flag and allowed and judge(world, guard).fate is Fate.GO:
            lowered = world.flag and world.truth.protected and not world.truth.agreed
            wrong = "lowered before two people agreed" if lowered else ""
            told = replace(world, flag=value, notices=world.notices | {value}, violation=wrong)
            yield f"target is told {value}", told


def _sending(world: World, judge: Judge) -> Iterator[tuple[str, World]]:
    match world.out:
        case "queued" | "approved":
            if not world.passed and judged_now(world.acts, DISCLOSES).fate is Fate.GO:
                yield "bytes made", replace(world, passed=True)
            if _descends(world.acts, world.file):
                yield _asked(world, judge(world, DISCLOSES))
        case "leased":
            yield "sent", replace(world, out="sent")
            yield "worker dies", replace(world, out="queued")
        case "sent":
            yield "replayed", replace(world, out="queued")
        case "held":
            yield "a reviews it", replace(world, out="reviewed", let_go=True)
        case "reviewed":
            yield "b lets it go", replace(world, out="approved")


def _asked(world: World, judged: Judgement) -> tuple[str, World]:
    if judged.fate is not Fate.GO:
        return "held", replace(world, out="held", passed=False, looked=judged.version, let_go=False)
    wrong = "disclosed while protected" if world.truth.protected and not world.let_go else ""
    return "leased", replace(world, out="leased", passed=False, looked=-1, let_go=False, violation=wrong)


def _restoring(world: World) -> Iterator[tuple[str, World]]:
    if world.backup is None and not world.restored and world.acts:
        yield "backed up", replace(world, backup=world.acts)
    if world.backup is not None and world.backup != world.acts:
        yield "restored", replace(world, acts=world.backup, backup=None, restored=True)


@cache
def _acts(numbers: Acts) -> tuple[Act, ...]:
    """The acts with their positions."""
    known = list(_KNOWN)
    return tuple(_numbered(known[number], at) for at, number in enumerate(numbers, 1))


def recorded(acts: Acts) -> tuple[Step, ...]:
    """What kinds of acts these are."""
    return tuple(act.step for act in _acts(acts))


def _numbered(act: NewAct, at: int) -> Act:
    return Act(**{name: getattr(act, name) for name in NewAct.__slots__}, position=at, measure=rules.measure_of(act))


def _descends(acts: Acts, seen: Acts) -> bool:
    """As the chained marks tell."""
    return acts[: len(seen)] == seen
