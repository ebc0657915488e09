"""What the simulated intermediate server checks of a copy (副本) by itself: its table of provision and its data."""

import hashlib
from collections.abc import Sequence
from xml.etree import ElementTree

# Nothing else is provided (主務省令第2条の表); 小児医療費助成 never is (R28).
PROVIDED = {"TM00000000000002": frozenset(["ZEI2026"])}  # 特定個人情報名コード → its data sets
_NIL, _REASON = "{http://www.w3.org/2001/XMLSchema-instance}nil", "ReasonOfNull"
_REASONS = frozenset(["NotAcceptable", "NotConvered"])


def sound(data: str) -> bool:
    """DuplicateCopyData: one element per item, with a text, or nil and a reason."""
    if "<!" in data:
        return False
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 - no document type, so no entities
    except ElementTree.ParseError:
        return False
    return root.tag == "data" and len(root) > 0 and all(_item(each) for each in root)


def digest(record: Sequence[tuple[str, str]]) -> str:
    """SHA-256 of the items of a record, each as a line `name=text`."""
    hashed = hashlib.sha256()
    for name, text in record:
        hashed.update(f"{name}={text}\n".encode())
    return hashed.hexdigest()


def _item(element: ElementTree.Element) -> bool:
    if len(element):
        return False
    if element.get(_NIL) == "true":
        return element.text is None and set(element.attrib) == {_NIL, _REASON} and element.get(_REASON) in _REASONS
    return bool(element.text) and not element.attrib
