"""What the welfare system answers about protection (F13): records to be registered anew, and what PMH holds.

It has the records of PMH and counts their 履歴キー, so nobody else can register them anew.
"""

from collections.abc import Sequence
from xml.etree import ElementTree

from connectors.http.xml import documents_in, texts
from hub.errors import Refused
from hub.ports.connector import Reply

RECORD, HELD = "welfare.eligibility", "welfare.non_disclosure"
_NUMBER, _ITEM = "addressee_number", "data_item"


def of_notice(sent: bytes, answer: bytes) -> Sequence[Reply]:
    """To a notice it always has something to say, about whom or what was asked. Raises Refused `reply.invalid`."""
    asked, documents = texts(sent), documents_in(answer, RECORD, HELD)
    if not documents:
        raise Refused("reply.invalid", "it says neither what is registered anew nor what PMH holds")
    for each in documents:
        if each.type == HELD:
            said = texts(each.document)
            about = all(said.get(name) == asked.get(name) for name in (_NUMBER, _ITEM))
        else:
            about = _NUMBER in asked and asked[_NUMBER] in _everybody(each.document)
        if not about:
            raise Refused("reply.invalid", f"{each.type}: not about whom or what was asked")
    return documents


def of_result(_sent: bytes, answer: bytes) -> Sequence[Reply]:
    """To a result it says something where PMH has all of a protected person's records now. Raises as `of_notice`."""
    return documents_in(answer, HELD)


def _everybody(document: bytes) -> set[str]:
    """Whom a record names, child and guardians."""
    root = ElementTree.fromstring(document)  # noqa: S314 - read before, without a document type
    return {(each.text or "").strip() for each in root.iter() if each.tag.endswith("}" + _NUMBER)}
