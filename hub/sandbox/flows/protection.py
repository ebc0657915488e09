"""F13: protection measures reach the flag of the intermediate server, by the integration platform, and PMH.

Who may not be answered about is decided by the platform over the measures of all sources; the server confirms what it
holds, and the platform hears of it. What PMH has is registered anew as not disclosed by the welfare system. All acts
about one person take effect in the order they were made, under failures.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import cycle, islice

from hub.client import Publication
from hub.ports.store import JournalEntry
from hub.sandbox import letters, measures, mischief, numbers, partner_keys, partner_protection
from hub.sandbox.certificates import Registration
from hub.sandbox.city import TODAY, City, Resident
from hub.sandbox.flow import Ids, Judgement, Sending, Shares, judged
from hub.sandbox.flows import numbering, registration
from hub.sandbox.judge import Due, Effect
from hub.sandbox.measures import REGISTRY, WELFARE, Measure
from hub.sandbox.report import Expectation

PURPOSE = "protection.measure"
DECISION = ("integration_platform", "integration_platform.protection_measure")
FLAG = ("intermediate_server", "intermediate_server.no_auto_answer")
HELD = ("integration_platform", "integration_platform.no_auto_answer_held")
NOTICE = ("welfare", "welfare.protection_notice")
ITEM = "TM00000000000002"  # 地方税関係
# each certificate's records have keys of their own, far from those of other flows
_FIRST_KEY, _KEYS = 900_000_000, 1_000


class Protection:
    """Every act is decided on, becomes a flag, and is confirmed; a release never overtakes what set the flag (R26)."""

    id = "F13"
    name = "自動応答不可フラグ no automatic answer"

    def messages(self, city: City, most: int) -> list[Sending]:
        ids = Ids(city.seed, self.id)
        share = Shares.of(most)
        count = share.normal + share.stale  # an older act would be refused by the platform, for a person to see
        drawn = list(islice(people(city), max(4, count // 5)))
        protected = [person for person, _certificate in drawn]
        certificates = {person.addressee_number: one for person, one in drawn if one is not None}
        reasons = cycle(measures.REASONS)
        made = _Acts(certificates)
        by_welfare, by_registry = protected[::2], protected[1::2]
        raised = [made.act(WELFARE, one, next(reasons)) for one in by_welfare]
        raised += [made.act(REGISTRY, one, next(reasons)) for one in by_registry]
        raised += [made.act(WELFARE, one, next(reasons)) for one in by_welfare]
        before = [numbering.known(self.id, one, ids) for one in protected]
        before += [registered(one, ids) for one in certificates.values()]
        later = islice(_later(made, by_welfare, by_registry), count - len(before) - len(raised))
        strange = Measure(WELFARE, city.residents[0], 1, "other")
        refused = mischief.refused(
            self.id, WELFARE, REGISTRY, lambda: self._letter(strange, ids), ids, share.refused
        )  # fmt: skip
        sent = [self._sending(*act, ids) for act in raised]
        return [
            *before,
            *sent,
            *(replace(each, fate="duplicate", dues=()) for each in sent[: share.duplicate]),
            *refused,
            *(replace(self._sending(*act, ids), wave=2) for act in later),
        ]

    def owns(self, sending: Sending, entry: JournalEntry) -> bool:
        return sending.flow == self.id

    def judge(self, sent: Sequence[Sending], effects: Sequence[Effect]) -> Judgement:
        own = [each for each in sent if each.flow == self.id]
        found = judged(own, effects)
        targets = {each.publication.message_id: due.record for each in own for due in each.dues if _at(due, FLAG)}
        made = _by_target(targets, targets)
        decided, flagged = (
            _by_target((each.correlation_id for each in effects if _at(each, place)), targets)
            for place in (DECISION, FLAG)
        )
        mixed = sum(not made[target] == decided.get(target) == flagged.get(target) for target in made)
        text = f"all acts on each of {len(made)} persons or items took effect at both, in the order they were made"
        return replace(found, expectations=[*found.expectations, Expectation.zero(text, mixed)])

    def _letter(self, measure: Measure, ids: Ids) -> Publication:
        return Publication(measure.type, measures.letter(measure), PURPOSE, message_id=ids())

    def _sending(self, measure: Measure, decision: int, anew: Registration | None, ids: Ids) -> Sending:
        """`decision`: the platform's on this target, counted from 1; `anew`: what is registered anew because of it."""
        letter = self._letter(measure, ids)
        record = _record(measure)
        dues: tuple[Due, ...] = (
            Due(*DECISION, letter.message_id, record),
            Due(*FLAG, letter.message_id, record),
            Due(*HELD, letter.message_id, record, decision),
            Due(*NOTICE, letter.message_id),
        )
        if anew is not None:
            dues += tuple(
                Due(*place, letter.message_id, anew.record, anew.history_key) for place in registration.REGISTERED
            )
        return Sending(self.id, measure.source, letter, dues=dues)


