"""Which reply an answer is, and replies written as XML."""

from xml.etree import ElementTree

import pytest

from connectors.http.xml import reply_of, reply_with
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
