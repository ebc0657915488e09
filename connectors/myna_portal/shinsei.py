"""What the applicant wrote (申請内容): from `shinsei.xml` and the attachments to the document of the contract.

`shinsei.xml` has the root `shinsei`, one element per item that was filled in, and one `attachment` (`kind`, `name`) for
each file below `attach/`. Nothing is corrected and nothing left out: what is not as agreed is refused.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from connectors.http.xml import parsed
from connectors.myna_portal.package import APPLICATION, ATTACHED
from connectors.myna_portal.procedures import ITEMS, PROCEDURES
from hub.errors import Refused

TYPE = "myna_portal.application"
MOST_BYTES = 262_144
_SPACE = f"urn:renkei:{TYPE}:v1"
_KINDS = {b"%PDF-": "application/pdf", b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


def document(number: str, files: Mapping[str, bytes]) -> bytes:
    """The application with this 受付番号. Raises Refused `application.…` and `package.layout`, and quotes nothing."""
    written = _parsed(files[APPLICATION])
    items = _items(written)
    if items.get("reception_number") != number or items.get("replaces") == number:
        raise Refused("application.number", "it has another 受付番号 than the portal says, or replaces itself")
    procedure = PROCEDURES.get(items.get("procedure_code", ""))
    if procedure is None:
        raise Refused("application.procedure", "its 手続コード is not on the list")
    if strange := sorted(items.keys() & set(ITEMS) - procedure.items):
        raise Refused("application.item", f"its procedure has no item {strange[0]}")
    if missing := sorted(procedure.needed - items.keys()):
        raise Refused("application.item", f"its procedure needs the item {missing[0]}")
    root = Element(f"{{{_SPACE}}}application")
    for name in ITEMS:
        if name in items:
            SubElement(root, f"{{{_SPACE}}}{name}").text = items[name]
    _attach(root, written, files)
    made: bytes = ElementTree.tostring(root, encoding="utf-8", default_namespace=_SPACE)
    return made


def attachments(files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """By the SHA-256 of each, as the document names them."""
    return {_digest(content): content for name, content in files.items() if name.startswith(ATTACHED)}


def _parsed(content: bytes) -> Element:
    if len(content) > MOST_BYTES:
        raise Refused("application.unreadable", "it is too large")
    try:
        root = parsed(content)
    except ValueError as error:
        raise Refused("application.unreadable", str(error)) from None
    if root.tag != "shinsei" or root.attrib:
        raise Refused("application.unreadable", "it is something else than an application")
    return root


def _items(root: Element) -> dict[str, str]:
    items: dict[str, str] = {}
    for each in root:
        if each.tag == "attachment":
            continue
        if each.tag not in ITEMS or len(each) or each.attrib:
            raise Refused("application.item", "it has an item no procedure has")  # whose name may be anything
        if each.tag in items:
            raise Refused("application.item", f"the item {each.tag} stands there twice")
        items[each.tag] = each.text or ""
    return items


def _attach(root: Element, written: Element, files: Mapping[str, bytes]) -> None:
    """One element per attachment, in the applicant's order."""
    listed = [(each.get("kind", ""), each.get("name", "")) for each in written.iter("attachment")]
    there = Counter(name.removeprefix(ATTACHED) for name in files if name.startswith(ATTACHED))
    if Counter(name for _, name in listed) != there:
        raise Refused("package.layout", "the application lists other attachments than those that are there")
    for kind, name in listed:
        content = files[ATTACHED + name]
        media = next((media for begin, media in _KINDS.items() if content.startswith(begin)), None)
        if media is None:
            raise Refused("package.unsafe", "an attachment is neither PDF, JPEG nor PNG")
        part = SubElement(root, f"{{{_SPACE}}}attachment")
        said = {"kind": kind, "name": name, "media_type": media, "size": str(len(content)), "sha256": _digest(content)}
        for item, text in said.items():
            SubElement(part, f"{{{_SPACE}}}{item}").text = text


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
