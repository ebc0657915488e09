"""One registration at PMH (F16): names and rules of postRegistrationTasks as published (domain text 1.8, [P:PMH-API]).

The request is an array of records; the hub sends one record per message, so the array has one element, and the answer
must speak of exactly that one.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from xml.etree import ElementTree

from pydantic import Field, StringConstraints, TypeAdapter

from connectors.http.json import JsonModel, members, model_of, read
from connectors.http.xml import reply_with
from hub.errors import Refused
from hub.ports.connector import Reply

# ruff: noqa: N815 - the names of the wire
Text50 = Annotated[str, StringConstraints(min_length=1, max_length=50)]
Text100 = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Text200 = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Text300 = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Number = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
CertificateType = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{1,50}$")]
HistoryKey = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,17}$")]
Id = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,40}$")]
Date = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class FiveItems(JsonModel):
    """基本5情報."""

    name: Text100
    nameKana: Text100
    address: Text300
    dateOfBirth: Date
    sex: Literal["1", "2"]


class Detail(JsonModel):
    """受給者証券面項目; the names inside are ours."""

    item: Text50
    value: Text200


class Registration(JsonModel):
    """One element of the array. Optional items nobody here fills are left out."""

    orgSpecificCertificateTypeId: CertificateType
    myNumber: Number
    basicFiveInfo: FiveItems
    isNotDisclosed: bool
    medicalSubsidyInsurerNumber: Annotated[str, StringConstraints(pattern=r"^[0-9]{8}$")]
    certificationName: Text100
    medicalSubsidyRecipientNumber: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{1,30}$")] | None = None
    isAlwaysReimbursement: Literal["0", "1"]
    validFrom: Date
    validTo: Date
    revokedOn: Date | None = None
    isViewStopped: bool | None = None
    historyKey: HistoryKey
    isDeleted: bool
    certificationDetail: list[Detail]


class Result(JsonModel):
    """連携処理ステータス and エラー内容 of one record (S:194, R46)."""

    taskId: Id
    orgSpecificCertificateTypeId: CertificateType
    historyKey: HistoryKey
    status: Literal["accepted", "rejected"]
    errorCode: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_]{1,20}$")] | None = None
    errorMessage: Text300 | None = None


class KeyRequired(JsonModel):
    """A number PMH has no key for."""

    myNumber: Number
    requestId: Id


class Answer(JsonModel):
    results: Annotated[list[Result], Field(min_length=1, max_length=1)]
    keyRequired: Annotated[list[KeyRequired], Field(max_length=1)]


_ARRAY = TypeAdapter(list[Registration])
_FREE_TEXT = frozenset({"name", "nameKana", "address", "certificationName", "item", "value"})
_TRUTH = {"true": True, "false": False}


def encode(document: bytes) -> bytes:
    """`pmh.registration` → an array of one. Free text keeps every character, also white space at its ends."""
    root = ElementTree.fromstring(document)  # noqa: S314 - written by the hub
    record = _values(root)
    for flag in ("isNotDisclosed", "isDeleted"):
        record[flag] = _TRUTH.get(record.get(flag, ""))
    if "isViewStopped" in record:
        record["isViewStopped"] = _TRUTH.get(record["isViewStopped"])
    groups = [(child.tag.partition("}")[2], _values(child)) for child in root if len(child)]
    record["basicFiveInfo"] = next((values for name, values in groups if name == "basicFiveInfo"), None)
    record["certificationDetail"] = [values for name, values in groups if name == "certificationDetail"]
    return _ARRAY.dump_json([model_of(Registration, record)], exclude_none=True)


def replies(sent: bytes, answer: bytes) -> Sequence[Reply]:
    """The result, and the request for a key where there is one. Raises Refused `reply.invalid`."""
    (record,) = _ARRAY.validate_json(sent)
    found = read(answer, Answer)
    (result,) = found.results
    if (result.orgSpecificCertificateTypeId, result.historyKey) != (
        record.orgSpecificCertificateTypeId,
        record.historyKey,
    ):
        raise Refused("reply.invalid", "results.0: not the record that was sent")
    if any(each.myNumber != record.myNumber for each in found.keyRequired):
        raise Refused("reply.invalid", "keyRequired.0.myNumber: not the number that was sent")
    return (
        reply_with("pmh.registration_result", "result", result.model_dump()),
        *(reply_with("pmh.key_required", "keyRequired", each.model_dump()) for each in found.keyRequired),
    )


def _values(element: ElementTree.Element) -> dict[str, Any]:
    return {name: text if name in _FREE_TEXT else text.strip(" \t\r\n") for name, text in members(element)}
