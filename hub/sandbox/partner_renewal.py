"""How the simulated welfare system renews certificates (F25): it hears of a child from three offices, then decides.

Its tray is its book, beside that of certificates (`hub.sandbox.partner_protection`):

renewal-<list number>           a list as it was published
heard-<child's inquiry>-<from>  what it was told by one of them
asked-<レコード識別番号>            the child's inquiry for which another body was asked
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from xml.etree import ElementTree

from hub.sandbox import inquiries, partner_protection, partner_xml
from hub.sandbox.inquiries import Question
from hub.sandbox.partner import Answer, record_digest
from hub.sandbox.partner_xml import value
from hub.sandbox.tray import starting

LIST = "welfare.renewal_list"
CERTIFICATE, REJECTION, NOTICE = "welfare.renewed", "welfare.not_renewed", "welfare.income_unknown"
OUTCOMES = (CERTIFICATE, REJECTION, NOTICE)  # 医療証, 不交付決定通知書, 所得不明案内 (R67)
ASSISTANCE, INSURANCE, INCOME = "assistance", "insurance", "income"
ELSEWHERE, KNOWN, UNKNOWN = "elsewhere", "known", "unknown"
_BOOK, _HEARD, _ASKED = "renewal-", "heard-", "asked-"


@dataclass(frozen=True, slots=True)
class Target:
    """One child of a list. `serial` is unique over all lists."""

    inquiry_number: str
    child: str
    applicant: str
    list_number: str

    @property
    def serial(self) -> int:
        return int("".join(each for each in self.inquiry_number if each.isdigit())[-12:])


def booked(number: str, published: bytes) -> tuple[str, bytes]:
    """Key and content of a list in the book."""
    return _BOOK + number, published


def hears(tray: Mapping[str, bytes], who: str, told: Mapping[str, str], answer: Answer) -> Answer:
    """`told`: what office `who` says, by the inquiry number of each child; `answer`: what it would be otherwise."""
    targets = {each.inquiry_number: each for each in _targets(tray) if each.inquiry_number in told}
    made = answer
    for number, target in targets.items():
        made = _heard(tray, target, who, told[number], made)
    return made


def of_applicants(tray: Mapping[str, bytes], list_number: str, told: Mapping[str, str]) -> dict[str, str]:
    """What the tax office says of applicants, by the inquiry numbers of their children on the list."""
    listed = (each for each in _targets(tray) if each.list_number == list_number)
    return {each.inquiry_number: told[each.applicant] for each in listed if each.applicant in told}


def of_record(tray: Mapping[str, bytes], record_number: str, said: str) -> dict[str, str]:
    """What another body says, by the inquiry number it was asked for."""
    asked = tray.get(_ASKED + record_number)
    return {} if asked is None else {asked.decode(): said}


def _heard(tray: Mapping[str, bytes], target: Target, who: str, said: str, answer: Answer) -> Answer:
    heard = {office: _said(tray, target, office) for office in (ASSISTANCE, INSURANCE, INCOME)} | {who: said}
    answer = replace(answer, lays_out={**answer.lays_out, _place(target, who): said.encode()})
    if who == INCOME and said == ELSEWHERE:
        question = Question(target.serial, target.applicant, _region(target))
        asked = {_ASKED + question.record: target.inquiry_number.encode()}
        return _saying(replace(answer, lays_out={**answer.lays_out, **asked}), inquiries.question(question))
    if "" in heard.values() or heard[INCOME] == ELSEWHERE:
        return answer  # not all is known yet
    outcome = _decided(heard)
    answer = replace(answer, also=(*answer.also, (outcome, target.child)))
    if outcome == NOTICE:
        return answer
    key, record = partner_protection.renewed(tray, target.child, deleted=outcome == REJECTION)
    return _saying(replace(answer, lays_out={**answer.lays_out, key: record}), record)


def _decided(heard: Mapping[str, str]) -> str:
    """生活保護 and no insurance exclude ([P:kawasaki]); then the income must be known, whatever it is."""
    if heard[ASSISTANCE] == "receiving" or heard[INSURANCE] == "not_insured":
        return REJECTION
    return CERTIFICATE if heard[INCOME] == KNOWN else NOTICE


def _saying(answer: Answer, document: bytes) -> Answer:
    before = [] if not answer.body else list(ElementTree.fromstring(answer.body))  # noqa: S314 - written just now
    said = [*(ElementTree.tostring(each) for each in before), document]
    return replace(answer, status=200, body=partner_xml.enveloped(said))


def _targets(tray: Mapping[str, bytes]) -> Iterator[Target]:
    for key, content in starting(tray, _BOOK):
        yield from _listed(key.removeprefix(_BOOK), content)


@lru_cache(maxsize=1024)
def _listed(list_number: str, content: bytes) -> tuple[Target, ...]:
    """Read once: a list is asked about as often as somebody answers for one of its children."""
    root = ElementTree.fromstring(content)  # noqa: S314 - its own book
    found = []
    for person in root.iter(partner_xml.namespace(LIST) + "person"):
        number, child, applicant = (value(person, LIST, f"{name}_number") for name in ("inquiry", "child", "applicant"))
        found.append(Target(number, child, applicant, list_number))
    return tuple(found)


def _said(tray: Mapping[str, bytes], target: Target, who: str) -> str:
    return (tray.get(_place(target, who)) or b"").decode()


def _place(target: Target, who: str) -> str:
    return f"{_HEARD}{record_digest(target.inquiry_number)}-{who}"


def _region(target: Target) -> str:
    regions = sorted(inquiries.ELSEWHERE)
    return regions[target.serial % len(regions)]
