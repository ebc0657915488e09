"""The ZIPs of applications that the simulated portal lays out: signed as they should be, and each kind that is not."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from functools import cache
from xml.etree.ElementTree import Element, SubElement

from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner

from hub.sandbox.authority import Holder

_DAY = (2026, 9, 1, 9, 0, 0)


def signed(files: Mapping[str, bytes], holder: Holder) -> dict[str, bytes]:
    """The files with signature and certificate: all that belongs into the package."""
    return {
        **files,
        "sig/signature.xml": _signature(tuple(files.items()), holder),
        "sig/certificate.pem": holder.certificate,
    }


@cache
def _signature(files: tuple[tuple[str, bytes], ...], holder: Holder) -> bytes:
    """A second signature of the same would be another one: what a run is judged by must be what was sent."""
    space = "urn:renkei:myna_portal.signed:v1"
    manifest = Element(f"{{{space}}}signed")
    for name, content in files:
        SubElement(manifest, f"{{{space}}}file", name=name, sha256=hashlib.sha256(content).hexdigest())
    signer = XMLSigner(signature_algorithm=SignatureMethod.ECDSA_SHA256, digest_algorithm=DigestAlgorithm.SHA256)
    root = signer.sign(manifest, key=holder.key, cert=holder.certificate.decode())
    written = io.BytesIO()
    root.getroottree().write(written, encoding="utf-8", xml_declaration=True)
    return written.getvalue()


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The same files give the same bytes."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _DAY), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()