def people(city: City) -> Iterator[tuple[Resident, Registration | None]]:
    """Who is protected, and the certificate that names them, if there is one: a child's, or that of a guardian's child.

    One of a household, so that a certificate names nobody else who is protected; from the end, F3 numbers the first.
    """
    households = [each for each in reversed(city.households) if each.children]
    for n, household in enumerate(households):
        child = household.children[0]
        person = child if n % 2 else household.guardians[-1]
        key = _FIRST_KEY + n * _KEYS
        certificate = Registration(child, household.guardians, numbers.recipient_number(key), key, TODAY)
        yield person, certificate if n % 4 < 3 else None


def registered(first: Registration, ids: Ids) -> Sending:
    """The certificate as PMH has it before anybody is protected, and as it stands in the books of its sender."""
    books = (
        ("welfare", *partner_protection.booked(letters.eligibility(first))),
        ("pmh", *partner_keys.bound(first.child.individual_number, f"K9{first.history_key:014d}")),
    )
    return replace(registration.sending(Protection.id, first, ids), wave=0, books=books)


class _Acts:
    """Counts the acts of each source about each person, those on each target, and what is registered anew."""

    def __init__(self, certificates: Mapping[str, Registration]) -> None:
        self._newest = dict(certificates)
        self._versions: dict[tuple[str, str], int] = {}
        self._decisions: dict[str, int] = {}

    def act(
        self, source: str, resident: Resident, reason: str, item: str = "", *, released: bool = False
    ) -> tuple[Measure, int, Registration | None]:
        """The next act, which decision on its target it will be, and what is registered anew because of it."""
        place = (source, resident.addressee_number)
        self._versions[place] = version = self._versions.get(place, 0) + 1
        measure = Measure(source, resident, version, reason, item, released)
        record = _record(measure)
        self._decisions[record] = decision = self._decisions.get(record, 0) + 1
        anew = None if item or released else self._newest.get(resident.addressee_number)
        if anew is not None:
            anew = self._newest[resident.addressee_number] = replace(anew, history_key=anew.history_key + 1)
        return measure, decision, anew


def _later(
    made: _Acts, by_welfare: Sequence[Resident], by_registry: Sequence[Resident]
) -> Iterator[tuple[Measure, int, Registration | None]]:
    """Acts after the partners are healed. Each person's are made by one source, whose acts keep their order."""
    for one in by_welfare:
        yield made.act(WELFARE, one, "other", released=True)
        yield made.act(WELFARE, one, "other", ITEM)
        yield made.act(WELFARE, one, "other", ITEM, released=True)
    for one in by_registry:  # of whom the registry's own measure goes on standing
        yield made.act(WELFARE, one, "other")
        yield made.act(WELFARE, one, "other", released=True)


def _record(measure: Measure) -> str:
    return f"{measure.resident.addressee_number}/{measure.item}"


def _by_target(acts: Iterable[str], targets: Mapping[str, str]) -> dict[str, list[str]]:
    """The acts on each target, in their order; `targets`: of each act."""
    found: dict[str, list[str]] = {}
    for act in acts:
        if act in targets:
            found.setdefault(targets[act], []).append(act)
    return found


def _at(what: Due | Effect, place: tuple[str, str]) -> bool:
    return (what.partner, what.operation) == place
