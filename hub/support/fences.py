"""What staff do about fences: load the full list, raise, lift in two, note a target's word, look."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

from hub import fence as rules
from hub.clock import now_us
from hub.errors import Refused
from hub.fence import ANCHOR, Standing
from hub.ports.fence import Act, Fences, NewAct, Position, Recorded, Step
from hub.ports.persons import PersonRef
from hub.seal import Sealer
from hub.support.expiry import in_time

STAFF = "staff"  # the source of measures that staff raise themselves
REASONS = ("domestic_violence", "stalking", "child_abuse", "other")
# ASCII only: a full-width number would be the hash of nobody
_NUMBER, _ITEM, _VERSION = (re.compile(each) for each in ("[0-9]{15}", "TM[0-9]{14}", "[0-9]{1,18}"))
_COLUMNS = ("source", "addressee_number", "data_item", "reason_class", "version", "act_number")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a full list. `subject` without aliases: the data item as such."""

    source: str
    subject: PersonRef
    item: str
    reason: str
    version: int
    number: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """`raised`: measures that were not closed here; `missing`: closed here and not on the list; they stay closed."""

    at: Position
    raised: int
    already: int
    missing: tuple[str, ...]


def read_list(content: bytes, sealer: Sealer) -> list[Entry]:
    """A CSV in UTF-8 with a header. Raises Refused `registry.list`, naming line and column, never the value."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused("registry.list", f"it is not UTF-8 (byte {error.start}); save it as UTF-8") from None
    reader = csv.DictReader(io.StringIO(text))
    try:
        if tuple(reader.fieldnames or ()) != _COLUMNS:
            raise Refused("registry.list", f"line 1: the columns must be {','.join(_COLUMNS)}")
        return [_entry(row, line, sealer) for line, row in enumerate(reader, 2)]
    except csv.Error:
        raise Refused("registry.list", f"line {reader.line_num + 1}: it is no CSV record") from None


def _entry(row: dict[str, str], line: int, sealer: Sealer) -> Entry:
    number, item = row["addressee_number"], row["data_item"]
    checks = {
        "source": row["source"] in ("welfare", "resident_registry", STAFF),
        "addressee_number": bool(number or item) and (not number or bool(_NUMBER.fullmatch(number))),
        "data_item": not item or bool(_ITEM.fullmatch(item)),
        "reason_class": row["reason_class"] in REASONS,
        "version": bool(_VERSION.fullmatch(row["version"] or "")),
        "act_number": bool(row["act_number"]),
    }
    wrong = [name for name, right in checks.items() if not right]
    if wrong or None in row:
        raise Refused("registry.list", f"line {line}: {', '.join(wrong) or 'too many columns'}")
    subject = PersonRef("subject", (sealer.alias(ANCHOR, number),) if number else ())
    return Entry(row["source"], subject, item, row["reason_class"], int(row["version"]), row["act_number"])


def load(fences: Fences, entries: Sequence[Entry], who: str) -> Loaded:
    """Begin the registry, or a new epoch of it, with a full list. What is closed here stays closed."""
    closed = {one.measure for one in rules.standings(fences.acts()) if not one.lifted}
    listed = {rules.measure_of(act): act for act in (_raise(entry, who) for entry in entries)}
    new = [act for measure, act in listed.items() if measure not in closed]
    at = fences.found_fences(str(uuid4()), who, now_us(), new)
    return Loaded(at, len(new), len(listed) - len(new), tuple(sorted(closed - listed.keys())))


def complete(fences: Fences, who: str) -> Position:
    """Another person says that the list is complete. Raises Refused `registry.order`, `registry.same_person`."""
    state = fences.fence_state()
    if state is None or not state.listed_by:
        raise Refused("registry.order", "no list was loaded")
    if state.listed_by == who:
        raise Refused("registry.same_person", "whoever loaded the list cannot confirm it")
    if not fences.confirm_fences(state.at.epoch, who, now_us()):
        raise Refused("registry.order", "another list was loaded meanwhile")
    confirmed = fences.fence_state()
    assert confirmed is not None
    return confirmed.at


def close(fences: Fences, subject: PersonRef, item: str, reason: str, who: str) -> tuple[str, Recorded]:
    """Raise a fence at once. Returns the measure, and the sends that were under way."""
    act = NewAct(Step.RAISE, STAFF, subject, item, who, now_us(), reason=reason)
    recorded = fences.record_acts([act])
    assert recorded is not None
    return rules.measure_of(act), recorded


def request_lift(
    fences: Fences, measure: str, who: str, reason: str, effective_at: int, ticket: str | None = None
) -> None:
    """One person asks. Raises Refused `registry.measure`, `registry.order`."""

    def decide(one: Standing) -> list[NewAct]:
        return [_act(one, Step.REQUEST, who, reason, effective_at=effective_at, ticket=ticket)]

    _decided(fences, measure, decide)


def approve_lift(fences: Fences, measure: str, who: str, hours: int) -> None:
    """Another person agrees. `hours`: for which what was asked for waits.

    Raises Refused `registry.measure`, `registry.order`, `registry.same_person`, `approval.state`.
    """

    def decide(one: Standing) -> list[NewAct]:
        if one.request is None:
            raise Refused("registry.order", "nobody has asked to lift it, or it was raised anew since")
        if one.request.who == who:
            raise Refused("registry.same_person", "whoever asked to lift it cannot approve")
        in_time(one.request.at, hours)
        return [_act(one, Step.APPROVE, who, "")]

    _decided(fences, measure, decide)


def note_target(
    fences: Fences, measure: str, target: str, held: bool, who: str, reason: str, targets: Collection[str]
) -> None:
    """A person says what a target holds, where it cannot say so itself. Raises as above."""
    if target not in targets:
        raise Refused("registry.order", f"there is no such target; known: {', '.join(sorted(targets))}")

    def decide(one: Standing) -> list[NewAct]:
        if not held and not one.may_lower(now_us()):
            raise Refused("registry.order", "lifting is not approved, or not in effect yet")
        heard = rules.heard(one, target, held, targets, now_us())
        return [_act(one, act.step, who, reason, target=target) for act in heard]

    _decided(fences, measure, decide)


def measures(fences: Fences, lifted: bool = False) -> list[Standing]:
    """All measures, those lifted only where asked for."""
    return [one for one in rules.standings(fences.acts()) if lifted or not one.lifted]


@dataclass(frozen=True, slots=True)
class Summary:
    """`states`: measures that are not lifted; `unconfirmed_since`: the oldest raise a target has not confirmed.

    `unknown`: measures about somebody no message has named yet: the number may be wrong, and somebody unprotected.
    `asked`: since when requests to lift one wait for a second person.
    """

    states: Mapping[str, int]
    unconfirmed_since: int | None
    ready: bool
    unknown: int
    asked: tuple[int, ...] = ()


def summary(fences: Fences, targets: Collection[str], follows: bool = True) -> Summary:
    """For those who watch. `follows`: the registry is the one this host knew; with another nothing leaves."""
    found, now, state = measures(fences), now_us(), fences.fence_state()
    # a full list was compared with its sources by two persons
    single = [one.raised for one in found if one.raised.source in (STAFF, one.raised.who)]
    subjects = [raised.subject for raised in single if raised.subject.aliases]
    waiting = [one.raised.at for one in found if not one.confirmed >= set(targets)]
    return Summary(
        states=Counter(one.state(targets, now) for one in found),
        unconfirmed_since=min(waiting, default=None),
        ready=follows and state is not None and state.confirmed_by is not None,
        unknown=sum(not known for known in fences.known_persons(subjects)),
        asked=tuple(one.request.at for one in found if one.request is not None and one.approval is None),
    )


def history(fences: Fences, measure: str) -> list[Act]:
    """All acts about it. Raises Refused `registry.measure`."""
    found = fences.acts([measure])
    if not found or not measure:
        raise Refused("registry.measure", "there is no such measure")
    return found


def _decided(fences: Fences, measure: str, decide: Callable[[Standing], list[NewAct]]) -> None:
    """Decide on the acts as they are, and record only if nobody has recorded anything since."""
    while True:
        state = fences.fence_state()
        (one,) = rules.standings(history(fences, measure))
        if one.lifted:
            raise Refused("registry.order", "it is lifted already")
        acts = decide(one)
        if not acts or fences.record_acts(acts, 0 if state is None else state.at.position) is not None:
            return


def _raise(entry: Entry, who: str) -> NewAct:
    return NewAct(
        Step.RAISE, entry.source, entry.subject, entry.item, who, now_us(), entry.version, entry.number, entry.reason
    )  # fmt: skip


def _act(
    one: Standing, step: Step, who: str, reason: str, effective_at: int = 0, target: str = "", ticket: str | None = None
) -> NewAct:
    raised = one.raised
    return NewAct(
        step, raised.source, raised.subject, raised.item, who, now_us(), reason=reason, effective_at=effective_at,
        target=target, ticket=ticket,
    )  # fmt: skip
