"""F15: the list of permitted inquiries (照会許可用照会リスト) comes in versions; the hub says which one it goes by."""

from collections.abc import Sequence
from dataclasses import replace

from hub.client import Publication
from hub.ports.store import JournalEntry
from hub.sandbox import inquiries, mischief
from hub.sandbox.city import City
from hub.sandbox.flow import Ids, Judgement, Sending, Shares, judged
from hub.sandbox.flows.provision import LIST_HELD, LIST_PURPOSE, SENDER, STRANGER
from hub.sandbox.inquiries import INQUIRER
from hub.sandbox.judge import Due, Effect

_FIRST, _OLD = 10_000, 100  # versions: beyond those that F10 and F12 begin with
_LONGEST = 50  # combinations


class PermissionList:
    """Each version is held, in force is the newest; one with a known number and other content is refused."""

    id = "F15"
    name = "照会許可用照会リスト permission list"

    def messages(self, city: City, most: int) -> list[Sending]:
        ids = Ids(city.seed, self.id)
        share = Shares.of(most)
        older = [self._sending(_OLD + n, n, ids) for n in range(share.stale)]  # kept, and in force no more
        sent = [self._sending(_FIRST + n, n, ids) for n in range(share.normal)]
        changed = replace(self._sending(_FIRST, 1, ids), fate="refused", dues=(), code="provision.conflict", wave=2)
        refused = mischief.refused(
            self.id, SENDER, STRANGER, lambda: _letter(_FIRST + 10 * most, 1, ids), ids, share.refused - 1
        )
        return [
            *sent,
            *(replace(each, fate="duplicate", dues=()) for each in sent[: share.duplicate]),
            *refused,
            changed,
            *(replace(each, wave=2) for each in older),
        ]

    def owns(self, sending: Sending, entry: JournalEntry) -> bool:
        return sending.flow == self.id

    def judge(self, sent: Sequence[Sending], effects: Sequence[Effect]) -> Judgement:
        return judged([each for each in sent if each.flow == self.id], effects)

    def _sending(self, version: int, more: int, ids: Ids) -> Sending:
        letter = _letter(version, more, ids)
        return Sending(self.id, SENDER, letter, dues=(Due(*LIST_HELD, letter.message_id, f"list {version}"),))


def _letter(version: int, more: int, ids: Ids) -> Publication:
    others = [f"00{n:06d}00000000" for n in range(1, 1 + more % _LONGEST)]
    body = inquiries.permission_list(version, [INQUIRER, *others])
    return Publication(inquiries.LIST, body, LIST_PURPOSE, message_id=ids())
