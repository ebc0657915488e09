"""F4: the welfare system registers parents who live elsewhere (住登外); the platform numbers those with 個人番号."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from hub.client import Publication
from hub.ports.store import JournalEntry
from hub.sandbox import mischief, nonresidents, numbers
from hub.sandbox.city import City
from hub.sandbox.flow import Ids, Judgement, Sending, Shares, judged
from hub.sandbox.flows.numbering import CODE_REQUEST, NEW_NUMBER
from hub.sandbox.judge import Due, Effect
from hub.sandbox.nonresidents import Nonresident
from hub.sandbox.report import Expectation

PURPOSE = "child-medical.numbering"
SENDER, STRANGER = "welfare", "resident_registry"
REGISTERED = ("integration_platform", "integration_platform.nonresident")
NUMBERED = ("welfare", "welfare.numbering_result")
RECORDED = ("welfare", "welfare.nonresident_result")
_FIRST = 8_000_000  # 宛名番号 given here begin there


class NonresidentRegistration:
    """A new 個人番号 is numbered and has its code requested, a known one reuses its number, none has none (R5)."""

    id = "F4"
    name = "住登外登録 registration of non-residents"

    def messages(self, city: City, most: int) -> list[Sending]:
        ids = Ids(city.seed, self.id)
        share = Shares.of(most)
        # residents no other flow numbers
        drawn = enumerate(islice(city.residents, len(city.residents) // 4, None), start=_FIRST)
        people = (replace(one, addressee_number=numbers.padded(serial)) for serial, one in drawn)
        registered = [Nonresident(next(people), 2, numbered=n % 4 > 0) for n in range(share.normal - share.stale)]
        new = [each for each in registered if each.numbered]
        again = [
            Nonresident(replace(next(people), individual_number=one.person.individual_number), 1)
            for one in new[: share.stale]
        ]
        results = {True: (NUMBERED, *NEW_NUMBER), False: (RECORDED,)}
        sent = [self._sending(each, results[each.numbered], ids) for each in registered]
        refused = mischief.refused(
            self.id, SENDER, STRANGER, lambda: _letter(Nonresident(next(people), 1), ids), ids, share.refused
        )
        late = [replace(each, history_number=1) for each in new[-share.stale :]]
        return [
            *sent,
            *(replace(each, fate="duplicate", dues=()) for each in sent[: share.duplicate]),
            *refused,
            *(replace(self._sending(each, (NUMBERED,), ids), wave=2) for each in again),
            *(replace(self._sending(each, (), ids), fate="stale", dues=(), wave=2) for each in late),
        ]

    def owns(self, sending: Sending, entry: JournalEntry) -> bool:
        return sending.flow == self.id

    def judge(self, sent: Sequence[Sending], effects: Sequence[Effect]) -> Judgement:
        own = [each for each in sent if each.flow == self.id]
        found = judged(own, effects)
        due = {
            each.publication.message_id for each in own if CODE_REQUEST in {(d.partner, d.operation) for d in each.dues}
        }
        others = {each.publication.message_id for each in own} - due
        needless = sum(e.correlation_id in others for e in effects if (e.partner, e.operation) == CODE_REQUEST)
        text = "nobody without 個人番号, or with a known one, causes a request for a code"
        return replace(found, expectations=[*found.expectations, Expectation.zero(text, needless)])

    def _sending(self, one: Nonresident, results: Sequence[tuple[str, str]], ids: Ids) -> Sending:
        letter = _letter(one, ids)
        registered = Due(*REGISTERED, letter.message_id, one.person.addressee_number, one.history_number)
        dues = (registered, *(Due(*result, letter.message_id) for result in results))
        return Sending(self.id, SENDER, letter, dues=dues)


def _letter(one: Nonresident, ids: Ids) -> Publication:
    return Publication(nonresidents.TYPE, nonresidents.letter(one), PURPOSE, message_id=ids())
