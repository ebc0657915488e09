"""F14: copies (副本) of records go by the platform to the intermediate server, and each result comes back."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count, islice

from hub.client import Publication
from hub.ports.store import JournalEntry
from hub.sandbox import copies, mischief
from hub.sandbox.city import City, Resident
from hub.sandbox.copies import Copy
from hub.sandbox.flow import Ids, Judgement, Sending, Shares, judged
from hub.sandbox.flows import numbering
from hub.sandbox.judge import Due, Effect
from hub.sandbox.report import Expectation

PURPOSE = "copy.register"
SENDER, STRANGER = "welfare", "resident_registry"
RESOLVED = ("integration_platform", "integration_platform.provision_copy")
REGISTERED = ("intermediate_server", "intermediate_server.copy_registration")
RESULT = ("welfare", "welfare.copy_result")
TARGETS = (RESOLVED, REGISTERED, RESULT)


class CopyRegistration:
    """The newest copy of every record is registered and its result comes back; an older one never overwrites it."""

    id = "F14"
    name = "副本登録 copy registration"

    def messages(self, city: City, most: int) -> list[Sending]:
        ids = Ids(city.seed, self.id)
        share = Shares.of(most)
        serials = count(1)
        residents = _own(city)
        people = [next(residents) for _ in range((share.normal - share.stale - 2) // 2)]
        first = [Copy(one, next(serials), 1) for one in people]
        # their first copies are withheld until the second one is registered
        late, rest = first[: share.stale], first[share.stale :]
        updated = [Copy(one, next(serials), 2) for one in people[: share.stale + 2]]
        left = share.normal - len(people) - len(rest) - len(updated)
        deleted = [Copy(one, next(serials), 3, deleted=True) for one in people[:left]]
        sent = [self._sending(each, ids) for each in (*rest, *updated)]
        refused = mischief.refused(
            self.id, SENDER, STRANGER, lambda: _letter(Copy(people[0], next(serials), 9), ids), ids, share.refused
        )
        return [
            *(numbering.known(self.id, one, ids) for one in people),
            *sent,
            *(replace(each, fate="duplicate", dues=()) for each in sent[: share.duplicate]),
            *refused,
            *(replace(self._sending(each, ids), wave=2) for each in deleted),
            *(replace(self._sending(each, ids), fate="stale", dues=(), wave=2) for each in late),
        ]

    def owns(self, sending: Sending, entry: JournalEntry) -> bool:
        return sending.flow == self.id

    def judge(self, sent: Sequence[Sending], effects: Sequence[Effect]) -> Judgement:
        own = [each for each in sent if each.flow == self.id]
        found = judged(own, effects)
        ids = {each.publication.message_id for each in own}
        registered, reported = (
            [each.correlation_id for each in effects if (each.partner, each.operation) == place]
            for place in (REGISTERED, RESULT)
        )
        amiss = {*registered} ^ {*reported}
        text = "a result was reported for each copy that is registered, and for no other"
        return replace(found, expectations=[*found.expectations, Expectation.zero(text, len(amiss & ids))])

    def _sending(self, copy: Copy, ids: Ids) -> Sending:
        letter = _letter(copy, ids)
        dues = tuple(Due(*target, letter.message_id, copy.record, copy.version) for target in TARGETS)
        return Sending(self.id, SENDER, letter, dues=dues)


def _letter(copy: Copy, ids: Ids) -> Publication:
    return Publication(copies.TYPE, copies.letter(copy), PURPOSE, message_id=ids())


def _own(city: City) -> Iterator[Resident]:
    """Residents no other flow numbers: F3 takes the first ones, F13 the last."""
    return islice(city.residents, len(city.residents) // 2, None)
