"""F25: the yearly renewal. Three offices are asked about every child of a list, and each child is decided on once.

The welfare system publishes lists; the hub asks the tax office about all applicants of a list at once and the others
about child after child. Where somebody lived elsewhere the welfare system asks there; when it has heard everything it
decides, and has the certificate renewed at PMH, or deleted (R67).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import islice

from hub.client import Publication
from hub.ports.store import JournalEntry
from hub.sandbox import letters, mischief, numbers, partner_keys, partner_protection, partner_renewal
from hub.sandbox.certificates import Registration
from hub.sandbox.city import TODAY, City, Resident
from hub.sandbox.claims import in_cp932
from hub.sandbox.flow import Ids, Judgement, Sending, Shares, collected_id, judged
from hub.sandbox.flows import numbering
from hub.sandbox.flows.provision import first_list
from hub.sandbox.judge import Due, Effect
from hub.sandbox.report import Expectation

TYPE, PURPOSE = partner_renewal.LIST, "child-medical.renewal"
SENDER, STRANGER = "welfare", "resident_registry"
INCOME = ("tax", "tax.income_list"), ("welfare", "welfare.income_list_answer")
SINGLY = (
    ("public_assistance", "public_assistance.inquiry"),
    ("health_insurance", "health_insurance.inquiry"),
    ("welfare", "welfare.assistance_answer"),
    ("welfare", "welfare.insurance_answer"),
)
REGISTERED = ("pmh", "pmh.registration")
PER_LIST = 2  # children
LIST_VERSION = 3  # F10 and F12 have the ones before
_ASKED = datetime(TODAY.year, TODAY.month, TODAY.day, 9, tzinfo=UTC)
_DAY = date(TODAY.year, 1, 1)
_FIRST_KEY, _KEYS = 950_000_000, 10


class Renewal:
    """Every child of every list has one of three outcomes, and PMH what follows from it."""

    id = "F25"
    name = "一斉更新 yearly renewal"

    def messages(self, city: City, most: int) -> list[Sending]:
        ids = Ids(city.seed, self.id)
        share = Shares.of(most)
        count = share.normal + share.stale  # what is asked is never stale
        drawn = list(certificates(city))[: PER_LIST * (count // 3)]
        lists = [drawn[at : at + PER_LIST] for at in range(0, len(drawn), PER_LIST)]
        sent = [self.sending(number, each, ids) for number, each in enumerate(lists, start=1)]
        # without which no other body could be asked
        before = [first_list(self.id, LIST_VERSION, ids)]
        known = dict.fromkeys([*(one.guardians[0] for one in drawn), *_apart(city)])
        before += [numbering.known(self.id, one, ids) for one in islice(known, count - 1 - len(lists))]
        copies = [replace(each, fate="duplicate", dues=(), answers=(), books=()) for each in sent[: share.duplicate]]
        spare, left = iter(range(9_000, 9_999)), most - len(before) - len(sent) - len(copies)
        refused = mischief.refused(
            self.id, SENDER, STRANGER, lambda: _letter(next(spare), drawn[:1], ids), ids, left
        )  # fmt: skip
        return [
            *before,
            *sent,
            *copies,
            *refused,
        ]

    def owns(self, sending: Sending, entry: JournalEntry) -> bool:
        return sending.flow == self.id

    def judge(self, sent: Sequence[Sending], effects: Sequence[Effect]) -> Judgement:
        own = [each for each in sent if each.flow == self.id]
        found = judged(own, effects)
        lists = [each for each in own if each.publication.type == TYPE and each.fate == "effect"]
        children = sum(each.publication.body.count(b"<person>") for each in lists)
        ours = {key for each in lists for key in each.begins}
        outcomes = [one for one in effects if one.operation in partner_renewal.OUTCOMES and one.correlation_id in ours]
        decided = Counter(one.record for one in outcomes)
        kinds = Counter(one.operation for one in outcomes)
        registered = sum((one.partner, one.operation) == REGISTERED and one.correlation_id in ours for one in effects)
        expectations = [
            Expectation.equal(f"each child ({children}) has an outcome", children, len(decided)),
            Expectation.zero("no child has two", sum(count > 1 for count in decided.values())),
            Expectation.equal(
                "PMH has what was renewed, and what was not", registered, len(outcomes) - kinds[partner_renewal.NOTICE]
            ),
        ]  # fmt: skip
        for place in SINGLY:
            asked = sum((one.partner, one.operation) == place and one.correlation_id in ours for one in effects)
            expectations.append(Expectation.equal(f"{place[1]}: once for each child", children, asked))
        return replace(found, expectations=[*found.expectations, *expectations])

    def sending(self, number: int, children: Sequence[Registration], ids: Ids) -> Sending:
        letter = _letter(number, children, ids)
        back = collected_id("tax_lists", f"{letter.message_id}_answers.csv", "tax.income_list_answer")
        books = [(SENDER, *partner_renewal.booked(_number(number), letter.body))]
        for one in children:
            books.append((SENDER, *partner_protection.booked(letters.eligibility(one))))
            books.append(("pmh", *partner_keys.bound(one.child.individual_number, f"K8{one.history_key:014d}")))
        dues = [Due(*INCOME[0], letter.message_id), Due(*INCOME[1], back)]
        dues += [Due(*place, letter.message_id) for place in SINGLY]
        return Sending(
            self.id, SENDER, letter, dues=tuple(dues), answers=(("tax_lists", back),), books=tuple(books)
        )  # fmt: skip


def _letter(number: int, children: Sequence[Registration], ids: Ids) -> Publication:
    people = [
        (f"RN2026{number:04d}{place:02d}", one.child, one.guardians[0]) for place, one in enumerate(children, start=1)
    ]
    body = letters.renewal_list(_number(number), people, _DAY, _ASKED)
    return Publication(TYPE, body, PURPOSE, message_id=ids())


def _number(number: int) -> str:
    return f"RL2026{number:04d}"


def certificates(city: City) -> Iterator[Registration]:
    """The children of households no other flow sends anything about, where cp932 can carry the applicant's name."""
    apart = set(_apart(city))
    for household in city.households:
        if apart.issuperset(household.members) and in_cp932(household.guardians[0].name):
            for child in household.children:
                key = _FIRST_KEY + int(child.addressee_number) % 1_000_000 * _KEYS
                yield Registration(
                    child, household.guardians[:1], numbers.recipient_number(key % 1_000_000), key, TODAY
                )


def _apart(city: City) -> Sequence[Resident]:
    count = len(city.residents)
    return city.residents[13 * count // 20 : 3 * count // 4]
