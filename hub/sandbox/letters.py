"""The documents the partners of the synthetic city publish, as XML under the contracts of `schemas/`.

Written as text, so that what goes in is under our control to the byte; `tests` validate them against the schemas.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from xml.sax.saxutils import escape

from hub.sandbox import numbers
from hub.sandbox.addresses import PREFECTURE, Address
from hub.sandbox.applications import child_of
from hub.sandbox.cards import Link
from hub.sandbox.certificates import Registration
from hub.sandbox.city import HOUSEHOLD, MOVED_IN, Change, Resident

STATUS_NAMES = {"01": "受付", "02": "審査中", "03": "補正依頼", "04": "却下", "05": "取下げ", "06": "完了"}
SYNTHETIC = "<!-- synthetic -->"  # every document says so


def resident_change(change: Change) -> bytes:
    """`resident_registry.change` (F2): the whole record after a change; the members where the household changed."""
    resident = change.resident
    members = change.household.members if change.reason in (HOUSEHOLD, MOVED_IN) else ()
    return _document(
        "resident_registry.change",
        "change",
        _text("addressee_number", resident.addressee_number),
        _text("individual_number", resident.individual_number),
        _text("household_number", resident.household_number),
        _text("history_number", change.history_number),
        _text("resident_kind", "1"),
        _text("resident_state", change.state),
        _text("event_reason", change.reason),
        _partial("event_date", change.happened_on, ""),
        _text("notified_on", change.reported_on),
        *_name(resident),
        _text("sex", resident.sex),
        _partial("birth_date", resident.born, resident.born_as_noted),
        _text("relationship", resident.relationship),
        _address(resident.address),
        _partial("became_resident_on", change.arrived_on, ""),
        _text("protected", int(resident.protected)),
        *(
            _element(
                "member",
                _text("addressee_number", member.addressee_number),
                _text("name", member.name),
                _text("relationship", member.relationship),
            )
            for member in members
        ),
    )


def person_number(resident: Resident, entered_at: datetime) -> bytes:
    """`welfare.person_number` (F3): an individual number entered for the first time. `entered_at` has a time zone."""
    return _document(
        "welfare.person_number",
        "person",
        _text("addressee_number", resident.addressee_number),
        _text("individual_number", resident.individual_number),
        *_name(resident),
        _text("sex", resident.sex),
        _partial("birth_date", resident.born, resident.born_as_noted),
        _text("address", resident.address.text),
        _text("entered_at", entered_at.isoformat(timespec="seconds")),
    )


def eligibility(registration: Registration) -> bytes:
    """`welfare.eligibility` (F16): the state of one 医療証 after an event; a deletion carries the whole record, too."""
    return _certificate(
        "welfare.eligibility", "eligibility", registration, _text("deleted", _truth(registration.deleted))
    )  # fmt: skip


def eligibility_loss(registration: Registration, reason: str, lost_on: date) -> bytes:
    """`welfare.eligibility_loss` (F21): why and from when there is no entitlement any more, with the whole record."""
    said = _text("reason", reason), _text("lost_on", lost_on)
    return _certificate("welfare.eligibility_loss", "loss", registration, *said)


def _certificate(kind: str, root: str, registration: Registration, *event: str) -> bytes:
    child = registration.child
    assert child.born is not None, "of a child the date of birth is known"
    return _document(
        kind,
        root,
        _text("addressee_number", child.addressee_number),
        _text("individual_number", child.individual_number),
        _text("certificate_type", registration.certificate_type),
        _text("history_key", registration.history_key),
        *_name(child),
        _text("address", child.address.text),
        _text("birth_date", child.born),
        _text("sex", child.sex),
        _text("not_disclosed", _truth(child.protected)),
        _text("insurer_number", numbers.payer_number()),
        _text("certificate_name", "小児医療証"),
        _text("recipient_number", registration.recipient_number),
        _text("always_reimbursement", "0"),
        _text("valid_from", registration.valid_from),
        _text("valid_to", registration.valid_to),
        *([_text("revoked_on", registration.revoked_on)] if registration.revoked_on else []),
        *([_text("view_stopped", _truth(True))] if registration.view_stopped else []),
        *event,
        _element("detail", _text("item", "助成範囲"), _text("value", "入院・通院")),
        *(
            _element(
                "guardian",
                _text("addressee_number", guardian.addressee_number),
                _text("individual_number", guardian.individual_number),
            )
            for guardian in registration.guardians
        ),
    )


def key_link(individual_number: str, nth: int = 1) -> bytes:
    """`insurer_intermediate_server.key_link` (F17): which PMHキー a 紐付番号 has; 個人番号 stays with the insurers."""
    return _document(
        "insurer_intermediate_server.key_link",
        "keyLink",
        _text("pmhKey", numbers.pmh_key(individual_number)),
        _text("linkNumber", numbers.link_number(individual_number, nth)),
    )


def entitlement_inquiry(institution: str, file: str, day: date, link_key: str) -> bytes:
    """`medical_institution.inquiry` (F18): what is whoever the PMH連携キー stands for entitled to on that day?"""
    return _document(
        "medical_institution.inquiry",
        "XmlMsg",
        _element(
            "MessageHeader",
            _text("ProcessExecutionTime", f"{day:%Y%m%d}093000"),
            _text("QualificationConfirmationDate", f"{day:%Y%m%d}"),
            _text("MedicalInstitutionCode", institution),
            _text("ArbitraryFileIdentifier", file),
            _text("ReferenceClassification", 1),
            _text("CharacterCodeIdentifier", 0),
        ),
        _element("MessageBody", _text("PmhLinkKey", link_key)),
    )


def pseudonym(pseudonym: str, link_key: str) -> bytes:
    """`myna_portal.pseudonym` (F19): a PMH仮名識別子 for whoever the PMH連携キー stands for."""
    return _document("myna_portal.pseudonym", "pseudonym", _text("pseudonym", pseudonym), _text("linkKey", link_key))


def entitlement_view(number: str, pseudonym: str, day: date) -> bytes:
    """`myna_portal.view` (F20): what is whoever the PMH仮名識別子 stands for entitled to on that day?"""
    return _document(
        "myna_portal.view",
        "view",
        _text("viewNumber", number),
        _text("pseudonym", pseudonym),
        _text("viewedOn", day),
    )


def inquiry(contract: str, number: str, addressee_number: str, day: date, asked_at: datetime) -> bytes:
    """`welfare.assistance_inquiry` or `welfare.insurance_inquiry` (F11): what was the person's state on that day?"""
    return _document(
        contract,
        "inquiry",
        _text("inquiry_number", number),
        _text("addressee_number", addressee_number),
        _text("reference_date", day),
        _text("legal_basis", "ordinance-9-2"),
        _text("asked_at", asked_at.isoformat(timespec="seconds")),
    )


