"""What a person gets to see in the portal: entitlements, or nothing; never a number or a key (R38)."""

import json
from pathlib import Path

import pytest

from connectors.myna_portal.view import encode_denied, encode_found
from hub.errors import Refused
from tests.unit.connectors.books import Books, document, refused

FOUND_DOCUMENT = document("myna_portal", "myna_portal.entitlements", "second.xml")
FOUND = encode_found(FOUND_DOCUMENT)
DENIED = encode_denied(document("myna_portal", "myna_portal.view_denied", "second.xml"))


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books("myna_portal", tmp_path)


def test_all_entitlements_are_listed(books: Books) -> None:
    assert len(json.loads(FOUND)["entitlements"]) == 2
    assert books.post("/entitlements", FOUND).status == 204
    assert books.last().reason == "found"
    assert books.post("/viewsDenied", DENIED).status == 204
    assert books.last().reason == "stopped"


def test_a_document_with_anything_more_is_not_sent() -> None:
    with pytest.raises(Refused) as caught:
        encode_found(FOUND_DOCUMENT.replace(b"</entitlement>", b"<myNumber>621498320257</myNumber></entitlement>"))
    assert caught.value.code == "translate.output"
    assert "621498320257" not in str(caught.value)


@pytest.mark.rule("R38")
@pytest.mark.parametrize("number", ["621498320257", "000000000000101", "K000000000000101"])
def test_r38_a_number_or_a_key_is_a_violation(books: Books, number: str) -> None:
    assert refused(books, "/entitlements", FOUND.replace("小児医療証".encode(), number.encode())) == 422
    assert books.last().violation is not None


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/viewsDenied", DENIED.replace(b"stopped", b"not_disclosed")),
        ("/entitlements", json.dumps(json.loads(FOUND) | {"entitlements": []}).encode()),
        ("/entitlements", DENIED),
    ],
)
def test_what_its_interface_does_not_know_is_refused(books: Books, path: str, body: bytes) -> None:
    assert refused(books, path, body) == 422
    assert books.last().violation is None
