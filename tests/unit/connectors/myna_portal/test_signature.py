"""Signature and certificate (R15): each defect has its code, and nothing but what was signed is believed."""

import random
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.myna_portal import signature, trust
from connectors.myna_portal.trust import Trust
from hub.errors import Refused, Retryable
from hub.sandbox.authority import REVOKED_ON, Authority, holder, write_trust
from hub.sandbox.packages import signed

AT = datetime(2026, 9, 1, tzinfo=UTC)
FILES = {"shinsei.xml": b"<shinsei/>", "attach/a.pdf": b"%PDF-1.7"}
LIST = "sig/signature.xml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_trust(tmp_path)
    return tmp_path


@pytest.fixture
def trusted(folder: Path) -> Trust:
    return trust.load(str(folder))


def code(files: Mapping[str, bytes], trusted: Trust, at: datetime = AT) -> str:
    with pytest.raises(Refused) as caught:
        signature.verify(files, trusted, at)
    return caught.value.code


def test_what_was_signed_with_a_good_certificate_holds(trusted: Trust) -> None:
    signature.verify(signed(FILES, holder("valid")), trusted, AT)


@pytest.mark.rule("R15")
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("expired", "signature.expired"),
        ("revoked", "signature.revoked"),
        ("stranger", "signature.untrusted"),
        ("identity", "signature.untrusted"),  # 利用者証明用: of the same authority, but not for signatures
    ],
)
def test_each_defect_of_a_certificate(trusted: Trust, kind: str, expected: str) -> None:
    assert code(signed(FILES, holder(kind)), trusted) == expected


def test_the_time_that_counts_is_that_of_reception(trusted: Trust) -> None:
    signature.verify(signed(FILES, holder("expired")), trusted, datetime(2025, 3, 1, tzinfo=UTC))
    signature.verify(signed(FILES, holder("revoked")), trusted, REVOKED_ON - timedelta(days=1))
    assert code(signed(FILES, holder("revoked")), trusted, REVOKED_ON) == "signature.revoked"
    assert code(signed(FILES, holder("valid")), trusted, datetime(2020, 1, 1, tzinfo=UTC)) == "signature.expired"


def test_a_certificate_that_only_bears_the_authoritys_name_is_not_its_own(trusted: Trust) -> None:
    """The wrong anchor with the right name: the key decides."""
    impostor = Authority("Synthetic Signature CA")
    impostor._key = Authority("Another CA")._key
    assert code(signed(FILES, impostor.issue("valid")), trusted) == "signature.untrusted"


def test_an_applicants_certificate_issues_nothing(trusted: Trust) -> None:
    first = holder("valid")
    forged = Authority("Forger")
    forged._key = first.key
    assert code(signed(FILES, forged.issue("second")), trusted) == "signature.untrusted"


@pytest.mark.rule("R15")
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"shinsei.xml": b"<shinsei></shinsei>"}, "signature.tampered"),
        ({"attach/a.pdf": b"%PDF-1.8"}, "signature.tampered"),
        ({"attach/b.pdf": b"%PDF-1.7"}, "signature.tampered"),
        ({LIST: b"<signed/>"}, "signature.invalid"),
        ({LIST: b"<signed"}, "signature.invalid"),
        ({LIST: b""}, "signature.invalid"),
        ({LIST: b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"}, "signature.invalid"),
        ({LIST: b" " * 300_000}, "signature.invalid"),
        ({"sig/certificate.pem": b"no certificate"}, "signature.invalid"),
    ],
)
def test_each_change_after_signing_is_noticed(trusted: Trust, change: dict[str, bytes], expected: str) -> None:
    assert code(signed(FILES, holder("valid")) | change, trusted) == expected


def test_a_file_that_was_signed_and_is_missing_is_noticed(trusted: Trust) -> None:
    files = signed(FILES, holder("valid"))
    del files["attach/a.pdf"]
    assert code(files, trusted) == "signature.tampered"


def test_the_list_itself_is_signed(trusted: Trust) -> None:
    files = signed(FILES, holder("valid"))
    assert code(files | {LIST: files[LIST].replace(b'name="attach/a.pdf"', b'name="attach/b.pdf"')}, trusted) == (
        "signature.invalid"
    )


@pytest.mark.rule("R15")
def test_a_signature_by_another_key_than_the_certificates_does_not_hold(trusted: Trust) -> None:
    files = signed(FILES, holder("stranger")) | {"sig/certificate.pem": holder("valid").certificate}
    assert code(files, trusted) == "signature.invalid"


@pytest.mark.rule("R15")
def test_something_signed_inside_something_else_is_not_believed(trusted: Trust) -> None:
    """Wrapping: the signature holds, but for another element than the one at the top."""
    files = signed(FILES, holder("valid"))
    inner = files[LIST].split(b"?>", 1)[-1]
    wrapped = b'<signed xmlns="urn:renkei:myna_portal.signed:v1"><file name="x" sha256="y"/>' + inner + b"</signed>"
    assert code(files | {LIST: wrapped}, trusted) == "signature.invalid"


@pytest.mark.parametrize("seed", range(300))
def test_whatever_is_done_to_it_is_refused_with_a_code(trusted: Trust, seed: int) -> None:
    """Elements doubled or closed, texts and attributes emptied or swapped: no error of a parser gets through."""
    rng = random.Random(seed)
    files = signed(FILES, holder("valid"))
    pattern = (rb"<[^>]+>", rb">[^<]+<", rb'"[^"]*"')[seed % 3]
    pieces = re.findall(pattern, files[LIST])
    old, other = rng.choice(pieces), rng.choice(pieces)
    new = rng.choice((b"", old + old, other, old[:-1] + b"/>", b"><", b'""', old[:-3] + old[-1:]))
    damaged = files | {LIST: files[LIST].replace(old, new, 1)}
    if rng.random() < 0.3:
        content = bytearray(files["sig/certificate.pem"])
        content[rng.randrange(len(content))] = rng.randrange(32, 127)
        damaged |= {"sig/certificate.pem": bytes(content)}
    try:
        signature.verify(damaged, trusted, AT)
    except Refused as error:
        assert error.code.startswith("signature.")


@pytest.mark.parametrize("name", ["anchors.pem", "revocations.pem"])
def test_without_anchors_or_list_nothing_is_verified(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(Retryable) as caught:
        trust.load(str(folder))
    assert caught.value.code == "signature.no_trust"


@pytest.mark.parametrize("content", [b"", b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"])
def test_a_list_that_is_none_is_refused(folder: Path, content: bytes) -> None:
    (folder / "revocations.pem").write_bytes(content)
    with pytest.raises(Retryable) as caught:
        trust.load(str(folder))
    assert caught.value.code == "signature.no_trust"


def test_a_list_that_is_out_of_date_or_of_another_authority_is_none(folder: Path) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    for content in (Authority().revocations(until=yesterday), Authority("Another CA").revocations()):
        (folder / "revocations.pem").write_bytes(content)
        with pytest.raises(Retryable) as caught:
            trust.load(str(folder))
        assert caught.value.code == "signature.no_trust"


def test_a_connector_without_a_folder_verifies_nothing() -> None:
    with pytest.raises(Retryable) as caught:
        trust.load("")
    assert caught.value.code == "signature.no_trust"
