"""How long the certificates of TLS addresses hold, and which addresses are not protected at all."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509

from hub.doctor.verdict import Verdict, failed, ok, warning
from hub.errors import ConfigError
from hub.hosts import each_host, exposed, plain_partner
from hub.ports.tls import Tls

WARN_DAYS = 30
_SECONDS = 5.0
_OWN = ("broker", "management")
_NONE: Mapping[str, Any] = MappingProxyType({})
_PORTS = {"amqps": 5671, "https": 443}


def examine(
    addresses: Mapping[str, str],
    sandbox: bool,
    tls: Mapping[str, Tls] = _NONE,
    files: Mapping[str, Path] = _NONE,
) -> Iterator[Verdict]:
    """`addresses`: by name, such as "broker" or a connector's; `tls`: for there; `files`: own certificates."""
    now = datetime.now(UTC)
    for name, path in files.items():
        look = f"openssl x509 -in {path} -noout -subject -enddate"
        try:
            yield judge(f"certificate.{name}", ends_of(path), now, look)
        except (OSError, ValueError) as error:
            yield failed(f"certificate.{name}", f"{path} is no certificate: {type(error).__name__}", look)
    for name, url in ((name, each) for name, several in addresses.items() for each in each_host(several)):
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme in _PORTS:
            yield certificate(name, host, parts.port or _PORTS[parts.scheme], tls.get(name, Tls()))
        elif exposed(url) if name in _OWN else plain_partner(url, sandbox):
            found = f"config.plain_address: {parts.scheme}://{host} is not encrypted"
            fix = f"let {host} serve TLS, then write {parts.scheme}s:// in the address"
            yield failed(f"tls.{name}", found, fix)


def certificate(name: str, host: str, port: int, tls: Tls) -> Verdict:
    """Asks the server for it. Whether it is trusted is not looked at: a connection says so by itself."""
    check = f"tls.{name}"
    look = (
        f"openssl s_client -connect {host}:{port} -servername {host} </dev/null | openssl x509 -noout -subject -enddate"
    )
    try:
        ends = shown_until(host, port, tls)
    except ConfigError as error:
        return failed(check, error.detail, look)
    except OSError as error:
        return failed(check, f"no TLS at {host}:{port}: {type(error).__name__}", look)
    if ends is None:
        return failed(check, f"{host}:{port} shows no certificate", look)
    return judge(check, ends, datetime.now(UTC), look)


def ends_of(path: Path) -> datetime:
    """When the certificate of a PEM file ends. Raises OSError, ValueError."""
    return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc


def shown_until(host: str, port: int, tls: Tls) -> datetime | None:
    """When the certificate that a server shows ends; None where it shows none. Raises OSError, ConfigError."""
    context = tls.context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((host, port), _SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        shown = secured.getpeercert(binary_form=True)
    return None if shown is None else x509.load_der_x509_certificate(shown).not_valid_after_utc


class Certificates:
    """When the certificates end, for the metrics: looked at every `seconds` on a thread of its own, so that no scrape
    waits for a partner. What does not answer keeps what was seen before."""

    def __init__(
        self,
        addresses: Mapping[str, str],
        tls: Mapping[str, Tls] = _NONE,
        files: Mapping[str, Path] = _NONE,
        seconds: float = 3600.0,
    ) -> None:
        self._addresses, self._tls, self._files, self._seconds = addresses, tls, files, seconds
        self._ends: dict[str, float] = {}
        self._look_at = 0.0
        self._lock = threading.Lock()

    def ends(self) -> Mapping[str, float]:
        """By name of the address, seconds since 1970."""
        with self._lock:
            if time.monotonic() >= self._look_at:
                self._look_at = time.monotonic() + self._seconds
                threading.Thread(target=self._look, name="certificates", daemon=True).start()
            return dict(self._ends)

    def _look(self) -> None:
        for name, path in self._files.items():
            with suppress(OSError, ValueError):  # `renkei doctor` says what is wrong with a file
                self._note(f"certificate.{name}", ends_of(path))
        for name, url in ((name, each) for name, several in self._addresses.items() for each in each_host(several)):
            parts = urlsplit(url)
            if parts.scheme not in _PORTS:
                continue
            with suppress(OSError, ConfigError):  # that it does not answer is told by its circuit
                port = parts.port or _PORTS[parts.scheme]
                until = shown_until(parts.hostname or "", port, self._tls.get(name, Tls()))
                if until is not None:
                    self._note(name, until)

    def _note(self, name: str, until: datetime) -> None:
        with self._lock:
            self._ends[name] = until.timestamp()


def judge(check: str, ends: datetime, now: datetime, look: str) -> Verdict:
    days = (ends - now).days
    fix = f"renew the certificate and reload the server; then: {look}"
    if ends <= now:
        return failed(check, f"the certificate ended on {ends:%Y-%m-%d}", fix)
    found = f"the certificate ends on {ends:%Y-%m-%d}, in {days} days"
    return warning(check, found, fix) if days < WARN_DAYS else ok(check, found)
