"""F3: 個人番号の新規入力 → 団体内統合宛名番号 → 符号の取得依頼 → 処理通番 back to the resident registry."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from hub.client import Publication
from hub.ports.store import JournalEntry
from hub.sandbox import letters, mischief, numbers
from hub.sandbox.city import TODAY, City, Resident
from hub.sandbox.flow import Ids, Judgement, Sending, Shares, judged
from hub.sandbox.judge import Due, Effect
from hub.sandbox.report import Expectation

TYPE, PURPOSE = "welfare.person_number", "child-medical.numbering"
SENDER, STRANGER = "welfare", "resident_registry"
ALWAYS = (
    ("integration_platform", "integration_platform.numbering_request"),
    ("welfare", "welfare.numbering_result"),
)
CODE_REQUEST = ("intermediate_server", "intermediate_server.code_request")
NEW_NUMBER = (CODE_REQUEST, ("resident_registry", "resident_registry.processing_number"))
_ELSEWHERE = 9_000_000  # 宛名番号 of 住登外 records begin here
_ENTERED = datetime(TODAY.year, TODAY.month, TODAY.day, 9, tzinfo=UTC)


class Numbering:
    """A new 個人番号 gets one number and causes one request for a code; a repeated one reuses its number (R5)."""

    id = "F3"
    name = "団体内統合宛名番号・符号取得 numbering"

    def messages(self, city: City, most: int) -> list[Sending]:
        ids = Ids(city.seed, self.id)
        share = Shares.of(most)
        residents = iter(city.residents)
        new = [next(residents) for _ in range(share.normal)]
        sent = [first(self.id, resident, ids) for resident in new]
        again = [
            replace(resident, addressee_number=numbers.padded(_ELSEWHERE + n))
            for n, resident in enumerate(new[: share.stale])
        ]
        refused = mischief.refused(self.id, SENDER, STRANGER, lambda: _letter(next(residents), ids), ids, share.refused)
        return [
            *sent,
            *(replace(each, fate="duplicate", dues=()) for each in sent[: share.duplicate]),
            *refused,
            *(replace(_sending(self.id, resident, ids, ALWAYS), wave=2) for resident in again),
        ]

    def owns(self, sending: Sending, entry: JournalEntry) -> bool:
        return sending.flow == self.id

    def judge(self, sent: Sequence[Sending], effects: Sequence[Effect]) -> Judgement:
        own = [each for each in sent if each.flow == self.id]
        found = judged(own, effects)
        ids = {each.publication.message_id for each in own}
        reused = {each.publication.message_id for each in own if each.wave == 2}
        requested = [e for e in effects if (e.partner, e.operation) == CODE_REQUEST and e.correlation_id in ids]
        needless = sum(each.correlation_id in reused for each in requested)
        wanted = sum((due.partner, due.operation) == CODE_REQUEST for each in own for due in each.dues)
        return replace(
            found,
            expectations=[
                *found.expectations,
                Expectation.zero(f"a repeated 個人番号 ({len(reused)}) causes no request for a code", needless),
                Expectation.equal("there is one request for a code per new 個人番号", wanted, len(requested)),
            ],
        )


def first(flow: str, resident: Resident, ids: Ids) -> Sending:
    """The welfare system enters this 個人番号 for the first time, as a message of `flow`."""
    return _sending(flow, resident, ids, (*ALWAYS, *NEW_NUMBER))


def known(flow: str, resident: Resident, ids: Ids) -> Sending:
    """The same before anything fails, so that a flow can go on from there; what it causes beyond is F3's affair."""
    return replace(_sending(flow, resident, ids, ALWAYS[:1]), wave=0)


def _sending(flow: str, resident: Resident, ids: Ids, targets: Sequence[tuple[str, str]]) -> Sending:
    letter = _letter(resident, ids)
    return Sending(flow, SENDER, letter, dues=tuple(Due(*each, letter.message_id) for each in targets))


def _letter(resident: Resident, ids: Ids) -> Publication:
    return Publication(TYPE, letters.person_number(resident, _ENTERED), PURPOSE, message_id=ids())
