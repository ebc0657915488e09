"""F21: who has lost the entitlement loses it at PMH, and no older record brings it back (R36).

The welfare system hears that PMH has taken the loss; only then may it tell the person.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import cycle, islice

from hub.client import Publication
from hub.ports.store import JournalEntry
from hub.sandbox import letters, mischief, numbers, partner_keys
from hub.sandbox.certificates import Registration
from hub.sandbox.city import TODAY, City
from hub.sandbox.flow import Ids, Judgement, Sending, Shares, judged
from hub.sandbox.flows import registration
from hub.sandbox.judge import Due, Effect
from hub.sandbox.report import Expectation

TYPE, PURPOSE = "welfare.eligibility_loss", "child-medical.loss"
SENDER, STRANGER = "welfare", "resident_registry"
REASONS = ("moved_out", "died", "mistaken", "other_programme", "excluded", "age")
AT_PMH = registration.REGISTERED[0]
_FIRST_KEY, _KEYS = 970_000_000, 1_000


class Loss:
    """Certificates are registered and renewed; every loss reaches PMH after that, and its result the welfare system."""

    id = "F21"
    name = "資格喪失 loss of entitlement"

    def messages(self, city: City, most: int) -> list[Sending]:
        ids = Ids(city.seed, self.id)
        share = Shares.of(most)
        drawn = list(islice(_certificates(city), share.normal // 3))
        # of some, the first record of all comes when the loss is there already
        late = drawn[: share.stale]
        begun = [replace(one, history_key=one.history_key + 1) for one in late] + drawn[share.stale :]
        reasons = cycle(REASONS)
        newest = list(begun)
        renewed = []
        for number in range(share.normal - 2 * len(begun)):
            place = number % len(newest)
            one = newest[place] = replace(newest[place], history_key=newest[place].history_key + 1)
            renewed.append(registration.sending(self.id, one, ids))
        sent = [*renewed, *(self._loss(one, next(reasons), ids) for one in newest)]
        refused = mischief.refused(
            self.id, SENDER, STRANGER, lambda: _letter(drawn[0], "died", ids), ids, share.refused
        )
        stale = [replace(registration.sending(self.id, one, ids), fate="stale", dues=(), wave=2) for one in late]
        return [
            *(self._registered(one, ids) for one in begun),
            *sent,
            *(replace(each, fate="duplicate", dues=()) for each in sent[: share.duplicate]),
            *refused,
            *stale,
        ]

    def owns(self, sending: Sending, entry: JournalEntry) -> bool:
        return sending.flow == self.id

    def judge(self, sent: Sequence[Sending], effects: Sequence[Effect]) -> Judgement:
        own = [each for each in sent if each.flow == self.id]
        found = judged(own, effects)
        losses = {each.publication.message_id for each in own if each.publication.type == TYPE and each.dues}
        ended: set[str] = set()
        returned = 0
        for one in (each for each in effects if (each.partner, each.operation) == AT_PMH):
            returned += one.record in ended
            if one.correlation_id in losses:
                ended.add(one.record)
        text = f"nothing came back to PMH after one of {len(losses)} losses"
        return replace(found, expectations=[*found.expectations, Expectation.zero(text, returned)])

    def _registered(self, one: Registration, ids: Ids) -> Sending:
        """As PMH has it before anything fails, with the child's key."""
        books = (("pmh", *partner_keys.bound(one.child.individual_number, f"K7{one.history_key:014d}")),)
        return replace(registration.sending(self.id, one, ids), wave=0, books=books)

    def _loss(self, one: Registration, reason: str, ids: Ids) -> Sending:
        ended = replace(one, history_key=one.history_key + 1)
        letter = _letter(ended, reason, ids)
        dues = tuple(
            Due(*place, letter.message_id, ended.record, ended.history_key) for place in registration.REGISTERED
        )
        return Sending(self.id, SENDER, letter, dues=dues)


def _letter(one: Registration, reason: str, ids: Ids) -> Publication:
    body = letters.eligibility_loss(one, reason, TODAY + timedelta(days=30))
    return Publication(TYPE, body, PURPOSE, message_id=ids())


def _certificates(city: City) -> Iterator[Registration]:
    """One for each child of whom no other flow says anything to PMH."""
    count = len(city.residents)
    apart = city.residents[4 * count // 5 : 17 * count // 20]
    members = {one.addressee_number for one in apart}
    for household in city.households:
        for child in household.children:
            if child.addressee_number in members:
                key = _FIRST_KEY + int(child.addressee_number) % 1_000_000 * _KEYS
                yield Registration(child, household.guardians, numbers.recipient_number(key % 1_000_000), key, TODAY)
