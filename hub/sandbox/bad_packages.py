"""Packages the hub must refuse: each is a good application with one fault, as an error or an attacker would make it."""

import io
import stat
import zipfile
from collections.abc import Callable, Mapping
from zipfile import ZipFile, ZipInfo

from hub.sandbox import forms
from hub.sandbox.authority import holder
from hub.sandbox.packages import signed, zipped

_DAY = (2026, 9, 1, 9, 0, 0)
Make = Callable[[str], bytes]


def _files(number: str) -> dict[str, bytes]:
    return signed(forms.files(forms.filled(number), forms.attached(number)), holder("valid"))


def _with(number: str, **changes: str) -> bytes:
    """Signed with other items in the form."""
    form = forms.filled(number) | changes
    return zipped(signed(forms.files(form, forms.attached(number)), holder("valid")))


def _changed(number: str, name: str, old: bytes, new: bytes) -> bytes:
    """Changed after it was signed."""
    files = _files(number)
    assert old in files[name]
    return zipped(files | {name: files[name].replace(old, new, 1)})


def _entry(number: str, name: str, content: bytes = b"%PDF-", mode: int = stat.S_IFREG | 0o644) -> bytes:
    """With one more entry."""
    written = io.BytesIO(zipped(_files(number)))
    with ZipFile(written, "a", zipfile.ZIP_DEFLATED) as archive:
        info = ZipInfo(name, _DAY)
        info.external_attr = mode << 16
        archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def _attachment(number: str, content: bytes) -> bytes:
    """Signed with an attachment of this content."""
    attached = {"添付.pdf": ("その他", content)}
    return zipped(signed(forms.files(forms.filled(number), attached), holder("valid")))


def _encrypted(number: str) -> bytes:
    """Its entries say that they are."""
    content = bytearray(zipped(_files(number)))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(mark)
        while at >= 0:
            content[at + place] |= 1
            at = content.find(mark, at + 4)
    return bytes(content)


def _overlapping(number: str) -> bytes:
    """A second name in the directory for bytes that are there once."""
    content = zipped(_files(number))
    with ZipFile(io.BytesIO(content)) as archive:
        begin, count = archive.start_dir, len(archive.infolist())
    end = content.rindex(b"PK\x05\x06")
    directory = content[begin:end]
    first = directory[: directory.index(b"PK\x01\x02", 4)]
    again = first.replace(b"shinsei.xml", b"attach/x.pd")
    counts = (count + 1).to_bytes(2, "little") * 2
    size = (len(directory) + len(again)).to_bytes(4, "little")
    return content[:begin] + directory + again + content[end : end + 8] + counts + size + content[end + 16 :]


BAD: Mapping[str, tuple[str, Make]] = {
    "expired certificate": ("signature.expired", lambda n: forms.package(n, certificate="expired")),
    "revoked certificate": ("signature.revoked", lambda n: forms.package(n, certificate="revoked")),
    "stranger's certificate": ("signature.untrusted", lambda n: forms.package(n, certificate="stranger")),
    "certificate for identification": ("signature.untrusted", lambda n: forms.package(n, certificate="identity")),
    "changed form": ("signature.tampered", lambda n: _changed(n, "shinsei.xml", b"<reason>", b"<reason>x")),
    "changed list": ("signature.invalid", lambda n: _changed(n, "sig/signature.xml", b'sha256="', b'sha256="0')),
    "procedure": ("application.procedure", lambda n: _with(n, procedure_code="KSM0000000000009")),
    "item too many": ("application.item", lambda n: _with(n, income="5000000")),
    "other number": ("application.number", lambda n: _with(n, reception_number=n[::-1])),
    "cut short": ("package.unreadable", lambda n: zipped(_files(n))[:-30]),
    "bomb": ("package.too_large", lambda n: _attachment(n, b"%PDF-" + bytes(3_000_000))),
    "archive inside": ("package.unsafe", lambda n: _attachment(n, zipped({"a": b"a"}))),
    "climbing path": ("package.unsafe", lambda n: _entry(n, "attach/../../etc/passwd")),
    "absolute path": ("package.unsafe", lambda n: _entry(n, "/etc/passwd")),
    "backslash": ("package.unsafe", lambda n: _entry(n, "attach\\x.pdf")),
    "drive": ("package.unsafe", lambda n: _entry(n, "C:x.pdf")),
    "link": ("package.unsafe", lambda n: _entry(n, "attach/x.pdf", b"/etc/passwd", stat.S_IFLNK | 0o777)),
    "other case": ("package.unsafe", lambda n: _entry(n, "SHINSEI.XML")),
    "encrypted": ("package.unsafe", _encrypted),
    "overlapping": ("package.unsafe", _overlapping),
    "something before it": ("package.unsafe", lambda n: b"#!/bin/sh\n" + zipped(_files(n))),
    "something behind it": ("package.unsafe", lambda n: zipped(_files(n))[:-2] + b"\x04\x00evil"),
    "script attached": ("package.unsafe", lambda n: _attachment(n, b"<script>")),
    "unsigned attachment": ("signature.tampered", lambda n: _entry(n, "attach/x.pdf")),
    "strange place": ("package.layout", lambda n: _entry(n, "bin/x.pdf")),
    "no signature": ("package.layout", lambda n: zipped(forms.files(forms.filled(n), forms.attached(n)))),
    "not a package": ("package.unreadable", lambda n: n.encode() * 100),
}
