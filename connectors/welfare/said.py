"""What the welfare system says in its answers: documents of its own, about somebody it was told about.

It alone counts 履歴キー and decides on certificates, so what follows from what it hears is for it to say: records to be
registered anew or deleted at PMH (F13, F25), an inquiry to another body (F25), what PMH holds (F13).
"""

from collections.abc import Callable, Sequence
from xml.etree import ElementTree

from connectors.http import Operation
from connectors.http.xml import XML, documents_in, texts
from hub.errors import Refused
from hub.ports.connector import Reply

RECORD, HELD, INQUIRY = "welfare.eligibility", "welfare.non_disclosure", "welfare.network_inquiry"
_ITEM = "data_item"
_NUMBERS = ("addressee_number", "child_number", "applicant_number")


def saying(path: str, *types: str) -> Operation:
    """A notice to which it may have documents of these types to say, each about somebody whom the notice names."""
    return Operation(path, XML, bytes, _about_them(types))


def _about_them(types: Sequence[str]) -> Callable[[bytes, bytes], Sequence[Reply]]:
    def replies(sent: bytes, answer: bytes) -> Sequence[Reply]:
        documents = documents_in(answer, *types)
        if documents:
            known = _people(sent)
            for each in documents:
                if not known & _people(each.document):
                    raise Refused("reply.invalid", f"{each.type}: about nobody who was named")
        return documents

    return replies


def of_notice(sent: bytes, answer: bytes) -> Sequence[Reply]:
    """To a protection notice it always has something to say, about whom or what was asked (F13).

    Raises Refused `reply.invalid`.
    """
    asked, documents = texts(sent), documents_in(answer, RECORD, HELD)
    if not documents:
        raise Refused("reply.invalid", "it says neither what is registered anew nor what PMH holds")
    for each in documents:
        same = {asked.get("addressee_number")} <= (_people(each.document) or {None})
        if each.type == HELD:
            same = same and texts(each.document).get(_ITEM) == asked.get(_ITEM)
        if not same:
            raise Refused("reply.invalid", f"{each.type}: not about whom or what was asked")
    return documents


def of_result(_sent: bytes, answer: bytes) -> Sequence[Reply]:
    """To a result, which names nobody: what PMH holds, where it has all of a protected person's records now (F13)."""
    return documents_in(answer, HELD)


def _people(document: bytes) -> set[str | None]:
    """宛名番号 of everybody it names. Of a document that was read, or written by the hub."""
    root = ElementTree.fromstring(document)  # noqa: S314 - without a document type
    return {(each.text or "").strip() for each in root.iter() if each.tag.partition("}")[2] in _NUMBERS}
