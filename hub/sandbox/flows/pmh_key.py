"""F17: PMH asks in its answer to a registration for the key of a child that has none, and gets it bound.

Begun by registrations of its own. Those of F16 need keys as well, and what they cause of this flow is judged here.
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
    needing_key,
    only_key,
    sending,
)
from hub.sandbox.judge import Effect
from hub.sandbox.report import Expectation

F16 = "F16"


class PmhKey:
    """A child without a key causes one request for one, a child that has one causes none (R1)."""

    id = "F17"
    name = "PMHキー採番 PMH key"

    def messages(self, city: City, most: int) -> list[Sending]:
        ids = Ids(city.seed, self.id)
        share = Shares.of(most)
        certificates = Certificates(city, 1, 2)
        first = [certificates.first() for _ in range(share.normal)]
        sent = [needing_key(sending(self.id, each, ids), each.child.individual_number) for each in first]
        again = [sending(self.id, certificates.after(each), ids) for each in first[: share.stale]]
        refused = mischief.refused(
            self.id, SENDER, STRANGER, lambda: letter(certificates.first(), ids), ids, share.refused
        )
        return [
            *sent,
            *(replace(each, fate="duplicate", dues=()) for each in sent[: share.duplicate]),
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
        requests = Counter(each.correlation_id for each in effects if (each.partner, each.operation) == KEY_REQUEST)
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
