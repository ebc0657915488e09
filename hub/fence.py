"""The rules of the fence, on acts that were read; no database here.

closed ── RAISE ──▶ … REQUEST by one person ─▶ APPROVE by another ─▶ CLEAR by each target ─▶ LIFT ──▶ open

A measure is closed from its first raise until a LIFT that follows all of that; another raise begins it anew. What does
not fit the order of acts is recorded and opens nothing: no message, late, doubled or replayed, can weaken a fence.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from hub.ports.fence import ITEM, Act, Fate, Guard, Judgement, NewAct, Step

ANCHOR = "addressee_number"  # 宛名番号: the number by which the city knows a person, and by which fences are raised


@dataclass(frozen=True, slots=True)
class Standing:
    """One measure as its acts have left it. `raised`: the newest raise; `at`: position of the newest act.

    `conflict`: it was raised at a version its source had passed already; it holds, and a person has to ask the source.
    """

    raised: Act
    at: int
    confirmed: frozenset[str] = frozenset()
    released: Act | None = None
    request: Act | None = None
    approval: Act | None = None
    cleared: frozenset[str] = frozenset()
    lifted: bool = False
    conflict: bool = False

    @property
    def measure(self) -> str:
        return self.raised.measure

    def may_lower(self, now: int) -> bool:
        """A target may be told to let go of it: two persons have said so, and the day has come."""
        return self.approval is not None and self.request is not None and self.request.effective_at <= now

    def state(self, targets: Collection[str], now: int) -> str:
        """A word for people: "raised", "confirmed", "lift requested", "lift approved", "lifting", "lifted"."""
        if self.lifted:
            return "lifted"
        if self.approval is not None:
            return "lifting" if self.may_lower(now) else "lift approved"
        if self.request is not None:
            return "lift requested"
        return "confirmed" if self.confirmed >= set(targets) else "raised"

    @property
    def stale_release(self) -> bool:
        """The source's release is older than its newest raise."""
        return self.released is not None and (self.released.version or 0) < (self.raised.version or 0)


def measure_of(act: NewAct) -> str:
    """The id of the measure an act is about. A source that names a person otherwise begins another measure."""
    anchored = [alias for alias in act.subject.aliases if alias.kind == ANCHOR]
    first = min(anchored or act.subject.aliases, key=lambda alias: (alias.kind, alias.hash), default=None)
    subject = "" if first is None else f"{first.kind}\0{first.hash}"
    return sha256(f"{act.source}\0{subject}\0{act.item}".encode()).hexdigest()[:32]


def names_of(act: NewAct) -> list[tuple[str, str]]:
    """(kind, hash) by which messages are found to be about it."""
    if act.subject.aliases:
        return [(alias.kind, alias.hash) for alias in act.subject.aliases]
    return [(ITEM, act.item)]


def standings(acts: Iterable[Act]) -> list[Standing]:
    """What the acts amount to, per measure. Acts in order of position."""
    found: dict[str, Standing] = {}
    for act in acts:
        before = found.get(act.measure)
        if act.step is Step.RAISE:
            found[act.measure] = _raised(before, act)
        elif before is not None:
            found[act.measure] = replace(_after(before, act), at=act.position)
    return list(found.values())


def _raised(before: Standing | None, act: Act) -> Standing:
    if before is None:
        return Standing(act, act.position)
    said = [one.version for one in (before.raised, before.released) if one is not None and one.version is not None]
    passed = act.version is not None and bool(said) and act.version <= max(said)
    return Standing(act, act.position, released=before.released, conflict=passed)


def _after(one: Standing, act: Act) -> Standing:
    match act.step:
        case Step.CONFIRM if not one.lifted:
            return replace(one, confirmed=one.confirmed | {act.target}, cleared=one.cleared - {act.target})
        case Step.RELEASE:
            return replace(one, released=act)
        case Step.REQUEST if not one.lifted:
            return replace(one, request=act, approval=None, cleared=frozenset())
        case Step.APPROVE if one.request is not None and one.request.who != act.who:
            return replace(one, approval=act)
        case Step.CLEAR if one.approval is not None:
            return replace(one, cleared=one.cleared | {act.target})
        case Step.LIFT if one.approval is not None:
            return replace(one, lifted=True)
    return one


def may_lift(one: Standing, targets: Collection[str], now: int) -> bool:
    """All that must come before LIFT is there."""
    return not one.lifted and one.may_lower(now) and one.cleared >= set(targets)


def heard(one: Standing, target: str, held: bool, targets: Collection[str], now: int) -> list[NewAct]:
    """What follows when a target says that it holds the protection, or does not."""

    def act(step: Step) -> NewAct:
        raised = one.raised
        return NewAct(step, raised.source, raised.subject, raised.item, target, now, target=target)

    if one.lifted or target in (one.confirmed if held else one.cleared):
        return []
    if held:
        return [act(Step.CONFIRM)]
    if not one.may_lower(now):
        return []
    after = replace(one, cleared=one.cleared | {target})
    return [act(Step.CLEAR), act(Step.LIFT)] if may_lift(after, targets, now) else [act(Step.CLEAR)]


def repeated(acts: Sequence[Act], act: NewAct) -> bool:
    """The source's act was recorded before, as the same version with the same number."""
    return any((one.step, one.version, one.number) == (act.step, act.version, act.number) for one in acts)


def judge(guard: Guard, known: Sequence[bool], about: Sequence[Standing], now: int) -> Judgement:
    """What becomes of a message. `known`: for each person it names; `about`: the measures on them and on its items."""
    version = max((one.at for one in about), default=0)
    closed = [one for one in about if not one.lifted and _concerns(one, guard)]
    about_an_item = guard.edge == "protects" and guard.items
    unknown = not all(known) or not (guard.persons or guard.impersonal or about_an_item)
    if not closed and not unknown:
        return Judgement(Fate.GO, version=version)
    if guard.edge == "protects":
        if guard.shields:
            return Judgement(Fate.GO, version=version)
        if guard.shields is False and closed:
            if not unknown and all(one.may_lower(now) for one in closed):
                return Judgement(Fate.GO, version=version)
            if not guard.forced:
                return Judgement(Fate.HELD, "fence.lowers", version)
        if closed and guard.forced:
            return Judgement(Fate.UNSHIELDED, version=version)
    code = "fence.protected" if closed else "fence.unresolved"
    return Judgement(Fate.HELD, code, version, unknown=not closed)


def _concerns(one: Standing, guard: Guard) -> bool:
    """A message that does not say which items it carries is taken to carry them all."""
    item = one.raised.item
    return item == "" or not guard.items or item in guard.items
