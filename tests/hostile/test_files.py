"""Whatever lies in a file or a package: it is read or refused with a code, by the reader or by the contract."""

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.claims.files import claimed
from connectors.file_drop import read_records, write_records
from connectors.http import Response
from connectors.myna_portal import package, shinsei
from connectors.myna_portal.collector import ApplicationTray
from connectors.tax.lists import answered
from hub.documents import parse
from hub.errors import Refused, RenkeiError, Retryable
from hub.ports.connector import ConnectorSettings
from hub.sandbox import forms
from hub.sandbox.applications import reception_number
from hub.sandbox.authority import write_trust
from hub.sandbox.city import City
from hub.sandbox.claims import Claim, batch
from hub.seal import Sealer
from hub.support.fences import read_list
from tests.hostile.damage import CSV, JSON, XML, check, damaged
from tests.unit.connectors.routed import REGISTRY
from tests.unit.connectors.tax.test_lists import FILE as ANSWERS

NUMBER = reception_number(6_000_001)
CLAIMS = batch("RE20260801", "202608", [Claim(n, "202607", n, City(1, 50).children[n], 10_000) for n in (1, 2, 3)])
HEAD = b"source,addressee_number,data_item,reason_class,version,act_number\r\n"
LIST = HEAD + b"welfare,000000000000101,,domestic_violence,1,A1\r\nstaff,,TM00000000000002,other,2,A2\r\n"
READERS = {
    "claims.batch": (claimed, CLAIMS),
    "tax.income_list_answer": (answered, ANSWERS.encode("cp932")),
}
SEALER = Sealer(bytes(32), cast(Any, None))


