"""R27: what the platform provides is taken only if it is about whom was asked, and exactly what was asked for."""

from pathlib import Path

import pytest

from connectors.integration_platform.provision import read
from hub.errors import Refused
from tests.unit.connectors.books import Books, document

KIND = "integration_platform"
ASKED = document(KIND, "integration_platform.provision_request", "asked.xml")
SAID = (Path(__file__).parents[4] / "schemas/integration_platform.provision_content/v1/valid/provided.xml").read_bytes()
PERSON = b"790564040330481"  # whom the sample asks about
SAID = SAID.replace(b"000000000700101", PERSON)
ITEM = b"<item><code>ZEI003</code><value>1</value></item>"


def test_what_was_asked_for_is_taken() -> None:
    (reply,) = read(ASKED, SAID)

    assert (reply.type, reply.document) == ("integration_platform.provision_content", SAID)


@pytest.mark.rule("R27")
@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (PERSON, b"790564040330482"),
        (b"SY00000000009001", b"SY00000000009002"),
        (b"TM00000000000002", b"TM00000000000003"),
        (b"<code>ZEI002</code>", b"<code>ZEI003</code>"),
        (b"<answered_at>", ITEM + b"<answered_at>"),
        (b"<item>", b"<!-- <item>"),
    ],
    ids=["another person", "another inquiry", "another data item", "another item", "an item too many", "no XML"],
)
def test_r27_anything_else_is_refused_whole(was: bytes, becomes: bytes) -> None:
    assert was in SAID

    with pytest.raises(Refused, match=r"reply\.invalid"):
        read(ASKED, SAID.replace(was, becomes))


def test_an_item_too_few_is_refused() -> None:
    begin, end = SAID.index(b"<item>"), SAID.index(b"</item>") + len(b"</item>")

    with pytest.raises(Refused, match=r"reply\.invalid"):
        read(ASKED, SAID[:begin] + SAID[end:])


def test_the_simulated_platform_provides_for_those_it_has_numbered_and_for_nobody_else(tmp_path) -> None:  # type: ignore[no-untyped-def]
    books = Books(KIND, tmp_path)
    assert books.post("/provisions", ASKED).status == 409

    numbered = books.post("/numbering", document(KIND, "integration_platform.numbering_request", "adult.xml"))
    assert PERSON in numbered.body
    answer = books.post("/provisions", ASKED)

    assert answer.status == 200
    assert read(ASKED, answer.body)
