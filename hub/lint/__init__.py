"""Everything that can be known to be wrong before anything runs. `renkei lint` shows it; `tests/data` runs the same."""

from collections.abc import Iterator, Mapping

from hub import catalogue, discovery, flows, references, settings
from hub.catalogue import Catalogue
from hub.clock import today
from hub.config_file import Finding, FindingsError
from hub.home import Home
from hub.hosts import PLAIN_PARTNER, exposed, plain_partner
from hub.lint.cases import check_mapping
from hub.lint.edges import edges
from hub.lint.samples import check_contract
from hub.lint.unused import unused
from hub.lint.years import years
from hub.settings import HubSettings

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
        findings += years(found, today())
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
    named: dict[str, Mapping[str, object]] = {
        "an address": loaded.urls,
        "a credential": loaded.credentials,
        "oauth": loaded.oauth,
        "tls": loaded.tls,
    }
    strangers = [(what, name) for what, names in named.items() for name in sorted(set(names) - set(found.connectors))]
    for what, name in strangers:
        message = f"{what} is set for {name}, but there is no such connector"
        yield Finding(home.settings_file, None, "settings.urls", message, "correct the name, in hub.toml or RENKEI_…")
    for name in sorted(set(loaded.urls) & set(found.connectors)):
        other = found.connectors[name].value.same_address_as
        if other is not None:
            message = f"an address is set for {name}, which has that of {other}"
            yield Finding(home.settings_file, None, "settings.urls", message, f"set an address for {other} only")
    yield from _plain(home, found, loaded)


def _plain(home: Home, found: Catalogue, loaded: HubSettings) -> Iterator[Finding]:
    """Addresses without TLS, as the hub would not use them either (`config.plain_address`)."""
    for name, file in found.connectors.items():
        given, oauth = loaded.urls.get(name, file.value.url), loaded.oauth.get(name)
        for url in (given, oauth and oauth.token_url):
            if url and plain_partner(url, loaded.sandbox):
                yield Finding(home.settings_file, None, "address.plain", f"{name}: {PLAIN_PARTNER}", "see R29, R56")
    for key, url in (("amqp_url", loaded.amqp_url), ("management_url", loaded.management_url)):
        if url and exposed(url):
            message = f"{key} leads to another host without TLS"
            yield Finding(home.settings_file, None, "address.plain", message, "let the broker serve TLS, then add an s")
    if loaded.traces_url and exposed(loaded.traces_url):
        message = "traces_url leads to another host without TLS"
        yield Finding(home.settings_file, None, "address.plain", message, "let the collector serve TLS, then https://")


def _flows(found: Catalogue) -> Iterator[Finding]:
    for where, flow in flows.unknown(found):
        message = f"{where} belongs to flow {flow}, which has no name"
        yield Finding(found.config / "flows.toml", None, "flow", message, "add it, or correct the flow there")
