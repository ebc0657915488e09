"""F19: at first use the portal makes a PMH仮名識別子, and PMH stores it with the PMHキー, one to one (R39).

Whose it is comes sealed, as a PMH連携キー. A second pseudonym for somebody, or a pseudonym for a second person, is
refused, and is a dead letter for staff to look at.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count, cycle, islice

from hub.client import Publication
from hub.ports.store import JournalEntry
from hub.sandbox import letters, mischief, numbers
from hub.sandbox.certificates import Certificates
from hub.sandbox.city import City
from hub.sandbox.flow import Ids, Judgement, Sending, Shares, judged
from hub.sandbox.flows.registration import at_pmh, needing_key, sending
from hub.sandbox.flows.visits import Visit, link_key
from hub.sandbox.judge import Due, Effect
from hub.sandbox.partner_entitlements import EXPIRED, FOUND, NO_CONSENT, REPLAYED, UNKNOWN, UNREADABLE
from hub.sandbox.partner_pseudonyms import KNOWN, STORED
from hub.sandbox.report import Expectation

TYPE, PURPOSE = "myna_portal.pseudonym", "child-medical.entitlement"
SENDER, STRANGER = "myna_portal", "welfare"
BOUND = ("pmh", "pmh.pseudonym_binding")
TOLD = ("myna_portal", "myna_portal.pseudonym_result")
FAULTS = (NO_CONSENT, EXPIRED, UNKNOWN, UNREADABLE)


class Pseudonyms:
    """Each pair is stored once; what must not be stored is refused, and PMH knows why."""

    id = "F19"
    name = "マイナポータル初回 first use"

    def messages(self, city: City, most: int) -> list[Sending]:
        ids = Ids(city.seed, self.id)
        share = Shares.of(most)
        certificates, visits = Certificates(city, 6, 12), count(1)
        left = share.normal + share.stale
        children = [certificates.first() for _ in range(max(2, left // 8))]
        people = [one.child.individual_number for one in children]
        registered = [replace(at_pmh(needing_key(sending(self.id, one, ids), one.child.individual_number)), wave=0)
                      for one in children]  # fmt: skip
        left -= len(children) + len(FAULTS) + 3
        pairs = islice(cycle(people), left)
        used = Visit(next(visits), people[0])
        bound = [binding(self.id, used, numbers.pseudonym(people[0]), city, ids)]
        bound += [binding(self.id, Visit(next(visits), each), numbers.pseudonym(each), city, ids) for each in pairs][1:]
        stranger = certificates.first().child.individual_number
        faulty = [
            binding(
                self.id,
                Visit(next(visits), stranger if fault == UNKNOWN else people[0], fault),
                numbers.pseudonym(people[0], 2 + n),
                city,
                ids,
            )
            for n, fault in enumerate(FAULTS)
        ]
        spare = lambda: _letter(Visit(next(visits), people[0]), numbers.pseudonym(people[0]), city, ids)  # noqa: E731
        return [
            *registered,
            *bound,
            *faulty,
            *(replace(each, fate="duplicate", dues=()) for each in bound[: share.duplicate]),
            *mischief.refused(self.id, SENDER, STRANGER, spare, ids, share.refused),
            replace(
                binding(self.id, replace(used, reason=REPLAYED), numbers.pseudonym(people[0], 9), city, ids), wave=2
            ),
            self._conflict(Visit(next(visits), people[1]), numbers.pseudonym(people[0]), city, ids),
            self._conflict(Visit(next(visits), people[0]), numbers.pseudonym(people[0], 10), city, ids),
        ]

    def owns(self, sending: Sending, entry: JournalEntry) -> bool:
        return sending.flow == self.id

    def judge(self, sent: Sequence[Sending], effects: Sequence[Effect]) -> Judgement:
        own = [each for each in sent if each.flow == self.id]
        found = judged(own, effects)
        dues = [due for each in own for due in each.dues if due.reason]
        said = {(each.partner, each.operation, each.correlation_id): each for each in effects}
        otherwise = sum(not _as_due(due, said.get((due.partner, due.operation, due.correlation_id))) for due in dues)
        pairs = {due.record for due in dues if due.reason == STORED}
        others = {each.publication.message_id for each in sent if each.flow != self.id}
        stored = {
            each.record
            for each in effects
            if _at(each, BOUND) and each.reason == STORED and each.correlation_id not in others
        }
        return replace(
            found,
            expectations=[
                *found.expectations,
                Expectation.zero(f"PMH booked and the portal heard of each ({len(dues)}) what became of it", otherwise),
                Expectation(
                    f"the pseudonyms that are stored are those of {len(pairs)} people", len(stored) == len(pairs)
                ),
            ],
        )

    def _conflict(self, visit: Visit, pseudonym: str, city: City, ids: Ids) -> Sending:
        letter = _letter(visit, pseudonym, city, ids)
        told = Due(*TOLD, letter.message_id, pseudonym, reason="refused")
        return Sending(
            self.id, SENDER, letter, "refused", (told,), code="deliver.bound", wave=2, dies_at="delivery.pmh"
        )


def binding(flow: str, visit: Visit, pseudonym: str, city: City, ids: Ids) -> Sending:
    """A pseudonym for whoever the key of the visit stands for; refused where the key is not good."""
    letter = _letter(visit, pseudonym, city, ids, flow)
    good = visit.reason == FOUND
    dues = (
        Due(*BOUND, letter.message_id, pseudonym, reason=STORED if good else visit.reason),
        Due(*TOLD, letter.message_id, pseudonym, reason="stored" if good else "refused"),
    )
    return Sending(flow, SENDER, letter, dues=dues)


def _letter(visit: Visit, pseudonym: str, city: City, ids: Ids, flow: str = "F19") -> Publication:
    body = letters.pseudonym(pseudonym, link_key(visit, city.seed, flow))
    return Publication(TYPE, body, PURPOSE, message_id=ids())


def _as_due(due: Due, effect: Effect | None) -> bool:
    """Of several messages about one pair, whichever comes first stores it."""
    if effect is None:
        return False
    return effect.reason == due.reason or (_at(due, BOUND) and due.reason == STORED and effect.reason == KNOWN)


def _at(what: Due | Effect, place: tuple[str, str]) -> bool:
    return (what.partner, what.operation) == place
