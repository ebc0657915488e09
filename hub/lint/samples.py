"""Contracts: the schema pleases both engines, every sample meets its fate in both, every marked field is there."""

import re
from collections.abc import Iterator
from pathlib import Path

from hub.config_file import Finding
from hub.documents import Contract, Document, parse
from hub.documents.vetting import SecondEngine, schema_problems
from hub.errors import Refused

SAMPLE_LIMIT = 4 * 1024 * 1024
_EXPECT = re.compile(rb"<!--\s*expect:\s*([a-z_.]+)\s*-->")
# codes a document can meet at the contract; only the second says something against the schema
_SCHEMA = "validate.schema"
_CODES = ("validate.xml", _SCHEMA, "validate.check_digit", "validate.control_total", "validate.rule")


def check_contract(contract: Contract) -> list[Finding]:
    """All findings about one contract folder."""
    schema = contract.folder / "schema.xsd"
    risks = [Finding(schema, line, "schema.risk", problem, fix) for line, problem, fix in schema_problems(contract)]
    engine = None if risks else SecondEngine(contract)
    if engine is not None and engine.problem is not None:
        message = f"xmlschema does not take the schema: {engine.problem}"
        risks.append(Finding(schema, None, "schema.engines", message, "write it so that both engines do"))
        engine = None
    valid, findings = _valid(contract, engine)
    return [*risks, *findings, *_invalid(contract, engine), *_marked(contract, valid)]


def expected_code(sample: Path) -> str | None:
    """The code an invalid sample says it must be refused with."""
    found = _EXPECT.search(sample.read_bytes())
    return found[1].decode() if found else None


def samples(contract: Contract, folder: str) -> list[Path]:
    """Sample files of "valid" or "invalid"."""
    return sorted((contract.folder / folder).glob("*.xml"))


def occurs(contract: Contract, field: str) -> bool:
    """True when a valid sample has this field, named by its path."""
    fates = (_fate(contract, file) for file in samples(contract, "valid"))
    return any(document is not None and contract.texts(document, [field]) for _code, _detail, document in fates)


def _valid(contract: Contract, engine: SecondEngine | None) -> tuple[list[Document], list[Finding]]:
    documents, findings = [], []
    files = samples(contract, "valid")
    if not files:
        findings.append(Finding(contract.folder, None, "sample.none", "has no valid sample", "add valid/<name>.xml"))
    for file in files:
        code, detail, document = _fate(contract, file)
        if code is None and document is not None:
            code, detail = _state(contract, document)
        if code is not None or document is None:
            findings.append(Finding(file, None, "sample.valid", f"is refused: {code}: {detail}", "correct it"))
        elif engine is not None and not engine.accepts(document):
            message = "libxml2 takes it, xmlschema does not"
            findings.append(Finding(file, None, "sample.engines", message, "write the schema unambiguously"))
        else:
            documents.append(document)
    return documents, findings


def _invalid(contract: Contract, engine: SecondEngine | None) -> Iterator[Finding]:
    files = samples(contract, "invalid")
    if not files:
        yield Finding(contract.folder, None, "sample.none", "has no invalid sample", "add invalid/<name>.xml")
    for file in files:
        expected = expected_code(file)
        if expected not in _CODES:
            message = "does not say which code it must be refused with"
            yield Finding(file, 1, "sample.expect", message, "begin with <!-- expect: validate.schema -->")
            continue
        code, detail, document = _fate(contract, file)
        if code != expected:
            fate = f"refused with {code}: {detail}" if code else "accepted"
            yield Finding(
                file, None, "sample.invalid", f"is {fate}; expected {expected}", "correct the one or the other"
            )
        elif engine is not None and document is not None and engine.accepts(document) == (code == _SCHEMA):
            message = "libxml2 and xmlschema disagree on it"
            yield Finding(file, None, "sample.engines", message, "write the schema unambiguously")


def _fate(contract: Contract, file: Path) -> tuple[str | None, str, Document | None]:
    """The code and detail it is refused with, and the document where it could be parsed."""
    document = None
    try:
        document = parse(file.read_bytes(), SAMPLE_LIMIT)
        contract.validate(document)
    except Refused as error:
        return error.code, error.detail, document
    return None, "", document


def _state(contract: Contract, document: Document) -> tuple[str | None, str]:
    try:
        contract.facts(document)
    except Refused as error:
        return error.code, error.detail
    return None, ""


def _marked(contract: Contract, documents: list[Document]) -> Iterator[Finding]:
    """A mark that hits nothing protects nobody: most likely it is misspelt."""
    if not documents:
        return
    for location, field, start in contract.marked():
        trees = [document.tree for document in documents]
        nodes = [node for tree in trees for node in start.elements(tree)] if start is not None else trees
        # an element counts by being there, a computed text by not being empty
        if not any(found != "" for node in nodes for found in field.nodes(node)):
            message = f"{field.name} occurs in no valid sample"
            yield contract.file.finding("contract.mark", message, "correct the XPath or add a sample", *location)
