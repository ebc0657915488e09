"""Cases: one per cause, not per message. What failed, since when, whose it is, and what was said of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256

from hub.clock import now_us
from hub.errors import Refused
from hub.ports.cases import CaseRow, CaseState, Cause, Count, Note
from hub.ports.store import Store

_ID_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Case:
    """`letters`: open dead letters; `first_at`, `last_at`: the first and last of these, None where none is open.

    `lately`, `before`: those of the last hour, and of the hour before it.
    """

    row: CaseRow
    letters: int
    first_at: int | None
    last_at: int | None
    lately: int = 0
    before: int = 0

    @property
    def trend(self) -> str:
        """ "rising", "falling", "steady"; "still" where nothing came for two hours."""
        if not (self.lately or self.before):
            return "still"
        return "rising" if self.lately > self.before else "falling" if self.lately < self.before else "steady"


def case_id(cause: Cause) -> str:
    """The same for the same cause on every installation; names nobody."""
    text = f"{cause.code}\0{cause.hop}\0{cause.type}"
    return sha256(text.encode()).hexdigest()[:_ID_LENGTH]


def all_cases(store: Store, resolved: bool = False) -> list[Case]:
    """Those with open dead letters and those people work on, largest first. `resolved`: those as well."""
    counts = {case_id(count.cause): count for count in store.causes(now_us())}
    rows = {row.case_id: row for row in store.case_rows()}
    found = [_case(one, rows.get(one), counts.get(one)) for one in counts.keys() | rows.keys()]
    wanted = [case for case in found if resolved or case.row.state is not CaseState.RESOLVED]
    return sorted(wanted, key=lambda case: (-case.letters, case.row.case_id))


def case(store: Store, wanted: str) -> Case:
    """Raises Refused `case.unknown`."""
    found = next((one for one in all_cases(store, resolved=True) if one.row.case_id == wanted), None)
    if found is None:
        raise Refused("case.unknown", f"there is no case {wanted}")
    return found


def take(store: Store, wanted: str, who: str, note: str) -> Case:
    """It is `who` that looks after it from now on."""
    return _write(store, wanted, who, "take", note, lambda row: replace(row, owner=who, state=CaseState.INVESTIGATING))


def say(store: Store, wanted: str, who: str, note: str, ticket: str | None = None, waiting: bool | None = None) -> Case:
    """`ticket`: its number or address elsewhere; `waiting`: for somebody else, or not any more."""

    def changed(row: CaseRow) -> CaseRow:
        state = row.state if waiting is None else CaseState.WAITING if waiting else CaseState.INVESTIGATING
        return replace(row, state=state, ticket=ticket or row.ticket)

    return _write(store, wanted, who, "wait" if waiting else "note", note, changed)


def looked(store: Store, wanted: str, who: str, note: str) -> None:
    """Somebody saw a field of one of its messages as it is. `note`: which, and why; never the value."""
    _write(store, wanted, who, "reveal", note, lambda row: row)


def resolve(store: Store, wanted: str, who: str, note: str) -> Case:
    """The cause is gone and nothing of it is open. Raises Refused `case.open_letters`."""
    found = case(store, wanted)
    if found.letters:
        raise Refused("case.open_letters", f"{found.letters} dead letters of case {wanted} are open")
    return _write(store, wanted, who, "resolve", note, lambda row: replace(row, state=CaseState.RESOLVED))


def _write(store: Store, wanted: str, who: str, act: str, note: str, change: Callable[[CaseRow], CaseRow]) -> Case:
    store.write_case(change(case(store, wanted).row), Note(now_us(), who, act, note))
    return case(store, wanted)


def _case(one: str, row: CaseRow | None, count: Count | None) -> Case:
    if row is None:
        assert count is not None
        row = CaseRow(one, count.cause, CaseState.NEW, None, None)
    elif row.state is CaseState.RESOLVED and count is not None:
        row = replace(row, state=CaseState.NEW)  # it is back; owner and notes are still there
    if count is None:
        return Case(row, 0, None, None)
    return Case(row, count.letters, count.first_at, count.last_at, count.lately, count.before)
