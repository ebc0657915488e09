"""The simulated welfare information system (福祉総合情報システム) as a receiver of records and results."""

import re
from collections.abc import Sequence

from hub.sandbox import numbers, partner_claims, partner_income, partner_protection, partner_renewal, partner_xml
from hub.sandbox.partner import Answer, Entry, Refusal, Request, names_individual_number
from hub.sandbox.partner_claims import Claims
from hub.sandbox.partner_xml import Item, value

COPY, NONRESIDENT = "welfare.copy_result", "welfare.nonresident_result"
CHANGE, NUMBERING, ELIGIBILITY = "welfare.resident_change", "welfare.numbering_result", "welfare.eligibility_result"
MATCHED, WORK_ITEM, CLOSING = "welfare.comparison_matched", "welfare.work_item", "welfare.closing_decision"
TRANSFER, NETWORK = "welfare.transfer_result", "welfare.network_answer"
INCOME, INCOMES = "welfare.income_answer", "welfare.income_list_answer"
ASSISTANCE, INSURANCE = "welfare.assistance_answer", "welfare.insurance_answer"
RECORD = (Item("acceptance_number", "[0-9A-Z]{8,20}"), *partner_xml.RESIDENT)
NUMBERED = (partner_xml.ADDRESSEE_NUMBER, Item("outcome", "assigned|reused"), Item("decided_at", partner_xml.TIME))
REGISTERED = (
    Item("task_id", "[0-9A-Za-z-]{1,40}"),
    Item("certificate_type", "[0-9A-Za-z]{1,50}"),
    Item("history_key", "[1-9][0-9]{0,17}"),
    Item("status", "accepted|rejected"),
    Item("error_code", "[0-9A-Za-z_]{1,20}", least=0),
    Item("error_message", ".{1,300}", least=0),
)
ASKED = (
    Item("inquiry_number", "[0-9A-Z]{8,20}"),
    partner_xml.ADDRESSEE_NUMBER,
    Item("reference_date", partner_xml.DATE),
)
ASSISTED = (
    *ASKED,
    Item("status", "receiving|not_receiving"),
    Item("started_on", partner_xml.DATE, least=0),
    Item("ended_on", partner_xml.DATE, least=0),
    Item("answered_at", partner_xml.TIME),
)
INSURED = (
    *ASKED,
    Item("status", "insured|not_insured"),
    Item("health_insurer_number", "[0-9]{6}|[0-9]{8}", least=0),
    Item("insured_mark", ".{1,40}", least=0),
    Item("acquired_on", partner_xml.DATE, least=0),
    Item("lost_on", partner_xml.DATE, least=0),
    Item("answered_at", partner_xml.TIME),
)
TRANSFERRED = (
    Item("transfer_number", "[0-9A-Z]{8,20}"),
    partner_xml.ADDRESSEE_NUMBER,
    Item("received_at", partner_xml.TIME),
)
NETWORKED = (
    Item("record_number", "[A-Z][A-Z0-9]{9,29}"),
    partner_xml.ADDRESSEE_NUMBER,
    *partner_xml.PROVIDED,
)
CASE = (Item("reception_number", "[0-9]{16}"), Item("record_version", "[1-9][0-9]{0,9}"))
COMPARED = (*CASE, Item("compared_at", partner_xml.TIME))
DIFFERING = (*CASE, Item("item", "[a-z_]{1,40}", most=7), Item("compared_at", partner_xml.TIME))
DECIDED = (
    *CASE,
    Item("outcome", "closed|refused"),
    Item("reason", "mismatch|not_compared|version", least=0),
    Item("decided_at", partner_xml.TIME),
)
# What the welfare system does not hold: 団体内統合宛名番号 ([P:common2.7 2.4.2]), and 処理通番, which goes to the
# resident registry (S:426). Known by their names only; a value of fifteen digits could be a 宛名番号.
_FOREIGN = re.compile(rb"<(?:\w+:)?(integrated_number|IntegratedAddressNumber|processing_number|ProcessingNumber)\b")