@settings(max_examples=500, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("kind", READERS)
def test_any_file_is_a_document_or_refused_with_a_code(kind: str, data: st.DataObject) -> None:
    reader, good = READERS[kind]
    content = data.draw(damaged([good], CSV))
    try:
        document = reader(content)
        REGISTRY.contract(kind, 1).validate(parse(document, 1 << 22))
    except Refused as error:
        check(error)


@settings(max_examples=500, deadline=None)
@given(content=damaged([LIST], CSV))
def test_any_list_of_fences_is_read_or_refused_with_a_code(content: bytes) -> None:
    try:
        entries = read_list(content, SEALER)
    except Refused as error:
        check(error)
    else:
        assert all(0 <= each.version < 2**63 for each in entries)  # as the store takes it


@pytest.mark.parametrize(
    "row",
    [
        "welfare," + "０" * 12 + "１０１,,other,1,A1",  # would be the hash of nobody, and protect nobody
        "welfare,000000000000101,,other,１,A1",
        "welfare,000000000000101,," + "other," + "9" * 5000 + ",A1",
        "welfare,000000000000101,TM" + "０" * 14 + ",other,1,A1",
        "welfare,000000000000101,,other,1,A1\rwelfare,x",
        "welfare," + "x" * 140_000,
        "welfare",
        "welfare,000000000000101,,other,1,A1,more",
    ],
)
def test_a_row_of_a_list_that_is_not_as_agreed_is_refused(row: str) -> None:
    with pytest.raises(Refused, match=r"registry\.list") as caught:
        read_list(HEAD + row.encode() + b"\r\n", SEALER)
    check(caught.value)
    assert caught.value.detail.startswith("line 2")


# --- formulas: a spreadsheet would run them ---

FORMULAS = ["=1+1", "=HYPERLINK(0)", "+1+1", "-1+1", "@SUM(1)", "＝1+1", "＋A1", "－A1", "＠A1", "=cmd|' /C calc'!A0"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_neither_leaves_nor_comes_in(text: str) -> None:
    with pytest.raises(Refused) as leaving:
        write_records([[("mark", "H")], [("mark", "D"), ("name", text)]])
    with pytest.raises(Refused) as coming:
        read_records(f'H\r\nD,"{text}"\r\n'.encode("cp932"))

    assert (leaving.value.code, leaving.value.detail) == (
        "translate.formula",
        "record 2, field name: it begins like a formula",
    )
    assert (coming.value.code, coming.value.detail) == (
        "validate.formula",
        "line 2 has a text that begins like a formula",
    )


@pytest.mark.parametrize("text", ["-100", "+100", "-0.5", "－", "ー", "=", "山田=太郎", "1-1", "a@b"])
def test_what_only_looks_like_one_passes(text: str) -> None:
    assert read_records(write_records([[("name", text)]])) == [[text]]


# --- packages ---


@settings(max_examples=400, deadline=None)
@given(
    content=damaged([forms.package(NUMBER)], (b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"\xff" * 8))
)
def test_any_package_is_opened_or_refused_with_a_code(content: bytes) -> None:
    try:
        package.opened(content)
    except Refused as error:
        check(error)


FILES = package.opened(forms.package(NUMBER))


@settings(max_examples=400, deadline=None)
@given(written=damaged([FILES[package.APPLICATION]], XML))
def test_any_application_is_a_document_or_refused_with_a_code(written: bytes) -> None:
    try:
        document = shinsei.document(NUMBER, {**FILES, package.APPLICATION: written})
        REGISTRY.contract(shinsei.TYPE, 1).validate(parse(document, 1 << 20))
    except Refused as error:
        check(error)


def many(count: int) -> bytes:
    """A directory of that many empty entries."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for number in range(count):
            archive.writestr(f"attach/{number}", b"")
    return written.getvalue()


def test_a_directory_of_many_thousands_is_refused() -> None:
    with pytest.raises(Refused, match=r"package\.too_large"):
        package.opened(many(20_000))


# --- what the portal lays out ---


class Portal:
    """In place of the HTTP client: a list, and one package under every number."""

    def __init__(self, listed: bytes, content: bytes = b"no ZIP") -> None:
        self.listed, self.content = listed, content

    def get(self, path: str, *_given: Any) -> Response:
        return Response(200, self.listed if path == "/applications" else self.content)


def listed(**changes: object) -> bytes:
    one = {
        "receptionNumber": NUMBER,
        "receivedAt": datetime(2026, 9, 1, tzinfo=UTC).isoformat(),
        "size": 6,
        "sha256": hashlib.sha256(b"no ZIP").hexdigest(),
    }
    return json.dumps([one | changes]).encode()


@pytest.fixture(scope="module")
def tray(tmp_path_factory: pytest.TempPathFactory) -> ApplicationTray:
    folder = tmp_path_factory.mktemp("trust")
    write_trust(folder)
    return ApplicationTray(ConnectorSettings("myna_portal", "http://127.0.0.1:1", options={"trust": str(folder)}))


@settings(max_examples=300, deadline=None)
@given(said=damaged([listed()], JSON))
def test_any_list_of_the_portal_is_read_or_looked_at_again(tray: ApplicationTray, said: bytes) -> None:
    tray._http = cast(Any, Portal(said))
    try:
        found = tray.collect(10)
    except RenkeiError as error:
        assert isinstance(error, Retryable)  # nothing of it was taken, and nothing is lost
        check(error)
    else:
        assert all(one.fault is not None or one.type == "application.receipt" for one in found)


def test_a_list_that_names_a_member_twice_is_not_as_agreed(tray: ApplicationTray) -> None:
    tray._http = cast(Any, Portal(listed().replace(b'"size"', b'"size": 9, "size"')))
    with pytest.raises(Retryable, match=r"reply\.invalid"):
        tray.collect(10)


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-09-01T00:00:00"])
def test_a_time_no_time_zone_can_hold_is_not_as_agreed(tray: ApplicationTray, at: str) -> None:
    tray._http = cast(Any, Portal(listed(receivedAt=at)))
    with pytest.raises(Retryable, match=r"reply\.invalid"):
        tray.collect(10)
