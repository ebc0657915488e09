"""From what the applicant wrote to the document of the contract: the procedure's items and no others (R16)."""

import hashlib

import pytest

from connectors.myna_portal import shinsei
from connectors.myna_portal.procedures import ITEMS
from hub.documents import parse
from hub.errors import Refused
from hub.sandbox import forms
from hub.sandbox.applications import reception_number
from tests.unit.connectors.routed import REGISTRY

NUMBER = reception_number(6_000_001)
CONTRACT = REGISTRY.contract(shinsei.TYPE, 1)


def files(procedure: str = forms.ISSUE, without: str = "", **items: str) -> dict[str, bytes]:
    form = {name: text for name, text in (forms.filled(NUMBER, procedure) | items).items() if name != without}
    return forms.files(form, forms.attached(NUMBER))


def code(given: dict[str, bytes]) -> str:
    with pytest.raises(Refused) as caught:
        shinsei.document(NUMBER, given)
    assert NUMBER not in str(caught.value)
    return caught.value.code


@pytest.mark.parametrize("procedure", [forms.ISSUE, forms.CHANGE])
def test_a_filled_form_satisfies_the_contract_and_keeps_every_item(procedure: str) -> None:
    given = files(procedure)
    made = parse(shinsei.document(NUMBER, given), 1 << 20)
    CONTRACT.validate(made)
    texts = {each.tag.partition("}")[2]: each.text for each in made.tree.getroot()}
    assert {name: texts[name] for name in ITEMS if name in texts} == forms.filled(NUMBER, procedure)


def test_the_same_package_gives_the_same_document() -> None:
    assert shinsei.document(NUMBER, files()) == shinsei.document(NUMBER, files())


def test_attachments_are_named_by_their_digests() -> None:
    given = files()
    kept = shinsei.attachments(given)
    assert sorted(kept) == sorted(forms.digests(NUMBER))
    assert all(hashlib.sha256(content).hexdigest() == digest for digest, content in kept.items())
    assert all(digest.encode() in shinsei.document(NUMBER, given) for digest in kept)


@pytest.mark.rule("R16")
@pytest.mark.parametrize("item", ["applicant_individual_number", "insured_mark", "spouse_name"])
def test_r16_an_item_the_procedure_does_not_have_is_refused(item: str) -> None:
    assert code(files(forms.CHANGE, **{item: "621498320257"})) == "application.item"


@pytest.mark.rule("R16")
def test_r16_an_item_no_procedure_has_is_refused() -> None:
    assert code(files(income="5000000")) == "application.item"


@pytest.mark.parametrize("item", ["applicant_name", "child_name", "insured_mark", "certificate_serial"])
def test_an_item_the_procedure_needs_must_be_there(item: str) -> None:
    assert code(files(without=item)) == "application.item"


def test_a_procedure_that_is_not_on_the_list_is_refused() -> None:
    assert code(files(procedure_code="KSM0000000000009")) == "application.procedure"


def test_the_number_is_the_one_the_portal_says() -> None:
    assert code(files(reception_number=reception_number(6_000_002))) == "application.number"
    assert code(files(replaces=NUMBER)) == "application.number"


def test_an_item_twice_is_refused() -> None:
    given = files()
    again = given["shinsei.xml"].replace(b"</shinsei>", b"<reason>x</reason></shinsei>")
    assert code(given | {"shinsei.xml": again}) == "application.item"


@pytest.mark.parametrize(
    "content", [b"", b"<shinsei", b"<other/>", b"<!DOCTYPE shinsei><shinsei/>", b"<shinsei>" + b" " * 300_000]
)
def test_what_is_no_form_is_refused(content: bytes) -> None:
    assert code(files() | {"shinsei.xml": content}) == "application.unreadable"


def test_attachments_are_those_the_form_lists() -> None:
    given = files()
    assert code(given | {"attach/more.pdf": b"%PDF-"}) == "package.layout"
    del given["attach/保険証.pdf"]
    assert code(given) == "package.layout"


@pytest.mark.parametrize("content", [b"<script>", b"MZ\x90", b"", b"GIF89a"])
def test_an_attachment_is_a_document_or_a_picture(content: bytes) -> None:
    assert code(files() | {"attach/保険証.pdf": content}) == "package.unsafe"