def income_inquiry(number: str, addressee_number: str, day: date, asked_at: datetime) -> bytes:
    """`welfare.income_inquiry` (F9): income and levies of a person on that 1 January."""
    return _document(
        "welfare.income_inquiry",
        "inquiry",
        _text("inquiry_number", number),
        _text("addressee_number", addressee_number),
        *_asked(day, asked_at),
    )


def income_list(number: str, people: Sequence[Resident], day: date, asked_at: datetime) -> bytes:
    """`welfare.income_list` (F9, F25): the same about many, before the yearly renewal."""
    return _document(
        "welfare.income_list",
        "list",
        _text("list_number", number),
        *_asked(day, asked_at),
        *(
            _element("person", _text("addressee_number", each.addressee_number), _text("name", each.name))
            for each in people
        ),
    )


def renewal_list(number: str, people: Sequence[tuple[str, Resident, Resident]], day: date, asked_at: datetime) -> bytes:
    """`welfare.renewal_list` (F25). `people`: inquiry number, child and applicant; `day`: of which income is wanted."""
    year, reference, *basis_and_time = _asked(day, asked_at)
    return _document(
        "welfare.renewal_list",
        "list",
        _text("list_number", number),
        year,
        reference,
        _text("checked_on", asked_at.date()),
        *basis_and_time,
        *(
            _element(
                "person",
                _text("inquiry_number", inquiry),
                _text("child_number", child.addressee_number),
                _text("applicant_number", applicant.addressee_number),
                _text("applicant_name", applicant.name),
            )
            for inquiry, child, applicant in people
        ),
        _text("person_count", len(people)),
    )


def number_links(number: int, links: Sequence[Link], generated_at: datetime) -> bytes:
    """`resident_registry.number_links` (F1): one difference of the number links."""
    return _number_links("number_links", "links", "sequence_number", number, links, generated_at)


def number_link_set(last_number: int, links: Sequence[Link], generated_at: datetime) -> bytes:
    """`resident_registry.number_link_set` (F1): all number links, with all differences up to `last_number`."""
    return _number_links("number_link_set", "set", "last_sequence_number", last_number, links, generated_at)


