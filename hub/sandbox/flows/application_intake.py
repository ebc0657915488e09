"""F5: the portal lays out signed applications; application management and welfare take each once, the portal hears."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import count, cycle, islice

from hub.client import Publication
from hub.ports.store import JournalEntry
from hub.sandbox import forms
from hub.sandbox.applications import reception_number
from hub.sandbox.bad_packages import BAD
from hub.sandbox.city import City
from hub.sandbox.flow import Judgement, Sending, Shares, collected_id, judged
from hub.sandbox.judge import Due, Effect
from hub.sandbox.report import Expectation

APPLICATION, NOTICE, PURPOSE = "myna_portal.application", "application.receipt", "application.intake"
PORTAL = "myna_portal"
TAKEN = ("application_management", "application_management.application")
EXAMINED = ("welfare", "welfare.application")
TOLD = (PORTAL, "myna_portal.application_receipt")
UNLINKED = "application.unlinked"
LINKING = "delivery.application_intake"
_FIRST = 6_000_000  # serial of the applications of this flow


class ApplicationIntake:
    """What is signed and complete arrives whole; what is not goes nowhere, and the portal is told of both."""

    id = "F5"
    name = "電子申請取込 application intake"

    def messages(self, city: City, most: int) -> list[Sending]:
        share = Shares.of(most)
        numbers = map(reception_number, count(_FIRST))
        procedures = cycle((forms.ISSUE, forms.ISSUE, forms.CHANGE))
        sent = [_good(next(numbers), next(procedures)) for _ in range(share.normal)]
        unknown = [_unlinked(next(numbers), (forms.NONE, forms.SEVERAL)[n % 2]) for n in range(share.stale)]
        bad = [_bad(next(numbers), kind) for kind in islice(cycle(BAD), share.refused)]
        return [
            *sent,
            *(replace(each, fate="duplicate", dues=(), wave=2) for each in sent[: share.duplicate]),
            *bad,
            *unknown,
        ]

    def owns(self, sending: Sending, entry: JournalEntry) -> bool:
        return sending.flow == self.id

    def judge(self, sent: Sequence[Sending], effects: Sequence[Effect]) -> Judgement:
        own = [each for each in sent if each.flow == self.id]
        found = judged(own, effects)
        meant = {due.correlation_id for each in own for due in each.dues}
        elsewhere = sum(
            (each.partner, each.operation) not in (TAKEN, EXAMINED, TOLD)
            for each in effects
            if each.correlation_id in meant
        )
        text = "applications went to application management and welfare alone, and the portal heard of each"
        return replace(found, expectations=[*found.expectations, Expectation.zero(text, elsewhere)])


def _good(number: str, procedure: str) -> Sending:
    sending = laid_out("F5", number, forms.package(number, procedure))
    message_id = sending.publication.message_id
    return replace(sending, dues=tuple(Due(*place, message_id) for place in (TAKEN, EXAMINED, TOLD)))


def _unlinked(number: str, known: str) -> Sending:
    """Of an applicant who is nobody, or two: it stops before a person has looked, and the portal hears that."""
    sending = laid_out("F5", number, forms.package(number, known=known))
    dues = (Due(*TOLD, sending.publication.message_id),)
    return replace(sending, fate="refused", code=UNLINKED, dies_at=LINKING, dues=dues, wave=2)


def _bad(number: str, kind: str) -> Sending:
    """A package with a fault: a dead letter, and a receipt that says why."""
    code, make = BAD[kind]
    content = make(number)
    variant = f"{number}/{sha256(content).hexdigest()}"
    dues = (Due(*TOLD, collected_id(PORTAL, variant, NOTICE)),)
    return replace(laid_out("F5", number, content, variant), fate="refused", code=code, dues=dues)


def laid_out(flow: str, number: str, content: bytes, key: str = "") -> Sending:
    """`key`: what its message id is made of, where it is not the number."""
    message_id = collected_id(PORTAL, key or number, APPLICATION)
    letter = Publication(APPLICATION, content, PURPOSE, message_id=message_id)
    return Sending(flow, PORTAL, letter, tray=f"{number}.zip")
