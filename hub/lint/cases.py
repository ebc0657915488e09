"""Mappings: every case is a valid message, becomes exactly the expected one, and that one is valid."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hub.catalogue import ContractKey
from hub.config_file import Finding
from hub.documents import Contract, Document, parse
from hub.documents import Mapping as Translation
from hub.documents.vetting import canonical, first_difference
from hub.errors import Refused
from hub.lint.samples import SAMPLE_LIMIT


@dataclass(frozen=True, slots=True)
class Case:
    given: Path
    expected: Path


def cases(mapping: Translation) -> list[Case]:
    """Cases of a mapping, by file name."""
    folder = mapping.folder / "cases"
    return [
        Case(given, given.with_name(given.name.removesuffix(".in.xml") + ".out.xml"))
        for given in sorted(folder.glob("*.in.xml"))
    ]


def check_mapping(mapping: Translation, contracts: Mapping[ContractKey, Contract]) -> list[Finding]:
    """All findings about one mapping folder."""
    source = contracts.get((mapping.from_type, mapping.from_version))
    target = contracts.get((mapping.to_type, mapping.to_version))
    if source is None or target is None:
        return []  # a dangling reference, reported as such
    found = cases(mapping)
    findings = [finding for case in found for finding in _check(case, mapping, source, target)]
    if not found:
        fix = "add cases/<name>.in.xml and .out.xml"
        findings.append(Finding(mapping.folder, None, "case.none", "has no case", fix))
    expected = {case.expected for case in found}
    for file in sorted((mapping.folder / "cases").glob("*.out.xml")):
        if file not in expected:
            findings.append(Finding(file, None, "case.pair", "has no .in.xml", "add it or remove this one"))
    return findings


def _check(case: Case, mapping: Translation, source: Contract, target: Contract) -> Iterator[Finding]:
    if not case.expected.exists():
        yield Finding(case.given, None, "case.pair", "has no .out.xml", f"add {case.expected.name}")
        return
    try:
        given = _read(case.given)
        source.validate(given)
    except Refused as error:
        message = f"is no valid {source.type}: {error.detail}"
        yield Finding(case.given, None, "case.input", message, "correct it")
        return
    try:
        result = mapping.apply(given)
        target.validate(result)
        target.facts(result)
    except Refused as error:
        message = f"becomes no valid {target.type}: {error.detail}"
        yield Finding(case.given, None, "case.output", message, "correct mapping.xslt")
        return
    try:
        expected = _read(case.expected)
    except Refused as error:
        yield Finding(case.expected, None, "case.expected", error.detail, "correct it")
        return
    if canonical(result) != canonical(expected):
        message = f"is not what the mapping produces, from {first_difference(result, expected)} on"
        yield Finding(case.expected, None, "case.differs", message, "correct mapping.xslt or this file")


def _read(file: Path) -> Document:
    return parse(file.read_bytes(), SAMPLE_LIMIT)
