"""F17: PMH asks in its answer to a registration for the key of a child that has none, and gets it bound.

Begun by registrations of its own. Those of F16 need keys as well, and what they cause of this flow is judged here.
When the key is there, the insurers tell online eligibility verification which 紐付番号 it belongs to.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from hub.ports.store import JournalEntry
from hub.sandbox import mischief
from hub.sandbox.certificates import Certificates
from hub.sandbox.city import City
from hub.sandbox.flow import Ids, Judgement, Sending, Shares, judged
from hub.sandbox.flows.registration import (
    KEY_REQUEST,
    KEY_TYPES,
    SENDER,
    STRANGER,
    letter,
    linking,
    needing_key,
    only_key,
    sending,
)
from hub.sandbox.judge import Effect
from hub.sandbox.report import Expectation

F16 = "F16"


class PmhKey:
    """A child without a key causes one request for one, a child that has one causes none (R1).

    A few children have their keys before partners begin to fail, and are linked under one number of the insurers after
    another: a link about somebody the hub does not know would be held.
    """

    id = "F17"
    name = "PMHキー採番 PMH key"

    def messages(self, city: City, most: int) -> list[Sending]:
        ids = Ids(city.seed, self.id)
        share = Shares.of(most)
        certificates = Certificates(city, 1, 2)
        count, few = share.normal // 5, max(1, share.normal // 12)
        first = [certificates.first() for _ in range(share.normal - count)]
        sent = [needing_key(sending(self.id, each, ids), each.child.individual_number) for each in first]
        early, late = sent[:few], sent[few:]
        links = [linking(self.id, first[n % few].child.individual_number, n // few + 1, ids) for n in range(count)]
        again = [sending(self.id, certificates.after(each), ids) for each in first[: share.stale]]
        refused = mischief.refused(
            self.id, SENDER, STRANGER, lambda: letter(certificates.first(), ids), ids, share.refused
        )
        return [
            *(replace(each, wave=0) for each in early),
            *_spread(late, links),
            *(replace(each, fate="duplicate", dues=()) for each in late[: share.duplicate]),
            *refused,
            *(replace(each, wave=2) for each in again),
        ]

    def owns(self, sending: Sending, entry: JournalEntry) -> bool:
        return sending.flow == self.id or (sending.flow == F16 and entry.type in KEY_TYPES)

    def judge(self, sent: Sequence[Sending], effects: Sequence[Effect]) -> Judgement:
        found = judged([each for each in sent if each.flow == self.id], effects)
        riding = judged([only_key(each) for each in sent if each.flow == F16], effects)
        needing = [
            due.correlation_id
            for each in sent
            for due in each.dues
            if each.flow in (self.id, F16) and (due.partner, due.operation) == KEY_REQUEST
        ]
        others = {each.publication.message_id for each in sent if each.flow not in (self.id, F16)}
        requests = Counter(
            each.correlation_id
            for each in effects
            if (each.partner, each.operation) == KEY_REQUEST and each.correlation_id not in others
        )
        otherwise = sum(requests[message_id] != 1 for message_id in needing)
        needless = sum(count for message_id, count in requests.items() if message_id not in set(needing))
        return Judgement(
            found.delivered,
            [*found.lost, *riding.lost],
            [
                *found.expectations,
                Expectation.zero("each child registered by F16 has its key, too", len(riding.lost)),
                Expectation.zero(f"for each child without a key ({len(needing)}) there is one request", otherwise),
                Expectation.zero("for a child that has a key there is none", needless),
            ],
        )


def _spread(many: Sequence[Sending], few: Sequence[Sending]) -> list[Sending]:
    """All of them, the few at even distances between the many."""
    places = [(number / len(group), each) for group in (many, few) for number, each in enumerate(group)]
    return [each for _, each in sorted(places, key=lambda place: place[0])]
