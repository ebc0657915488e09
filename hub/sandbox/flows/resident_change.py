"""F2: 住民異動 from the resident registry by the integration platform to the welfare system."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from hub.client import Publication
from hub.ports.store import JournalEntry
from hub.sandbox import letters, mischief
from hub.sandbox.city import Change, City
from hub.sandbox.flow import Ids, Judgement, Sending, Shares, judged
from hub.sandbox.judge import Due, Effect

TYPE, PURPOSE = "resident_registry.change", "resident.change"
SENDER, STRANGER = "resident_registry", "welfare"
TARGETS = (
    ("integration_platform", "integration_platform.resident_change"),
    ("welfare", "welfare.resident_change"),
)


class ResidentChange:
    """The newest version of every person's record reaches both; an older one never overwrites it."""

    id = "F2"
    name = "住民異動 resident change"

    def messages(self, city: City, most: int) -> list[Sending]:
        ids = Ids(city.seed, self.id)
        share = Shares.of(most)
        changes = list(islice(city.changes(), 10 * most))
        late, in_order = _split(changes, share.stale, share.normal)
        sent = [self._sending(change, ids) for change in in_order]
        spare = iter(changes[-most:])
        refused = mischief.refused(
            self.id, SENDER, STRANGER, lambda: self._letter(next(spare), ids), ids, share.refused
        )
        return [
            *sent,
            *(replace(each, fate="duplicate", dues=()) for each in sent[: share.duplicate]),
            *refused,
            *(replace(self._sending(change, ids), fate="stale", dues=(), wave=2) for change in late),
        ]

    def owns(self, sending: Sending, entry: JournalEntry) -> bool:
        return sending.flow == self.id

    def judge(self, sent: Sequence[Sending], effects: Sequence[Effect]) -> Judgement:
        return judged([each for each in sent if each.flow == self.id], effects)

    def _letter(self, change: Change, ids: Ids) -> Publication:
        return Publication(TYPE, letters.resident_change(change), PURPOSE, message_id=ids())

    def _sending(self, change: Change, ids: Ids) -> Sending:
        letter = self._letter(change, ids)
        record, version = change.resident.addressee_number, change.history_number
        dues = tuple(Due(*target, letter.message_id, record, version) for target in TARGETS)
        return Sending(self.id, SENDER, letter, dues=dues)


def _split(changes: Sequence[Change], late: int, normal: int) -> tuple[list[Change], list[Change]]:
    """`late` changes to withhold until a newer one of the same person has gone out, and `normal` to send in order."""
    withheld: dict[int, int] = {}  # position of an older change → of the newer one
    last: dict[str, int] = {}
    for position, change in enumerate(changes):
        before = last.get(change.resident.addressee_number)
        if before is not None and before not in withheld.values() and len(withheld) < late:
            withheld[before] = position
        last[change.resident.addressee_number] = position
    needed = set(withheld.values())
    others: Iterator[int] = (n for n in range(len(changes)) if n not in withheld and n not in needed)
    chosen = sorted({*needed, *islice(others, max(normal - len(needed), 0))})
    return [changes[n] for n in withheld], [changes[n] for n in chosen]
