"""What the portal hears about a PMH仮名識別子: yes or no, and of nobody (R38)."""

import json
from pathlib import Path

import pytest

from connectors.myna_portal.pseudonym_result import encode
from hub.errors import Refused
from tests.unit.connectors.books import Books, document, refused

PATH = "/pseudonymResults"
DOCUMENT = document("myna_portal", "myna_portal.pseudonym_result", "first.xml")
SENT = encode(DOCUMENT)


def test_a_document_with_anything_more_is_not_sent() -> None:
    assert set(json.loads(SENT)) == {"pseudonym", "result"}
    with pytest.raises(Refused) as caught:
        encode(DOCUMENT.replace(b"</pseudonymResult>", b"<myNumber>621498320257</myNumber></pseudonymResult>"))
    assert caught.value.code == "translate.output"


@pytest.mark.rule("R38")
@pytest.mark.parametrize("number", ["621498320257", "000000000000101", "K000000000000101"])
def test_r38_a_number_or_a_key_is_a_violation(tmp_path: Path, number: str) -> None:
    books = Books("myna_portal", tmp_path)
    assert books.post(PATH, SENT).status == 204
    assert books.last().reason == "stored"
    more = json.dumps(json.loads(SENT) | {"more": number}).encode()
    assert refused(books, PATH, more) == 422
    assert books.last().violation is not None


def test_what_its_interface_does_not_know_is_refused(tmp_path: Path) -> None:
    books = Books("myna_portal", tmp_path)
    assert refused(books, PATH, SENT.replace(b"stored", b"maybe")) == 422
    assert books.last().violation is None
