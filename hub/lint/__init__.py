"""Everything that can be known to be wrong before anything runs. `renkei lint` shows it; `tests/data` runs the same."""

from collections.abc import Iterator

from hub import catalogue, discovery, flows, references, settings
from hub.catalogue import Catalogue
from hub.config_file import Finding, FindingsError
from hub.home import Home
from hub.lint.cases import check_mapping
from hub.lint.edges import edges
from hub.lint.samples import check_contract
from hub.lint.unused import unused

__all__ = ["Finding", "lint"]


def lint(home: Home) -> list[Finding]:
    """All findings, by file and line; empty when all is well. Raises ConfigError when a data folder is missing."""
    found = catalogue.read(home)
    kinds = discovery.kinds()
    findings = [*found.findings, *_settings(home, found)]
    for contract in found.contracts.values():
        findings += check_contract(contract)
    for mapping in found.mappings:
        findings += check_mapping(mapping, found.contracts)
    if not found.findings:  # else whatever refers to what could not be read would be reported as well
        findings += references.dangling(found, kinds)
        findings += edges(found)
        findings += unused(found, kinds)
        findings += _flows(found)
    return sorted(findings, key=lambda finding: (str(finding.file), finding.line or 0, finding.message))


def _settings(home: Home, found: Catalogue) -> Iterator[Finding]:
    if not home.settings_file.exists():
        return
    try:
        loaded = settings.load(home)
    except FindingsError as error:
        yield from error.findings
        return
    for name in sorted(set(loaded.urls) - set(found.connectors)):
        message = f"an address is set for {name}, but there is no such connector"
        yield Finding(home.settings_file, None, "settings.urls", message, "correct the name in [urls] or RENKEI_URL_…")
    for name in sorted(set(loaded.urls) & set(found.connectors)):
        other = found.connectors[name].value.same_address_as
        if other is not None:
            message = f"an address is set for {name}, which has that of {other}"
            yield Finding(home.settings_file, None, "settings.urls", message, f"set an address for {other} only")


def _flows(found: Catalogue) -> Iterator[Finding]:
    for where, flow in flows.unknown(found):
        message = f"{where} belongs to flow {flow}, which has no name"
        yield Finding(found.config / "flows.toml", None, "flow", message, "add it, or correct the flow there")
