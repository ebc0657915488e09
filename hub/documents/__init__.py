"""Documents: parsing, validating and translating XML. The only code that knows lxml and xmlschema."""

from hub.documents.contract import Contract
from hub.documents.facts import Facts, NamedPerson
from hub.documents.mapping import Mapping
from hub.documents.xml import Document, parse

__all__ = ["Contract", "Document", "Facts", "Mapping", "NamedPerson", "parse"]
