"""The signature of an application: an XML signature enveloped in the list of all its files and their digests.

Our form (the real one is not public): `signed` with one `file` (`name`, `sha256`) for `shinsei.xml` and for each
attachment, and the signature by the key of 署名用電子証明書. Only what the verifier hands back as signed is believed.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.verifier import SignatureConfiguration, XMLVerifier

from connectors.http.xml import parsed
from connectors.myna_portal.package import APPLICATION, ATTACHED, CERTIFICATE, SIGNATURE
from connectors.myna_portal.trust import Trust
from hub.errors import Refused

NAMESPACE = "urn:renkei:myna_portal.signed:v1"
METHODS = frozenset({SignatureMethod.RSA_SHA256, SignatureMethod.ECDSA_SHA256})
MOST_BYTES = 262_144


def verify(files: Mapping[str, bytes], trust: Trust, at: datetime) -> None:
    """Raises Refused `signature.…`: the certificate first, then the signature, then every file against it (R15).

    `at`: when the portal received it, with its time zone.
    """
    try:
        certificate = x509.load_pem_x509_certificate(files[CERTIFICATE])
    except (ValueError, x509.InvalidVersion, UnsupportedAlgorithm):
        raise Refused("signature.invalid", "the certificate cannot be read") from None
    trust.check(certificate, at)
    signed = _signed(files[SIGNATURE], certificate, at)
    there = {name: content for name, content in files.items() if name == APPLICATION or name.startswith(ATTACHED)}
    if signed.keys() != there.keys():
        raise Refused("signature.tampered", "the signature is about other files than those that are there")
    if any(hashlib.sha256(content).hexdigest() != signed[name] for name, content in there.items()):
        raise Refused("signature.tampered", "a file is not what was signed")


def _signed(document: bytes, certificate: x509.Certificate, at: datetime) -> Mapping[str, str]:
    """Digests of files by their names, as they were signed."""
    if len(document) > MOST_BYTES:
        raise Refused("signature.invalid", "the signature is too large")
    try:
        parsed(document)  # the verifier would take a document type in another encoding, too
    except ValueError as error:
        raise Refused("signature.invalid", f"the signature cannot be read: {error}") from None
    expected = SignatureConfiguration(
        location="./",
        expect_references=1,
        signature_methods=METHODS,
        digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
        verification_time=at,
    )
    try:
        result = XMLVerifier().verify(document, x509_cert=certificate, expect_config=expected)
    except Exception as error:  # noqa: BLE001 - what does not verify is refused; signxml lets errors of lxml through
        raise Refused("signature.invalid", f"the signature does not hold: {type(error).__name__}") from None
    assert not isinstance(result, list), "one reference was asked for"
    root = result.signed_xml
    if root is None or root.tag != f"{{{NAMESPACE}}}signed":
        raise Refused("signature.invalid", "something else was signed")
    files = [(each.get("name", ""), each.get("sha256", "")) for each in root.iterchildren(f"{{{NAMESPACE}}}file")]
    if len(dict(files)) != len(files):
        raise Refused("signature.invalid", "a file is listed twice")
    return dict(files)
