"""Which reply an answer is, and replies written as XML."""

from xml.etree import ElementTree

import pytest

from connectors.http import xml_operation
from connectors.http.xml import about, documents_in, reply_of, reply_with
from hub.errors import Refused

TYPE = "partner.answer"


@pytest.mark.parametrize(
    "answer",
    [
        b'<a xmlns="urn:renkei:partner.answer:v1"/>',
        b"<?xml version='1.0'?>\n<!-- synthetic -->\n<a b='c' xmlns='urn:renkei:partner.answer:v1'/>",
        b'<n:a xmlns:n="urn:renkei:partner.answer:v1"/>',
    ],
)
def test_an_expected_reply_is_told_by_its_namespace(answer: bytes) -> None:
    found = reply_of(answer, "partner.other", TYPE)
    assert (found.type, found.version, found.document) == (TYPE, 1, answer)


def test_the_version_is_the_answers_own() -> None:
    assert reply_of(b'<a xmlns="urn:renkei:partner.answer:v12"/>', TYPE).version == 12


@pytest.mark.parametrize(
    "answer",
    [b"", b"<broken", b"{}", b"<a/>", b'<a xmlns="urn:renkei:partner.strange:v1"/>', b"<a>" + b" " * 5000],
)
def test_anything_else_is_refused(answer: bytes) -> None:
    with pytest.raises(Refused) as caught:
        reply_of(answer, TYPE)
    assert (caught.value.code, caught.value.detail) == ("reply.invalid", "expected partner.answer")


def test_a_written_reply_has_every_character_as_it_was() -> None:
    text = "葛󠄀城 \ue000\U00100001\U00020bb7 <&>\"' ]]> \r\n\t　 "
    reply = reply_with(TYPE, "answer", {"name": text, "missing": None})
    element = ElementTree.fromstring(reply.document)  # noqa: S314 - written above
    assert [(child.tag, child.text) for child in element] == [("{urn:renkei:partner.answer:v1}name", text)]
    assert (reply.type, reply.version) == (TYPE, 1)
    assert "葛󠄀城".encode() in reply.document


def enveloped(*documents: bytes) -> bytes:
    return b'<documents xmlns="urn:renkei:documents:v1">\n' + b"\n".join(documents) + b"\n</documents>"


def test_an_answer_may_have_several_documents_to_say_with_every_character_as_it_was() -> None:
    text = "葛󠄀城 \ue000\U00100001\U00020bb7 <&>\"' ]]> \r\n\t　 "
    one = reply_with(TYPE, "answer", {"name": text}).document
    other = b'<o:a xmlns:o="urn:renkei:partner.other:v2"/>'
    found = documents_in(enveloped(one, other, one), TYPE, "partner.other")
    assert [(each.type, each.version) for each in found] == [(TYPE, 1), ("partner.other", 2), (TYPE, 1)]
    assert [child.text for child in ElementTree.fromstring(found[0].document)] == [text]  # noqa: S314 - written above


def test_nothing_said_is_no_document() -> None:
    assert documents_in(b"", TYPE) == documents_in(enveloped(), TYPE) == ()


@pytest.mark.parametrize(
    "answer",
    [
        b"<broken",
        b"<documents/>",
        b'<a xmlns="urn:renkei:partner.answer:v1"/>',
        enveloped(b"<extra>1</extra>"),
        enveloped(b'<a xmlns="urn:renkei:partner.answer:v1"/>', b'<a xmlns="urn:renkei:partner.strange:v1"/>'),
        b'<!DOCTYPE a [<!ENTITY n "Q1">]>' + enveloped(),
    ],
)
def test_documents_that_were_not_expected_are_refused_whole(answer: bytes) -> None:
    with pytest.raises(Refused) as caught:
        documents_in(answer, TYPE)
    assert caught.value.code == "reply.invalid"


SENT = b'<q xmlns="urn:renkei:partner.question:v1"><number>Q1</number><person> 000000000000101 </person></q>'
SAID = b'<n:a xmlns:n="urn:renkei:partner.answer:v1"><n:number>Q1</n:number><n:person>000000000000101</n:person></n:a>'


def test_an_answer_that_repeats_the_question_is_about_it() -> None:
    about(SENT, SAID, ["number", "person"])


@pytest.mark.parametrize(
    "answer",
    [
        SAID.replace(b"101", b"102"),
        SAID.replace(b"Q1", b"Q2"),
        SAID.replace(b"<n:person>000000000000101</n:person>", b""),
        SAID + b"x",
        b'<!DOCTYPE a [<!ENTITY n "Q1">]>' + SAID,
    ],
)
def test_an_answer_about_somebody_else_is_refused_and_names_nobody(answer: bytes) -> None:
    with pytest.raises(Refused) as caught:
        about(SENT, answer, ["number", "person"])
    assert caught.value.code == "reply.invalid"
    assert not any(text in str(caught.value) for text in ("0001", "Q1", "Q2"))


def test_an_operation_refuses_an_answer_that_does_not_echo() -> None:
    operation = xml_operation("/q", "partner.answer", echoes=["person"])
    assert [reply.type for reply in operation.replies(SENT, SAID)] == ["partner.answer"]
    with pytest.raises(Refused):
        operation.replies(SENT, SAID.replace(b"101", b"102"))
