"""A certification authority of the sandbox (認証局), and the certificates applicants sign with. All keys are synthetic.

Keys are drawn from names, so that every process of a run has the same authority without a secret lying anywhere.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

BEGIN, END = datetime(2024, 4, 1, tzinfo=UTC), datetime(2034, 4, 1, tzinfo=UTC)
REVOKED_ON = datetime(2026, 1, 15, tzinfo=UTC)
_ORDER = int("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)  # of the curve P-256


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody with a key and a certificate. `certificate`: PEM."""

    key: ec.EllipticCurvePrivateKey
    certificate: bytes


class Authority:
    """Issues 署名用電子証明書. `revoked`: serial numbers on its list."""

    def __init__(self, name: str = "Synthetic Signature CA") -> None:
        self._key, self._name = _key(name), _named(name)
        usage = _usage(key_cert_sign=True, crl_sign=True)
        basic = x509.BasicConstraints(ca=True, path_length=0)
        self._certificate = _certificate(self._name, self._key, self._name, self._key, BEGIN, END, usage, basic)

    @property
    def anchor(self) -> bytes:
        return self._certificate.public_bytes(Encoding.PEM)

    def issue(self, name: str, begin: datetime = BEGIN, end: datetime = END, *, for_signatures: bool = True) -> Holder:
        """`for_signatures`: False for 利用者証明用, with which nobody may sign."""
        key, usage = _key(name), _usage(content_commitment=for_signatures)
        basic = x509.BasicConstraints(ca=False, path_length=None)
        made = _certificate(_named(name), key, self._name, self._key, begin, end, usage, basic)
        return Holder(key, made.public_bytes(Encoding.PEM))

    def revocations(
        self, holders: Sequence[Holder] = (), until: datetime | None = None, on: datetime = REVOKED_ON
    ) -> bytes:
        """The list of revoked certificates, PEM. `until`: its nextUpdate, a week from now if not said otherwise."""
        now = datetime.now(UTC).replace(microsecond=0)
        until = until or now + timedelta(days=7)
        listed = x509.CertificateRevocationListBuilder().issuer_name(self._name)
        listed = listed.last_update(min(now, until - timedelta(days=1))).next_update(until)
        for holder in holders:
            serial = x509.load_pem_x509_certificate(holder.certificate).serial_number
            listed = listed.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(on).build()
            )
        return listed.sign(self._key, SHA256()).public_bytes(Encoding.PEM)


@cache
def holder(kind: str) -> Holder:
    """A certificate of each kind: "valid", "expired", "revoked", "stranger", "identity"."""
    match kind:
        case "expired":
            return Authority().issue("expired", BEGIN, datetime(2025, 4, 1, tzinfo=UTC))
        case "stranger":
            return Authority("Another CA").issue("stranger")
        case "identity":
            return Authority().issue("identity", for_signatures=False)
        case _:
            return Authority().issue(kind)


def write_trust(folder: Path) -> None:
    """What an operator puts into the trust folder of `connectors.myna_portal`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "anchors.pem").write_bytes(Authority().anchor)
    (folder / "revocations.pem").write_bytes(Authority().revocations([holder("revoked")]))


def _certificate(
    subject: x509.Name, key: ec.EllipticCurvePrivateKey, issuer: x509.Name, issuer_key: ec.EllipticCurvePrivateKey,
    begin: datetime, end: datetime, usage: x509.KeyUsage, basic: x509.BasicConstraints,
) -> x509.Certificate:  # fmt: skip
    serial = int.from_bytes(hashlib.sha256(f"{subject.rfc4514_string()}/{begin}".encode()).digest()[:12])
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    made = made.serial_number(serial | 1).not_valid_before(begin).not_valid_after(end)
    return made.add_extension(basic, critical=True).add_extension(usage, critical=True).sign(issuer_key, SHA256())


def _usage(content_commitment: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not key_cert_sign,
        content_commitment=content_commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _key(name: str) -> ec.EllipticCurvePrivateKey:
    number = int.from_bytes(hashlib.sha512(f"renkei-sandbox/{name}".encode()).digest())
    return ec.derive_private_key(number % (_ORDER - 1) + 1, ec.SECP256R1())
