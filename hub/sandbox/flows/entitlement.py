"""F18: medical institutions ask with a PMH連携キー and get the entitlements of their patient, or a no without a reason.

The children are registered, and have their keys, before partners begin to fail. PMH books why it said no (R36, R37,
R40, R41), where the judge reads it; an institution sees one kind of no. What PMH would tell about somebody who is
protected here, and not there yet, does not leave without two people.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count, cycle, islice

from hub.client import Publication
from hub.ports.store import JournalEntry
from hub.sandbox import letters, mischief, numbers
from hub.sandbox.certificates import Certificates, Registration
from hub.sandbox.city import TODAY, City
from hub.sandbox.flow import Ids, Judgement, Sending, Shares, judged
from hub.sandbox.flows.registration import at_pmh, needing_key, sending
from hub.sandbox.flows.visits import Visit, link_key
from hub.sandbox.judge import Due, Effect
from hub.sandbox.partner_entitlements import (
    DELETED,
    EXPIRED,
    FOUND,
    LAPSED,
    NO_CONSENT,
    NOT_DISCLOSED,
    REPLAYED,
    UNKNOWN,
    UNREADABLE,
)
from hub.sandbox.report import Expectation

TYPE, PURPOSE = "medical_institution.inquiry", "child-medical.entitlement"
SENDER, STRANGER = "medical_institution", "welfare"
ASKED = ("pmh", "pmh.entitlement_inquiry")
TOLD = ("medical_institution", "medical_institution.entitlements")
DENIED = ("medical_institution", "medical_institution.no_entitlement")
AGO = timedelta(days=800)
# Further ways to be told no beside those that need no child of their own, and how many messages each takes
WAYS = ((LAPSED, 2), (NOT_DISCLOSED, 2), ("revoked", 2), (DELETED, 3), (UNKNOWN, 1), (UNREADABLE, 1))


class Entitlement:
    """Every inquiry has one answer: the entitlements, or no; and PMH knows why."""

    id = "F18"
    name = "医療機関照会 entitlement inquiry"

    def messages(self, city: City, most: int) -> list[Sending]:
        ids = Ids(city.seed, self.id)
        share = Shares.of(most)
        certificates, visits = Certificates(city, 2, 12), count(1)
        left = share.normal + share.stale
        protected = certificates.disclosed()
        fixed = [
            self._first(protected, ids),
            self._ask(Visit(next(visits), _number(protected)), city, ids, fate="held"),
            *self._ways(city, certificates, visits, ids, left - 10),
        ]
        left -= len(fixed)
        patients = [certificates.disclosed() for _ in range(max(1, left // 6))]
        first = _number(patients[0])
        used = Visit(next(visits), first)
        denied = [Visit(next(visits), first, NO_CONSENT), Visit(next(visits), first, EXPIRED)]
        left -= len(patients) + 1 + len(denied) + 1
        others = [Visit(next(visits), _number(one)) for one in islice(cycle(patients), left)]
        asked = [self._ask(each, city, ids) for each in (used, *denied, *others)]
        replayed = replace(self._ask(replace(used, reason=REPLAYED), city, ids, file=next(visits)), wave=2)
        spare = lambda: _letter(Visit(next(visits), first), city, ids)  # noqa: E731 - read once, below
        return [
            *(self._first(one, ids) for one in patients),
            *fixed,
            *asked,
            *(replace(each, fate="duplicate", dues=()) for each in asked[: share.duplicate]),
            *mischief.refused(self.id, SENDER, STRANGER, spare, ids, share.refused),
            replayed,
        ]

    def owns(self, sending: Sending, entry: JournalEntry) -> bool:
        return sending.flow == self.id

    def judge(self, sent: Sequence[Sending], effects: Sequence[Effect]) -> Judgement:
        own = [each for each in sent if each.flow == self.id]
        found = judged(own, effects)
        due = {due.correlation_id: due.reason for each in own for due in each.dues if _at(due, ASKED)}
        booked = {each.correlation_id: each.reason for each in effects if _at(each, ASKED)}
        told, denied = ({each.correlation_id for each in effects if _at(each, place)} for place in (TOLD, DENIED))
        barred = {message_id for message_id, reason in due.items() if reason != FOUND}
        otherwise = sum(booked.get(message_id) != reason for message_id, reason in due.items())
        return replace(
            found,
            expectations=[
                *found.expectations,
                Expectation.zero(f"PMH booked of each inquiry ({len(due)}) why it was answered so", otherwise),
                Expectation.zero(f"who was to be told no ({len(barred)}) was told nothing else", len(barred & told)),
                Expectation.zero("no inquiry was told both", len(told & denied)),
            ],
        )

    def _ways(
        self, city: City, certificates: Certificates, visits: Iterator[int], ids: Ids, most: int
    ) -> Iterator[Sending]:
        """Inquiries to be told no, each with what makes it so; as many as fit."""
        for way, size in WAYS:
            if size > most:
                return
            most -= size
            if way in (UNKNOWN, UNREADABLE):
                yield self._ask(Visit(next(visits), _number(certificates.disclosed()), way), city, ids)
                continue
            one = certificates.disclosed()
            match way:
                case "revoked":
                    one, reason = replace(one, revoked_on=TODAY), LAPSED
                case "lapsed":
                    one, reason = replace(one, valid_from=TODAY - AGO), LAPSED
                case "not_disclosed":
                    one, reason = replace(one, child=replace(one.child, protected=True)), way
                case _:
                    reason = way
            yield self._first(one, ids)
            inquiry = self._ask(Visit(next(visits), _number(one), reason), city, ids)
            if way == DELETED:
                yield at_pmh(sending(self.id, certificates.after(one, deleted=True), ids))
                inquiry = replace(inquiry, wave=2)
            yield inquiry

    def _first(self, one: Registration, ids: Ids) -> Sending:
        return replace(at_pmh(needing_key(sending(self.id, one, ids), _number(one))), wave=0)

    def _ask(self, visit: Visit, city: City, ids: Ids, *, fate: str = "effect", file: int = 0) -> Sending:
        """`file`: another number for the inquiry than that of the visit whose key it brings."""
        letter = _letter(visit, city, ids, file)
        asked = Due(*ASKED, letter.message_id, reason=visit.reason)
        answered = Due(*(TOLD if visit.reason == FOUND else DENIED), letter.message_id)
        if fate == "held":
            return Sending(self.id, SENDER, letter, "held", (asked,), wave=2, protects=_addressee(city, visit.child))
        return Sending(self.id, SENDER, letter, dues=(asked, answered))


def _letter(visit: Visit, city: City, ids: Ids, file: int = 0) -> Publication:
    institution = numbers.institution_code(visit.serial % 20)
    body = letters.entitlement_inquiry(
        institution, f"F{file or visit.serial}", TODAY, link_key(visit, city.seed, "F18")
    )
    return Publication(TYPE, body, PURPOSE, message_id=ids())


def _number(one: Registration) -> str:
    return one.child.individual_number


def _addressee(city: City, individual_number: str) -> str:
    return next(each.addressee_number for each in city.children if each.individual_number == individual_number)


def _at(what: Due | Effect, place: tuple[str, str]) -> bool:
    return (what.partner, what.operation) == place
