"""F16: the welfare system registers certificates (医療証) at Public Medical Hub and gets the result of each back."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from hub.ports.store import JournalEntry
from hub.sandbox import mischief
from hub.sandbox.certificates import Certificates, Registration, newest
from hub.sandbox.city import City
from hub.sandbox.flow import Ids, Judgement, Sending, Shares, judged
from hub.sandbox.flows.registration import KEY_TYPES, SENDER, STRANGER, letter, needing_key, sending, without_key
from hub.sandbox.judge import Effect

RECORDS = 4  # per certificate: registered, then renewed


class Eligibility:
    """The newest history key of every certificate reaches PMH; a deletion is final; each result finds its way back.

    The children are registered before partners begin to fail. PMH asks for a child's key in every answer until one is
    bound: under failures it would be up to chance whose answer brings it, and the judge goes by messages. F17 has the
    failures in first registrations, with no newer record until they are through.
    """

    id = "F16"
    name = "PMH登録 eligibility"

    def messages(self, city: City, most: int) -> list[Sending]:
        ids = Ids(city.seed, self.id)
        share = Shares.of(most)
        certificates = Certificates(city, 0, 4)
        late = [certificates.first() for _ in range(share.stale)]
        events = share.normal - share.stale  # deletions are as many as stale records
        begun = [certificates.after(each) for each in late]
        begun += [certificates.first() for _ in range(max(events // RECORDS, len(late) + 1) - len(late))]
        renewed = _renewals(city.seed, certificates, begun, events - len(begun))
        first = [needing_key(sending(self.id, each, ids), each.child.individual_number) for each in begun]
        sent = [sending(self.id, each, ids) for each in renewed]
        # half of what is deleted has an older record that is still to arrive
        half, last = (share.stale + 1) // 2, newest([*begun, *renewed])
        doomed = [*last[:half], *last[share.stale :][: share.stale - half]]
        deletions = [sending(self.id, certificates.after(each, deleted=True), ids) for each in doomed]
        refused = mischief.refused(
            self.id, SENDER, STRANGER, lambda: letter(certificates.first(), ids), ids, share.refused
        )
        return [
            *(replace(each, wave=0) for each in first),
            *sent,
            *(replace(each, fate="duplicate", dues=()) for each in sent[: share.duplicate]),
            *refused,
            *(replace(each, wave=2) for each in deletions),
            *(replace(sending(self.id, each, ids), fate="stale", dues=(), wave=2) for each in late),
        ]

    def owns(self, sending: Sending, entry: JournalEntry) -> bool:
        return sending.flow == self.id and entry.type not in KEY_TYPES

    def judge(self, sent: Sequence[Sending], effects: Sequence[Effect]) -> Judgement:
        return judged([without_key(each) for each in sent if each.flow == self.id], effects)


def _renewals(seed: int, certificates: Certificates, begun: Sequence[Registration], count: int) -> list[Registration]:
    """`count` further records of these certificates, drawn at random, in the order of their keys."""
    rng = Random(f"renkei-eligibility-{seed}")
    events = list(begun)
    for _ in range(count):
        events.append(certificates.after(rng.choice(newest(events))))
    return events[len(begun) :]
