"""F6: every change of an application's status goes to the portal, once and in order per 受付番号 (R20)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

from hub.client import Publication
from hub.ports.store import JournalEntry
from hub.sandbox import letters, mischief
from hub.sandbox.applications import reception_number
from hub.sandbox.city import TODAY, City
from hub.sandbox.flow import Ids, Judgement, Sending, Shares, judged
from hub.sandbox.judge import Due, Effect
from hub.sandbox.report import Expectation

TYPE, PURPOSE = "application_management.status_change", "application.status"
SENDER, STRANGER = "application_management", "welfare"
SHOWN = ("myna_portal", "myna_portal.application_status")
CHANGES = 4  # of one application
# 受付, 審査中, 補正依頼, 審査中 and 完了 or 却下; or done without a correction, or withdrawn
COURSES = (("01", "02", "03", "02"), ("01", "02", "03", "04"), ("01", "02", "06"), ("01", "05"))
COMMENTS = {
    "03": "健康保険証の写しを添付してください。",
    "04": "対象年齢を超えています。",
    "06": "医療証を発送しました。",
}
_BEGAN = datetime(TODAY.year, TODAY.month, TODAY.day, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Status:
    """One change. `version` counts up from 1 per application."""

    number: str
    version: int
    code: str


class ApplicationStatus:
    """What the portal shows goes the way the application went, no step left out and none taken twice."""

    id = "F6"
    name = "申請処理状況 application status"

    def messages(self, city: City, most: int) -> list[Sending]:
        ids = Ids(city.seed, self.id)
        share = Shares.of(most)
        changes = _changes(city.seed, share.normal)
        sent = [self._sending(each, ids) for each in changes]
        late = [each for each in changes if each.version == 1 and Status(each.number, 2, "02") in changes]
        stale = [replace(self._sending(each, ids), fate="stale", dues=(), wave=2) for each in late[: share.stale]]
        spare = (Status(reception_number(1_000_000 + n), 1, "01") for n in range(share.refused * mischief.KINDS))
        refused = mischief.refused(self.id, SENDER, STRANGER, lambda: _letter(next(spare), ids), ids, share.refused)
        return [
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
        text = "the portal saw every application go its way step by step"
        return replace(found, expectations=[*found.expectations, Expectation.zero(text, _out_of_step(own, effects))])

    def _sending(self, status: Status, ids: Ids) -> Sending:
        letter = _letter(status, ids)
        return Sending(self.id, SENDER, letter, dues=(Due(*SHOWN, letter.message_id),))


def _changes(seed: int, count: int) -> list[Status]:
    """`count` changes of many applications, the first steps of all before the second ones."""
    rng = Random(f"renkei-application-status-{seed}")
    courses = [rng.choice(COURSES[:2] if n % 2 else COURSES) for n in range(count)]
    applications = [(reception_number(n), course) for n, course in enumerate(courses[: max(2, count // 3)], start=1)]
    found = list(_steps(applications))
    more = ((reception_number(n), ("01",)) for n in range(len(applications) + 1, count + 1))
    return [*found, *_steps(list(more))][:count]


def _steps(applications: Sequence[tuple[str, Sequence[str]]]) -> Iterator[Status]:
    for step in range(CHANGES):
        for number, course in applications:
            if step < len(course):
                yield Status(number, step + 1, course[step])


def _letter(status: Status, ids: Ids) -> Publication:
    at = _BEGAN + timedelta(days=status.version)
    comment = COMMENTS.get(status.code, "")
    body = letters.application_status(status.number, status.version, status.code, comment, at)
    return Publication(TYPE, body, PURPOSE, message_id=ids())


def _out_of_step(own: Sequence[Sending], effects: Sequence[Effect]) -> int:
    """Changes that were not the next one of their application, going by what the sender sent under each id."""
    sent: dict[str, tuple[bytes, int]] = {}
    for each in own:
        body = each.publication.body
        number, version = (_value(body, name) for name in (b"reception_number", b"status_version"))
        if each.fate == "effect":
            sent[each.publication.message_id] = (number, int(version))
    reached: dict[bytes, int] = {}
    wrong = 0
    for effect in effects:
        if (effect.partner, effect.operation) == SHOWN and effect.correlation_id in sent:
            number, step = sent[effect.correlation_id]
            wrong += step != reached.get(number, 0) + 1
            reached[number] = step
    return wrong


def _value(body: bytes, name: bytes) -> bytes:
    return body.partition(b"<" + name + b">")[2].partition(b"<")[0]
