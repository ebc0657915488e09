"""Inquiries between bodies and the list that permits them, as the partners publish them (F10, F12, F15)."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.sandbox.letters import SYNTHETIC

ASKED, LIST = "intermediate_server.provision_request", "intermediate_server.permission_list"
QUESTION = "welfare.network_inquiry"
OWN_BODY, ROUTE = "0014130000000000", "NWS1"
INQUIRER, PROCEDURE = "0011310500000000", "JT00000000000021"
OWN_PROCEDURE = "JT00000000000046"
ELSEWHERE = {"131016": "0013101000000000", "141313": "0014130000000000", "011011": "0001100000000000"}
"""Municipality codes of former addresses, and whom to ask: of a ward (区), its city."""
TAX, CHILD_MEDICAL = "TM00000000000002", "TM00000000000046"  # the second is provided to nobody (R28)
LATER, LONG_AGO = "2099-03-31T23:59:59+09:00", "2020-03-31T23:59:59+09:00"


@dataclass(frozen=True, slots=True)
class Inquiry:
    """`serial`: of its 処理通番; `person`: 団体内統合宛名番号; `licence_for`: the serial its licence names."""

    serial: int
    person: str
    inquirer: str = INQUIRER
    provider: str = OWN_BODY
    item: str = TAX
    route: str = ROUTE
    licence_until: str = LATER
    licence_for: int | None = None

    @property
    def number(self) -> str:
        """処理通番."""
        return f"SY{self.serial:014d}"


def letter(inquiry: Inquiry) -> bytes:
    """The document under `intermediate_server.provision_request`."""
    issued_for = inquiry.serial if inquiry.licence_for is None else inquiry.licence_for
    licence = (
        ("LicenceNumber", f"LC{inquiry.serial:014d}"),
        ("IssuedFor", f"SY{issued_for:014d}"),
        ("ValidUntil", inquiry.licence_until),
    )
    return _document(
        ASKED,
        "provisionRequest",
        _header(f"TKQ{inquiry.serial:014d}", "IF_TKY_REQUEST"),
        _texts(("ProcessingNumber", inquiry.number)),
        f"<Licence>{_texts(*licence)}</Licence>",
        _texts(
            ("RouteInformation", inquiry.route),
            ("InquirerCode", inquiry.inquirer),
            ("ProcedureCode", PROCEDURE),
            ("ProviderCode", inquiry.provider),
            ("SpecificPersonalInformationCode", inquiry.item),
            ("IntegratedAddressNumber", inquiry.person),
            ("ItemCode", "ZEI001"),
            ("ItemCode", "ZEI002"),
            ("RequestedAt", "2026-09-01T10:00:00+09:00"),
        ),
    )


@dataclass(frozen=True, slots=True)
class Question:
    """What the city asks another body. `serial`: of its レコード識別番号; `region`: of the former address."""

    serial: int
    addressee_number: str
    region: str = "131016"
    item: str = TAX

    @property
    def record(self) -> str:
        """レコード識別番号."""
        return f"IQ{self.serial:014d}"


def question(asked: Question) -> bytes:
    """The document under `welfare.network_inquiry`."""
    return _document(
        QUESTION,
        "inquiry",
        _texts(
            ("record_number", asked.record),
            ("addressee_number", asked.addressee_number),
            ("legal_basis", "mynumber-19-9"),
            ("procedure", OWN_PROCEDURE),
            ("region_code", asked.region),
            ("data_item", asked.item),
            ("fiscal_year", "2026"),
            ("requested_at", "2026-09-01T10:00:00+09:00"),
        ),
    )


def permission_list(version: int, inquirers: Sequence[str]) -> bytes:
    """The document under `intermediate_server.permission_list`: `inquirers` may ask the city about taxes.

    The city may ask everybody in ELSEWHERE about them.
    """
    pairs = [(each, PROCEDURE, OWN_BODY) for each in inquirers]
    pairs += [(OWN_BODY, OWN_PROCEDURE, each) for each in ELSEWHERE.values()]
    combinations = (
        f"<Combination>{_texts(('InquirerCode', inquirer), ('ProcedureCode', procedure), ('ProviderCode', provider))}"
        f"{_texts(('SpecificPersonalInformationCode', TAX))}</Combination>"
        for inquirer, procedure, provider in pairs
    )
    return _document(
        LIST,
        "permissionList",
        _header(f"TKL{version:08d}", "IF_TKY_LIST"),
        _texts(("ListVersion", str(version)), ("ValidFrom", "2026-04-01T00:00:00+09:00"), ("ValidUntil", LATER)),
        *combinations,
    )


def _header(message_id: str, kind: str) -> str:
    said = _texts(
        ("MsgId", message_id),
        ("MsgTypeId", kind),
        ("MsgMode", "0"),
        ("SourceSystemID", "CHUKAN"),
        ("DestinationSystemID", "RENKEI"),
    )
    return f"<MessageHeader>{said}</MessageHeader>"


def _texts(*fields: tuple[str, str]) -> str:
    return "".join(f"<{name}>{text}</{name}>" for name, text in fields)


def _document(kind: str, root: str, *parts: str) -> bytes:
    return f'{SYNTHETIC}<{root} xmlns="urn:renkei:{kind}:v1">{"".join(parts)}</{root}>'.encode()
