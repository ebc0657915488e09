"""The simulated resident registry: a notice is 処理通番 and whose it is, nothing else (S:426, R7)."""

from pathlib import Path

import pytest

from tests.unit.connectors.books import Books, document, refused

PATH = "/processing-numbers"
NOTICE = document("resident_registry", "resident_registry.processing_number", "first.xml")


@pytest.mark.rule("R3", "R7")
def test_a_notice_is_taken_and_anything_more_is_not(tmp_path: Path) -> None:
    books = Books("resident_registry", tmp_path)
    assert books.post(PATH, NOTICE).status == 204
    more = NOTICE.replace(b"</processing>", b"<code>1</code></processing>")
    assert refused(books, PATH, more) == 422
    assert books.last().violation is None
    # and an individual number never
    assert refused(books, PATH, more.replace(b">1<", b">621498320257<")) == 422
    assert books.last().violation is not None