def application_status(number: str, version: int, code: str, comment: str, changed_at: datetime) -> bytes:
    """`application_management.status_change` (F6): one change of an application; `comment` "": none."""
    return _document(
        "application_management.status_change",
        "status",
        _text("reception_number", number),
        _text("addressee_number", child_of(number)),
        _text("status_version", version),
        _text("status_code", code),
        _text("status_name", STATUS_NAMES[code]),
        _text("municipality_comment", comment) if comment else "",
        _text("changed_at", changed_at.isoformat(timespec="seconds")),
    )


def registered_record(number: str, version: int, items: Mapping[str, str], registered_at: datetime) -> bytes:
    """`welfare.registered_record` (F8): what was registered for the application; `items`: as in `applications`."""
    return _document(
        "welfare.registered_record",
        "record",
        _text("reception_number", number),
        _text("addressee_number", child_of(number)),
        _text("record_version", version),
        _text("registered_at", registered_at.isoformat(timespec="seconds")),
        *(_text(name, text) for name, text in items.items()),
    )


def registration_closing(number: str, version: int, asked_at: datetime) -> bytes:
    """`welfare.registration_closing` (F8): may the case be closed on this version of its record?"""
    return _document(
        "welfare.registration_closing",
        "closing",
        _text("reception_number", number),
        _text("record_version", version),
        _text("asked_at", asked_at.isoformat(timespec="seconds")),
    )


def _number_links(
    contract: str, root: str, name: str, number: int, links: Sequence[Link], generated_at: datetime
) -> bytes:
    at = generated_at.isoformat(timespec="seconds")
    rows = (
        _element(
            "link",
            _text("certificate_serial", link.serial),
            _text("addressee_number", link.addressee_number),
            _text("deleted", int(link.deleted)),
            _text("exclusion_key", link.exclusion_key),
            _text("updated_at", at),
        )
        for link in links
    )
    return _document(f"resident_registry.{contract}", root, _text(name, number), _text("generated_at", at), *rows)


def _asked(day: date, asked_at: datetime) -> tuple[str, ...]:
    return (
        _text("fiscal_year", day.year),
        _text("reference_date", day),
        _text("legal_basis", "ordinance-9-2"),
        _text("asked_at", asked_at.isoformat(timespec="seconds")),
    )


def _truth(value: bool) -> str:
    return "true" if value else "false"


def transfer(kind: str, number: int, item: str, person: str, version: int, status: str, at: datetime) -> bytes:
    """`welfare.disability_transfer` or `welfare.single_parent_transfer` (F22): one state of a child's entitlement.

    `number`: of the transfer; `item`: of the ordinance's table 2, "30" or "31"; `at` has a time zone.
    """
    return _document(
        kind,
        "transfer",
        _text("transfer_number", f"TR{number:08d}"),
        _text("addressee_number", person),
        _text("record_version", version),
        _text("legal_basis", "ordinance-19-11"),
        _text("ordinance_item", item),
        _text("status", status),
        *([] if status == "applied" else [_text("valid_from", at.date())]),
        _text("transferred_at", at.isoformat(timespec="seconds")),
    )


def _document(contract: str, root: str, *content: str) -> bytes:
    inner = "".join(content)
    return f'{SYNTHETIC}<{root} xmlns="urn:renkei:{contract}:v1">{inner}</{root}>'.encode()


def _element(name: str, *content: str) -> str:
    return f"<{name}>{''.join(content)}</{name}>"


def _text(name: str, value: object) -> str:
    return f"<{name}>{escape(str(value))}</{name}>"


def _name(resident: Resident) -> tuple[str, str]:
    return _text("name", resident.name), _text("name_kana", resident.kana)


def _partial(name: str, day: date | None, noted: str) -> str:
    """A date that may be unknown: never coerced to a real one (domain text section 5)."""
    if day is None:
        return _element(name, _text("unknown", 1), _text("text", noted))
    return _element(name, _text("date", day), _text("unknown", 0))


def _address(address: Address) -> str:
    return _element(
        "address",
        _text("postal_code", address.postal_code),
        _text("municipality_code", address.municipality_code),
        _text("town_code", address.town_code),
        _text("prefecture", PREFECTURE),
        _text("municipality", address.municipality),
        _text("town", address.town),
        _text("lot", address.number),
        _text("building", address.building) if address.building else "",
    )
