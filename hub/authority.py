"""A certification authority for trial, for a broker and each of its users. In earnest the city has its own.

Its key lies beside the certificates it made, so whoever reads the folder can make more of them.
"""

import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS, DAYS = 3650, 397
AUTHORITY, SERVER = "ca", "server"
_EARLIER = timedelta(minutes=5)  # clocks differ


class Authority:
    """The authority of one folder: `ca.pem` and `ca.key`, made on first use; beside them `<name>.pem` and `.key`."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError, ValueError for files that are no key or certificate."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (folder / f"{AUTHORITY}.key").exists():
            self._make()
        key = load_pem_private_key((folder / f"{AUTHORITY}.key").read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("the authority's key is not of an elliptic curve")
        self._key = key
        self._name = x509.load_pem_x509_certificate((folder / f"{AUTHORITY}.pem").read_bytes()).subject

    def server(self, hosts: Iterable[str]) -> None:
        """For a server under these names and addresses."""
        named = x509.SubjectAlternativeName([_host(host) for host in dict.fromkeys(hosts)])
        self._issue(SERVER, ExtendedKeyUsageOID.SERVER_AUTH, DAYS, named)

    def client(self, name: str, days: float = DAYS) -> None:
        """For a broker user; its name is the common name. `days` below 0: one that has ended."""
        self._issue(name, ExtendedKeyUsageOID.CLIENT_AUTH, days)

    def _issue(
        self, name: str, purpose: x509.ObjectIdentifier, days: float, named: x509.SubjectAlternativeName | None = None
    ) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        made = _builder(_named(name), self._name, key.public_key(), days)
        made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        made = made.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        if named is not None:
            made = made.add_extension(named, critical=False)
        self._write(name, key, made.sign(self._key, SHA256()))

    def _make(self) -> None:
        key, name = ec.generate_private_key(ec.SECP256R1()), _named("Renkei trial authority")
        made = _builder(name, name, key.public_key(), AUTHORITY_DAYS)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        usage = dict.fromkeys(
            ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"), False
        )
        usage |= dict.fromkeys(("key_agreement", "encipher_only", "decipher_only"), False)
        made = made.add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True)
        self._write(AUTHORITY, key, made.sign(key, SHA256()))

    def _write(self, name: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        """The certificate last: a folder with a certificate has its key."""
        for path, content in (
            (self._folder / f"{name}.key", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())),
            (self._folder / f"{name}.pem", certificate.public_bytes(Encoding.PEM)),
        ):
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(content)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: float
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    ends = now + timedelta(days=days)
    made = x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number())
    return made.not_valid_before(min(now, ends) - _EARLIER).not_valid_after(ends)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
