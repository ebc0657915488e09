"""Screen: identifiers cross only the edges that allow them (promise 6, R3; table 1.0 of the domain text).

First the fields the contract marks, then what it provides (特定個人情報名コード): only items on the edge's table of
provision, which lists nothing by default (R28). Then a net over the bytes about to leave: twelve digits with a valid
check digit, also full-width or spaced. About one random 12-digit string in eleven passes the check digit, so exceptions
are named per field in the edge's configuration, never per route.
"""

import re
import unicodedata

from hub.check_digits import individual_number
from hub.errors import Refused
from hub.exchange import Exchange
from hub.services import Services

INDIVIDUAL_NUMBER = "individual_number"
_CHARSET = re.compile(r";\s*charset=([\w-]+)", re.ASCII)
_TWELVE = re.compile(r"(?<!\d)(?:\d{4}[ \-]?\d{4}[ \-]?\d{4}|\d(?: \d){11})(?!\d)", re.ASCII)


def screen(exchange: Exchange, hub: Services) -> Exchange:
    """Refuses `screen.identifier` and `screen.provision`, naming the field or the net, never the value."""
    edge = hub.registry.edge(exchange.name)
    contract, document = exchange.known_contract(), exchange.known_document()
    found = () if contract.identifier_kinds <= edge.allows else contract.identifiers(document)
    for kind, _value, field in found:
        if kind not in edge.allows:
            raise Refused("screen.identifier", f"field {field} carries {kind}, which may not reach {exchange.name}")
    for code, field in contract.data_items(document):
        if code not in edge.provides:
            raise Refused("screen.provision", f"field {field}: not on the table of provision of {exchange.name}")
    if INDIVIDUAL_NUMBER not in edge.allows:
        excepted = set(contract.texts(document, edge.excepted_fields)) if edge.excepted_fields else set()
        wire = exchange.known_wire()
        if caught(wire.content, excepted, _encoding(wire.content_type)):
            raise Refused(
                "screen.identifier", f"text that looks like {INDIVIDUAL_NUMBER} may not reach {exchange.name}"
            )
    return exchange


def _encoding(content_type: str) -> str:
    """What the wire says it is written in. Raises LookupError for an encoding Python does not know."""
    found = _CHARSET.search(content_type)
    return found[1] if found else "utf-8"


def caught(content: bytes, excepted: set[str], encoding: str = "utf-8") -> bool:
    """True when the net finds a valid individual number (個人番号) that is not the value of an excepted field.

    Read in the wrong encoding, full-width digits would slip through.
    """
    text = content.decode(encoding, errors="replace")
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    for match in _TWELVE.finditer(text):
        digits = re.sub(r"[ \-]", "", match.group())
        if digits not in excepted and individual_number(digits):
            return True
    return False
