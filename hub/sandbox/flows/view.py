"""F20: people look at what PMH has of them, under a PMH仮名識別子, and see it, or nothing, or that they may not.

The pseudonyms are stored before partners begin to fail. PMH books why there was nothing to see (R36, R40, R41); what it
would show of somebody who is protected here, and not there yet, does not leave without two people.
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
from hub.sandbox.flow import Fate, Ids, Judgement, Sending, Shares, judged
from hub.sandbox.flows.pseudonym import binding
from hub.sandbox.flows.registration import at_pmh, needing_key, sending
from hub.sandbox.flows.visits import Visit
from hub.sandbox.judge import Due, Effect
from hub.sandbox.partner_entitlements import DELETED, FOUND, LAPSED, NOT_DISCLOSED, STOPPED, UNKNOWN
from hub.sandbox.report import Expectation

TYPE, PURPOSE = "myna_portal.view", "child-medical.entitlement"
SENDER, STRANGER = "myna_portal", "welfare"
ASKED = ("pmh", "pmh.entitlement_view")
SHOWN = ("myna_portal", "myna_portal.entitlements")
DENIED = ("myna_portal", "myna_portal.view_denied")
AGO = timedelta(days=800)
WAYS = ((UNKNOWN, 1), (STOPPED, 3), (NOT_DISCLOSED, 3), (LAPSED, 3), (DELETED, 4))  # and how many messages each takes


class View:
    """Every view has one answer, and PMH knows why it was that one."""

    id = "F20"
    name = "マイナポータル閲覧 view"

    def messages(self, city: City, most: int) -> list[Sending]:
        ids = Ids(city.seed, self.id)
        share = Shares.of(most)
        certificates, serials = Certificates(city, 10, 12), count(1)
        left = share.normal + share.stale
        protected = certificates.disclosed()
        fixed = [
            *self._bound(protected, serials, city, ids),
            self._look(protected, FOUND, serials, ids, fate="held"),
            *self._ways(city, certificates, serials, ids, left - 8),
        ]
        left -= len(fixed)
        people = [certificates.disclosed() for _ in range(max(1, left // 10))]
        looked = islice(cycle(people), left - 2 * len(people))
        views = [self._look(one, FOUND, serials, ids) for one in looked]
        spare = lambda: _letter(people[0], serials, ids)  # noqa: E731 - read once, below
        return [
            *(each for one in people for each in self._bound(one, serials, city, ids)),
            *fixed,
            *views,
            *(replace(each, fate="duplicate", dues=()) for each in views[: share.duplicate]),
            *mischief.refused(self.id, SENDER, STRANGER, spare, ids, share.refused),
        ]

    def owns(self, sending: Sending, entry: JournalEntry) -> bool:
        return sending.flow == self.id

    def judge(self, sent: Sequence[Sending], effects: Sequence[Effect]) -> Judgement:
        own = [each for each in sent if each.flow == self.id]
        found = judged(own, effects)
        dues = [due for each in own for due in each.dues if _at(due, ASKED, SHOWN, DENIED)]
        said = {(each.partner, each.operation, each.correlation_id): each.reason for each in effects}
        otherwise = sum(said.get((due.partner, due.operation, due.correlation_id)) != due.reason for due in dues)
        shown, denied = ({each.correlation_id for each in effects if _at(each, place)} for place in (SHOWN, DENIED))
        barred = {due.correlation_id for due in dues if _at(due, DENIED)}
        return replace(
            found,
            expectations=[
                *found.expectations,
                Expectation.zero(f"PMH booked, and the portal heard, what came of each view ({len(dues)})", otherwise),
                Expectation.zero(f"who was to see nothing ({len(barred)}) was shown nothing", len(barred & shown)),
                Expectation.zero("no view was told both", len(shown & denied)),
            ],
        )

    def _ways(
        self, city: City, certificates: Certificates, serials: Iterator[int], ids: Ids, most: int
    ) -> Iterator[Sending]:
        """Views of nothing, each with what makes it so; as many as fit."""
        for way, size in WAYS:
            if size > most:
                return
            most -= size
            one = certificates.disclosed()
            match way:
                case "unknown":
                    yield self._look(one, way, serials, ids)
                    continue
                case "stopped":
                    one = replace(one, view_stopped=True)
                case "not_disclosed":
                    one = replace(one, child=replace(one.child, protected=True))
                case "lapsed":
                    one = replace(one, valid_from=TODAY - AGO)
            yield from self._bound(one, serials, city, ids)
            if way == DELETED:
                yield at_pmh(sending(self.id, certificates.after(one, deleted=True), ids))
            view = self._look(one, way, serials, ids)
            yield replace(view, wave=2) if way == DELETED else view

    def _bound(self, one: Registration, serials: Iterator[int], city: City, ids: Ids) -> tuple[Sending, Sending]:
        """Registered, and then known to the portal."""
        number = one.child.individual_number
        registered = replace(at_pmh(needing_key(sending(self.id, one, ids), number)), wave=-1)
        bound = binding(self.id, Visit(next(serials), number), numbers.pseudonym(number), city, ids)
        return registered, replace(bound, wave=0)

    def _look(self, one: Registration, reason: str, serials: Iterator[int], ids: Ids, fate: Fate = "effect") -> Sending:
        letter = _letter(one, serials, ids)
        asked = Due(*ASKED, letter.message_id, reason=reason)
        if fate == "held":
            return Sending(self.id, SENDER, letter, fate, (asked,), wave=2, protects=one.child.addressee_number)
        told = reason if reason == STOPPED else "unknown"
        answered = (
            Due(*SHOWN, letter.message_id, reason=reason)
            if reason == FOUND
            else Due(*DENIED, letter.message_id, reason=told)
        )
        return Sending(self.id, SENDER, letter, dues=(asked, answered))


def _letter(one: Registration, serials: Iterator[int], ids: Ids) -> Publication:
    pseudonym = numbers.pseudonym(one.child.individual_number)
    return Publication(TYPE, letters.entitlement_view(f"V{next(serials)}", pseudonym, TODAY), PURPOSE, message_id=ids())


def _at(what: Due | Effect, *places: tuple[str, str]) -> bool:
    return (what.partner, what.operation) in places
