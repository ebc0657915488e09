"""Reading the schema of a contract: one file of our own, complete in itself."""

from pathlib import Path

from lxml import etree

from hub.config_file import Finding, FindingsError
from hub.documents.xml import parse
from hub.errors import Refused

XS = "{http://www.w3.org/2001/XMLSchema}"
_OUTWARD = {f"{XS}{name}" for name in ("include", "import", "redefine", "override")}
_LIMIT = 1_000_000


def read_schema(path: Path, namespace: str) -> bytes:
    """The schema's bytes. Refuses what reaches for another file: both engines would read it, from anywhere.

    Raises FindingsError.
    """

    def wrong(line: int | None, message: str, fix: str) -> FindingsError:
        return FindingsError([Finding(path, line, "contract.schema", message, fix)])

    try:
        content = path.read_bytes()
        root = parse(content, _LIMIT).tree.getroot()
    except OSError as error:
        raise wrong(None, f"cannot be read: {error.strerror}", "add it") from None
    except Refused as error:
        raise wrong(None, error.detail, "correct it") from None
    if root.tag != f"{XS}schema" or root.get("targetNamespace") != namespace:
        raise wrong(root.sourceline, "is not a schema of the contract's namespace", f"targetNamespace {namespace}")
    if root.get("elementFormDefault") != "qualified":
        raise wrong(root.sourceline, "elements are not qualified", 'set elementFormDefault="qualified"')
    for element in root.iter("*"):
        if element.tag in _OUTWARD:
            raise wrong(element.sourceline, "reaches for another file", "copy what it needs into this schema")
    try:
        etree.XMLSchema(etree.fromstring(content))
    except etree.XMLSchemaParseError as error:
        first = error.error_log[0] if len(error.error_log) else None
        raise wrong(first.line if first else None, f"does not compile: {first.message if first else error}",
                    "correct it") from None  # fmt: skip
    return content
