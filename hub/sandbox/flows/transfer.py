"""F22: a child's entitlement is handed over (移転) to two other programmes of the city, as the need arises."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hub.client import Publication
from hub.ports.store import JournalEntry
from hub.sandbox import letters, mischief
from hub.sandbox.city import TODAY, City
from hub.sandbox.flow import Ids, Judgement, Sending, Shares, judged
from hub.sandbox.judge import Due, Effect
from hub.sandbox.report import Expectation

SENDER, STRANGER = "welfare", "resident_registry"
RESULT = ("welfare", "welfare.transfer_result")
PROTECTED = 4  # children
STATES = ("applied", "receiving", "ended")  # of one child, in this order
_BEGAN = datetime(TODAY.year, TODAY.month, TODAY.day, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Programme:
    """Whom the records go to. `item`: of the ordinance's table 2."""

    type: str
    office: str
    item: str

    @property
    def purpose(self) -> str:
        return f"transfer.table2-{self.item}"

    @property
    def place(self) -> tuple[str, str]:
        return self.office, f"{self.office}.transfer"


DISABILITY = Programme("welfare.disability_transfer", "disability_subsidy", "30")
SINGLE_PARENT = Programme("welfare.single_parent_transfer", "single_parent_subsidy", "31")


@dataclass(frozen=True, slots=True)
class State:
    """One state of one child's record in one programme. `version` counts up from 1; `number`: of the transfer."""

    programme: Programme
    person: str
    version: int
    number: int


class Transfer:
    """Each programme gets what is meant for it, in its newest state, and the welfare system hears of each receipt."""

    id = "F22"
    name = "移転 transfer"

    def messages(self, city: City, most: int) -> list[Sending]:
        ids = Ids(city.seed, self.id)
        share = Shares.of(most)
        states = _states(city, share.normal - PROTECTED)
        sent = [self._sending(each, ids) for each in states]
        renewed = {(each.programme, each.person) for each in states if each.version > 1}
        old = [each for each in states if each.version == 1 and (each.programme, each.person) in renewed]
        stale = [replace(self._sending(each, ids), fate="stale", dues=(), wave=2) for each in old[: share.stale]]
        spare = iter(_states(city, 10 * most)[-most:])
        refused = mischief.refused(
            self.id, SENDER, STRANGER, lambda: _letter(next(spare), ids), ids, max(share.refused - 2, 0)
        )
        return [
            *sent,
            *(replace(each, fate="duplicate", dues=()) for each in sent[: share.duplicate]),
            *refused,
            *self._misdirected(states, ids, share.refused - len(refused)),
            *stale,
            *self._protected(city, ids, len(sent)),
        ]

    def owns(self, sending: Sending, entry: JournalEntry) -> bool:
        return sending.flow == self.id

    def judge(self, sent: Sequence[Sending], effects: Sequence[Effect]) -> Judgement:
        own = [each for each in sent if each.flow == self.id]
        found = judged(own, effects)
        meant = {
            each.publication.message_id: {(due.partner, due.operation) for due in each.dues}
            for each in own
            if each.dues
        }
        strayed = sum(
            (each.partner, each.operation) not in meant[each.correlation_id]
            for each in effects
            if each.correlation_id in meant
        )
        text = "no programme got what was meant for the other"
        return replace(found, expectations=[*found.expectations, Expectation.zero(text, strayed)])

    def _sending(self, state: State, ids: Ids) -> Sending:
        letter = _letter(state, ids)
        there = Due(*state.programme.place, letter.message_id, state.person, state.version)
        # a state that is superseded on its way is acknowledged by nobody
        heard = Due(*RESULT, letter.message_id, f"{state.programme.item}/{state.person}", state.version)
        return Sending(self.id, SENDER, letter, dues=(there, heard))

    def _protected(self, city: City, ids: Ids, before: int) -> list[Sending]:
        """Children protected by then: two people agree to one transfer, the others are refused (R25)."""
        count = len(city.residents)  # no other flow sends anything about these
        apart = {one.addressee_number for one in city.residents[5 * count // 8 : 3 * count // 4]}
        people = [child.addressee_number for child in city.children if child.addressee_number in apart][:PROTECTED]
        states = [State(DISABILITY, person, 1, before + number) for number, person in enumerate(people, start=1)]
        agreed, *rest = (replace(self._sending(state, ids), wave=2, protects=state.person) for state in states)
        return [agreed, *(replace(each, fate="held", dues=()) for each in rest)]

    def _misdirected(self, states: Sequence[State], ids: Ids, count: int) -> list[Sending]:
        """Purposes that are granted, but for the other programme (R32)."""
        found = []
        for state in states[:count]:
            other = SINGLE_PARENT if state.programme is DISABILITY else DISABILITY
            letter = replace(_letter(state, ids), purpose=other.purpose)
            found.append(Sending(self.id, SENDER, letter, "refused", code="authorise.purpose"))
        return found


def _states(city: City, count: int) -> list[State]:
    """`count` states of some children, the first ones of all before the second ones."""
    people = [child.addressee_number for child in city.children]
    chosen = [
        (programme, person)
        for number, person in enumerate(people[: max(2, count // 3)])
        for programme in ((DISABILITY,), (SINGLE_PARENT,), (DISABILITY, SINGLE_PARENT))[number % 3]
    ]
    steps = [(programme, person, version) for version in range(1, len(STATES) + 1) for programme, person in chosen]
    return [State(*step, number) for number, step in enumerate(steps[:count], start=1)]


def _letter(state: State, ids: Ids) -> Publication:
    at = _BEGAN + timedelta(days=state.version)
    status = STATES[state.version - 1]
    body = letters.transfer(
        state.programme.type, state.number, state.programme.item, state.person, state.version, status, at
    )
    return Publication(state.programme.type, body, state.programme.purpose, message_id=ids())
