"""Whom the city trusts to issue certificates for signatures (署名用電子証明書), and which of those are revoked.

A folder holds `anchors.pem`, one or more certificates of authorities, and `revocations.pem`, the current list of each.
Our assumption: the authority issues directly, as that of 公的個人認証サービス does, and its list is brought here
by other means.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from hub.errors import Refused, Retryable

ANCHORS, REVOCATIONS = "anchors.pem", "revocations.pem"
_BEGIN = b"-----BEGIN X509 CRL-----"


@dataclass(frozen=True, slots=True)
class Trust:
    """`revocations`: by the name of the authority."""

    anchors: Sequence[x509.Certificate]
    revocations: Mapping[x509.Name, x509.CertificateRevocationList]

    def check(self, certificate: x509.Certificate, at: datetime) -> None:
        """Whether it could sign at that time. Raises Refused `signature.untrusted`, `signature.expired`,
        `signature.revoked`.

        The time is that of reception, as the portal states it: not the applicant's, and the same whenever one looks.
        """
        issuer = next((anchor for anchor in self.anchors if _issued(anchor, certificate)), None)
        if issuer is None:
            raise Refused("signature.untrusted", "no trust anchor has issued the certificate")
        if not _for_signatures(certificate):
            raise Refused("signature.untrusted", "the certificate is not one for signatures")
        for each in (certificate, issuer):
            if not each.not_valid_before_utc <= at <= each.not_valid_after_utc:
                raise Refused("signature.expired", "the certificate was not valid when the application was received")
        entry = self.revocations[issuer.subject].get_revoked_certificate_by_serial_number(certificate.serial_number)
        if entry is not None and entry.revocation_date_utc <= at:
            raise Refused("signature.revoked", "the certificate had been revoked when the application was received")


def load(folder: str) -> Trust:
    """What lies there now. Raises Retryable `signature.no_trust`: without it nothing can be verified, so nothing is."""
    if not folder:
        raise Retryable("signature.no_trust", "the connector has no option trust")
    try:
        anchors = x509.load_pem_x509_certificates((Path(folder) / ANCHORS).read_bytes())
        written = (Path(folder) / REVOCATIONS).read_bytes()
        lists = [x509.load_pem_x509_crl(_BEGIN + part) for part in written.split(_BEGIN)[1:]]
    except OSError as error:
        raise Retryable("signature.no_trust", f"the trust folder cannot be read: {error.strerror}") from None
    except ValueError:
        raise Retryable("signature.no_trust", "the trust folder holds no PEM certificates or lists") from None
    found = {anchor.subject: each for anchor in anchors for each in lists if _is_current(each, anchor)}
    if not anchors or any(anchor.subject not in found for anchor in anchors):
        raise Retryable("signature.no_trust", "an authority has no current revocation list")
    return Trust(anchors, found)


def _is_current(revocations: x509.CertificateRevocationList, anchor: x509.Certificate) -> bool:
    until = revocations.next_update_utc
    genuine = revocations.issuer == anchor.subject and revocations.is_signature_valid(anchor.public_key())  # type: ignore[arg-type]  # of an authority, so a key that signs
    return genuine and until is not None and until >= datetime.now(UTC)


def _issued(anchor: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(anchor)
        return anchor.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, x509.ExtensionNotFound):
        return False


def _for_signatures(certificate: x509.Certificate) -> bool:
    """署名用 has the usage nonRepudiation; 利用者証明用, of the same card, has not."""
    try:
        extensions = certificate.extensions
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return False
    unknown = any(each.critical and isinstance(each.value, x509.UnrecognizedExtension) for each in extensions)
    return usage.content_commitment and not unknown
