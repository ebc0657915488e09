"""How long the certificates of TLS addresses hold, and which addresses are not protected at all."""

import ipaddress
import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from cryptography import x509

from hub.doctor.verdict import Verdict, failed, ok, warning
from hub.hosts import each_host

WARN_DAYS = 30
_SECONDS = 5.0
_PORTS = {"amqps": 5671, "https": 443}


def examine(addresses: Mapping[str, str]) -> Iterator[Verdict]:
    """`addresses`: by name, such as "broker" or a connector's."""
    for name, url in ((name, each) for name, several in addresses.items() for each in each_host(several)):
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme in _PORTS:
            yield certificate(name, host, parts.port or _PORTS[parts.scheme])
        elif parts.netloc and not loopback(host):  # without a host: a folder, or the broker, which is looked at itself
            found = f"{parts.scheme}://{host} is not encrypted: passwords and unsealed messages can be read on the way"
            fix = f"let {host} serve TLS, then write {parts.scheme}s:// in the address"
            yield warning(f"tls.{name}", found, fix)


def certificate(name: str, host: str, port: int) -> Verdict:
    """Asks the server for it. Whether it is trusted is not looked at: a connection says so by itself."""
    check = f"tls.{name}"
    look = (
        f"openssl s_client -connect {host}:{port} -servername {host} </dev/null | openssl x509 -noout -subject -enddate"
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host, port), _SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            shown = secured.getpeercert(binary_form=True)
    except OSError as error:
        return failed(check, f"no TLS at {host}:{port}: {type(error).__name__}", look)
    if shown is None:
        return failed(check, f"{host}:{port} shows no certificate", look)
    return judge(check, x509.load_der_x509_certificate(shown).not_valid_after_utc, datetime.now(UTC), look)


def judge(check: str, ends: datetime, now: datetime, look: str) -> Verdict:
    days = (ends - now).days
    fix = f"renew the certificate and reload the server; then: {look}"
    if ends <= now:
        return failed(check, f"the certificate ended on {ends:%Y-%m-%d}", fix)
    found = f"the certificate ends on {ends:%Y-%m-%d}, in {days} days"
    return warning(check, found, fix) if days < WARN_DAYS else ok(check, found)


def loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
