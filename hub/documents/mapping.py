"""Mappings from one contract to another: XSLT 1.0, own stylesheets only, no access to anything but the document."""

import re
import threading
from pathlib import Path

from lxml import etree
from pydantic import Field

from hub import config_file
from hub.config_file import ConfigFile, Finding, FindingsError, Strict, TypeName, Version
from hub.documents.xml import Document, parse
from hub.errors import Refused

XSL = "{http://www.w3.org/1999/XSL/Transform}"
_LIMIT = 1_000_000
_DOCUMENT_CALL = re.compile(r"\bdocument\s*\(")


class MappingFile(Strict):
    """What `mapping.toml` says."""

    from_type: TypeName = Field(alias="from")
    from_version: Version
    to_type: TypeName = Field(alias="to")
    to_version: Version


class _PerThread(threading.local):
    compiled: etree.XSLT | None = None


class Mapping:
    """Thread-safe. Each thread compiles the stylesheet once: lxml would copy a foreign one at every call."""

    def __init__(self, folder: Path, file: ConfigFile[MappingFile], stylesheet: bytes) -> None:
        """Use `load`."""
        self.folder, self.file = folder, file
        self.name = folder.parent.name
        self.from_type, self.from_version = file.value.from_type, file.value.from_version
        self.to_type, self.to_version = file.value.to_type, file.value.to_version
        self.start, self.end = (self.from_type, self.from_version), (self.to_type, self.to_version)
        # within one type it raises what is left of an old version to a newer one
        self.upcasts = self.from_type == self.to_type and self.from_version < self.to_version
        self._stylesheet = stylesheet
        self._local = _PerThread()

    @classmethod
    def load(cls, folder: Path) -> "Mapping":
        """Load `mappings/<from>--<to>/v<n>/`. Raises FindingsError."""
        file = config_file.read(folder / "mapping.toml", MappingFile)
        expected = f"{file.value.from_type}--{file.value.to_type}"
        if folder.parent.name != expected:
            message = f"from and to are not those of the folder {folder.parent.name}"
            raise FindingsError([file.finding("mapping.folder", message, f"rename it to {expected}", "from")])
        return cls(folder, file, _read_stylesheet(folder / "mapping.xslt"))

    def apply(self, document: Document) -> Document:
        """Translate. Raises Refused `translate.failed`; the detail quotes nothing of the document."""
        transform = self._local.compiled
        if transform is None:
            transform = self._local.compiled = _compile(self._stylesheet)
        try:
            result = transform(document.tree)
        except etree.XSLTApplyError:
            # the texts of libxslt and of xsl:message may quote the document
            place = next((f" (line {entry.line})" for entry in transform.error_log if entry.line), "")
            raise Refused("translate.failed", f"mapping {self.name} gave up{place}") from None
        if result.getroot() is None:
            raise Refused("translate.failed", f"mapping {self.name} produced no element")
        return Document(result)


def _compile(stylesheet: bytes) -> etree.XSLT:
    return etree.XSLT(etree.fromstring(stylesheet), access_control=etree.XSLTAccessControl.DENY_ALL)


def _read_stylesheet(path: Path) -> bytes:
    """The stylesheet's bytes, after refusing what reaches out of it. Access control would stop it at run time only."""

    def wrong(line: int | None, message: str, fix: str) -> FindingsError:
        return FindingsError([Finding(path, line, "mapping.stylesheet", message, fix)])

    try:
        content = path.read_bytes()
        root = parse(content, _LIMIT).tree.getroot()
    except OSError as error:
        raise wrong(None, f"cannot be read: {error.strerror}", "add it") from None
    except Refused as error:
        raise wrong(None, error.detail, "correct it") from None
    for element in root.iter("*"):
        if element.tag in (f"{XSL}include", f"{XSL}import"):
            raise wrong(element.sourceline, "includes another stylesheet", "copy what it needs into this one")
        for name, value in element.attrib.items():
            if str(name).endswith("extension-element-prefixes"):
                raise wrong(element.sourceline, "uses extension elements", "use XSLT 1.0 and EXSLT functions only")
            if _DOCUMENT_CALL.search(str(value)):
                raise wrong(element.sourceline, "calls document()", "take what it needs from the message")
    try:
        _compile(content)
    except etree.XSLTParseError as error:
        raise wrong(None, f"does not compile: {error}", "correct it") from None
    return content
