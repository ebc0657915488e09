"""Why a schema refused a document: field, line and rule in words, never a value or a name the schema does not know.

Runs on refusal only. xmlschema explains; what xmlschema cannot be trusted with, libxml2's error code explains:

- patterns, which xmlschema runs on Python's backtracking engine: it gets the schema without them;
- large documents, which would take xmlschema seconds;
- corner cases in which xmlschema accepts what libxml2 refuses.
"""

import threading
from collections.abc import Iterator
from itertools import islice
from typing import Any

from lxml import etree

from hub.documents.words import Problem, Wording
from hub.documents.xml import Document
from hub.documents.xsd import XS

MOST_PROBLEMS = 3
MOST_ELEMENTS = 2_000
MOST_BYTES = 100_000


class Explainer:
    """Thread-safe. `validate` on one XMLSchema object leaves its errors in a log all threads share, hence the lock
    and an object of its own: the contract's is called without a lock and its log is never read.
    """

    def __init__(self, schema: bytes) -> None:
        self._xsd = schema
        self._schema = etree.XMLSchema(etree.fromstring(schema))
        self._wording = Wording(schema)
        self._lock = threading.Lock()
        self._lenient: Any = None

    def explain(self, document: Document) -> tuple[str, str]:
        """One to three problems, one sentence, and the kind of rule that was broken first, such as "pattern".

        The document must have been refused by the schema.
        """
        problems, kind = self._found(document)
        return "; ".join(map(str, problems[:MOST_PROBLEMS])) or "does not match the schema", kind

    def problems(self, document: Document) -> list[Problem]:
        """What is wrong, each once; none where the schema takes the document."""
        return self._found(document)[0]

    def _found(self, document: Document) -> tuple[list[Problem], str]:
        with self._lock:
            self._schema(document.tree)
            refusals = list(self._schema.error_log)
            problems = [self._wording.pattern(document, entry) for entry in refusals if entry.type_name == _PATTERN]
            if refusals and _is_small(document):
                problems += islice(self._ask_xmlschema(document), MOST_PROBLEMS)
            if not problems:
                problems = [self._wording.fallback(document, entry) for entry in refusals]
        kind = _kind(refusals[0].type_name) if refusals else "schema"
        return list({str(problem): problem for problem in problems}.values()), kind

    def _ask_xmlschema(self, document: Document) -> Iterator[Problem]:
        try:
            if self._lenient is None:
                self._lenient = _without_patterns(self._xsd)
            for error in self._lenient.iter_errors(document.tree.getroot()):
                yield self._wording.problem(error)
        except Exception:  # noqa: BLE001 - the document is refused already; explaining must not turn that into a bug
            return


_PATTERN = "SCHEMAV_CVC_PATTERN_VALID"


def _kind(name: str) -> str:
    """libxml2's name of an error, one of its fixed list, in short."""
    return name.removeprefix("SCHEMAV_").removeprefix("CVC_").removesuffix("_VALID").lower()


def _is_small(document: Document) -> bool:
    size = 0
    for count, element in enumerate(document.tree.iter("*")):
        size += len(element.text or "") + sum(len(str(value)) for value in element.attrib.values())
        if count >= MOST_ELEMENTS or size > MOST_BYTES:
            return False
    return True


def _without_patterns(schema: bytes) -> Any:
    # half a second of imports, needed once per process and only when something is refused
    import xmlschema

    root = etree.fromstring(schema)
    for pattern in root.findall(f".//{XS}pattern"):
        parent = pattern.getparent()
        if parent is not None:
            parent.remove(pattern)
    return xmlschema.XMLSchema10(etree.tostring(root, encoding="unicode"), defuse="always", allow="none")