class Welfare:
    """Implements `hub.sandbox.partner.Behaviour`. Keeps its tray and the ledger, and from it the claims it knows."""

    keyed = True

    def __init__(self) -> None:
        self._claims = Claims()

    def handle(self, request: Request) -> Answer:
        match request.method, request.path:
            case "POST", "/messages/resident-change":
                return self._change(request.body)
            case "POST", "/messages/numbering-result":
                return self._numbering(request.body)
            case "POST", "/messages/eligibility-result":
                return self._eligibility(request)
            case "POST", "/messages/protection-notice":
                _check(request.body, partner_protection.NOTICE)
                return partner_protection.of_notice(request)
            case "POST", "/messages/assistance-answer":
                return self._answer(request, ASSISTANCE, ASSISTED, partner_renewal.ASSISTANCE)
            case "POST", "/messages/insurance-answer":
                return self._answer(request, INSURANCE, INSURED, partner_renewal.INSURANCE)
            case "POST", "/messages/comparison-matched":
                return self._case(request.body, MATCHED, "comparison", COMPARED)
            case "POST", "/work-items":
                return self._case(request.body, WORK_ITEM, "work_item", DIFFERING)
            case "POST", "/messages/closing-decision":
                return self._case(request.body, CLOSING, "decision", DECIDED)
            case "POST", "/messages/nonresident-result":
                return self._nonresident(request.body)
            case "POST", "/messages/copy-result":
                return self._copy(request.body)
            case "POST", "/messages/network-answer":
                return self._network(request)
            case "POST", "/messages/transfer-result":
                return self._transfer(request.body)
            case "POST", "/messages/income-answer":
                return self._income(request.body, INCOME, "answer", partner_income.ANSWER)
            case "POST", "/messages/income-list-answer":
                return self._incomes(request)
            case "POST", "/claim-batches":
                _check(request.body, partner_claims.BATCH)
                return self._claims.handle(request.body)
        raise Refusal(404)

    def remember(self, entry: Entry) -> None:
        if entry.operation == partner_claims.BATCH:
            self._claims.remember(entry)

    def spoil(self, mode: str, answer: Answer) -> Answer:
        return partner_xml.spoil(mode, answer) if answer.body else answer  # to most it says nothing

    def _change(self, body: bytes) -> Answer:
        _check(body, CHANGE, numbers=True)
        change = partner_xml.read(body, CHANGE, "change", RECORD)
        version = int(value(change, CHANGE, "history_number"))
        return Answer(operation=CHANGE, record=value(change, CHANGE, "addressee_number"), version=version)

    def _numbering(self, body: bytes) -> Answer:
        _check(body, NUMBERING)
        result = partner_xml.read(body, NUMBERING, "result", NUMBERED)
        return Answer(operation=NUMBERING, record=value(result, NUMBERING, "addressee_number"))

    def _eligibility(self, request: Request) -> Answer:
        _check(request.body, ELIGIBILITY)
        result = partner_xml.read(request.body, ELIGIBILITY, "result", REGISTERED)
        answer = Answer(operation=ELIGIBILITY, record=value(result, ELIGIBILITY, "task_id"))
        if value(result, ELIGIBILITY, "status") == "rejected":
            return answer
        return partner_protection.of_result(request, int(value(result, ELIGIBILITY, "history_key")), answer)

    def _answer(self, request: Request, operation: str, content: Sequence[Item], office: str) -> Answer:
        _check(request.body, operation)
        answer = partner_xml.read(request.body, operation, "answer", content)
        insurer = value(answer, operation, "health_insurer_number")
        if insurer and numbers.with_luhn(insurer[:-1]) != insurer:
            raise Refusal(422, operation)
        number = value(answer, operation, "inquiry_number")
        told = {number: value(answer, operation, "status")}
        return partner_renewal.hears(request.laid_out, office, told, Answer(operation=operation, record=number))

    def _case(self, body: bytes, operation: str, root: str, content: Sequence[Item]) -> Answer:
        _check(body, operation)
        document = partner_xml.read(body, operation, root, content)
        if (value(document, operation, "outcome") == "refused") != (value(document, operation, "reason") != ""):
            raise Refusal(422, operation)  # a refusal says why, and nothing else does
        return Answer(operation=operation, record=value(document, operation, "reception_number"))

    def _nonresident(self, body: bytes) -> Answer:
        _check(body, NONRESIDENT)
        decided = Item("decided_at", partner_xml.TIME)
        result = partner_xml.read(body, NONRESIDENT, "recorded", (partner_xml.ADDRESSEE_NUMBER, decided))
        return Answer(operation=NONRESIDENT, record=value(result, NONRESIDENT, "addressee_number"))

    def _network(self, request: Request) -> Answer:
        _check(request.body, NETWORK)
        result = partner_xml.read(request.body, NETWORK, "result", NETWORKED)
        number = value(result, NETWORK, "record_number")
        given = next(result.iter(partner_xml.namespace(NETWORK) + "value"), None) is not None
        said = partner_renewal.KNOWN if given else partner_renewal.UNKNOWN
        told = partner_renewal.of_record(request.laid_out, number, said)
        answer = Answer(operation=NETWORK, record=number)
        return partner_renewal.hears(request.laid_out, partner_renewal.INCOME, told, answer)

    def _copy(self, body: bytes) -> Answer:
        _check(body, COPY)
        result = partner_xml.read(body, COPY, "result", (Item("record_number", "[A-Z][A-Z0-9]{9,29}"),))
        return Answer(operation=COPY, record=value(result, COPY, "record_number"))

    def _income(self, body: bytes, operation: str, root: str, content: Sequence[Item]) -> Answer:
        _check(body, operation)
        document = partner_xml.read(body, operation, root, content)
        if not partner_income.consistent(document, operation):
            raise Refusal(422, operation)
        return Answer(operation=operation, record=value(document, operation, content[0].name))

    def _incomes(self, request: Request) -> Answer:
        answer = self._income(request.body, INCOMES, "answers", partner_income.ANSWERS)
        said = partner_income.said(partner_xml.read(request.body, INCOMES, "answers", partner_income.ANSWERS), INCOMES)
        told = partner_renewal.of_applicants(request.laid_out, answer.record, said)
        return partner_renewal.hears(request.laid_out, partner_renewal.INCOME, told, answer)

    def _transfer(self, body: bytes) -> Answer:
        _check(body, TRANSFER)
        result = partner_xml.read(body, TRANSFER, "result", TRANSFERRED)
        return Answer(operation=TRANSFER, record=value(result, TRANSFER, "transfer_number"))


def _check(body: bytes, operation: str, numbers: bool = False) -> None:
    """`numbers`: 個人番号 may be there; results name nobody by it."""
    foreign = _FOREIGN.search(body)
    if foreign:
        raise Refusal(422, operation, f"{foreign[1].decode()} may not reach the welfare system (table 1.0)")
    if not numbers and names_individual_number(body.decode(errors="replace")):
        raise Refusal(422, operation, "個人番号 is no part of a result")


def create() -> Welfare:
    """The partner without a past; the ledger brings it back."""
    return Welfare()
