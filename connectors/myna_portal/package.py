"""An application's ZIP, opened without believing anything it says: caps, plain names, no link, no second archive.

Our layout (the real one is not public): `shinsei.xml`, `sig/signature.xml`, `sig/certificate.pem`, `attach/<name>`.
Nothing is ever written to a disk here; a member is read in pieces, and what grows past its cap is not read to its end.
"""

import io
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from zipfile import ZipFile, ZipInfo

from hub.errors import Refused

APPLICATION, SIGNATURE, CERTIFICATE = "shinsei.xml", "sig/signature.xml", "sig/certificate.pem"
ATTACHED = "attach/"
MOST_ENTRIES, MOST_BYTES, MOST_RATIO = 32, 32 * 1024 * 1024, 100
SMALL = 4096  # bytes: so little may be packed as tightly as it likes
_PLAIN = re.compile(r"[^/\\:\x00-\x1f\x7f]{1,120}")
_FOLDERS = frozenset({"sig/", ATTACHED})
_CHUNK = 65_536
_LOCAL = struct.Struct("<4s22sHH")
_UTF8, _ENCRYPTED = 0x800, 0x1 | 0x40 | 0x2000
_DESCRIPTOR = 24  # bytes behind an entry, at most, where it says that its sizes follow it
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x1f\x8b")
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, ValueError, OSError)


def opened(content: bytes) -> Mapping[str, bytes]:
    """Name to content of its files, whole and in the order of the archive.

    Raises Refused: `package.unreadable` for no ZIP or a damaged one, `package.unsafe` for what no honest package has,
    `package.too_large`, `package.layout`. The detail names the rule, and never a name from inside.
    """
    try:
        # a name not marked as UTF-8 is Shift_JIS, as Windows writes it in Japan
        with ZipFile(io.BytesIO(content), metadata_encoding="cp932") as archive:
            entries = archive.infolist()
            _caps(entries)
            _names(entries)
            _places(content, archive, entries)
            return _read(archive, [each for each in entries if each.filename not in _FOLDERS])
    except UnicodeDecodeError:
        raise Refused("package.unsafe", "a name is neither UTF-8 nor Shift_JIS") from None
    except _BROKEN as error:
        raise Refused("package.unreadable", f"it cannot be opened: {type(error).__name__}") from None


def _caps(entries: Sequence[ZipInfo]) -> None:
    if len(entries) > MOST_ENTRIES:
        raise Refused("package.too_large", f"more than {MOST_ENTRIES} entries")
    if sum(each.file_size for each in entries) > MOST_BYTES:
        raise Refused("package.too_large", f"unpacked it is larger than {MOST_BYTES} bytes")
    if any(each.file_size > max(SMALL, MOST_RATIO * each.compress_size) for each in entries):
        raise Refused("package.too_large", f"an entry unpacks to more than {MOST_RATIO} times its size")


def _names(entries: Sequence[ZipInfo]) -> None:
    known: set[str] = set()
    for each in entries:
        if each.flag_bits & _ENCRYPTED:
            raise Refused("package.unsafe", "an entry is encrypted")
        mode = each.external_attr >> 16
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise Refused("package.unsafe", "an entry is a link or a device")
        if each.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refused("package.unsafe", "an entry is packed in a way that was not agreed on")
        _name(each)
        # two that differ only in case or in form of the same character are one file on some systems
        folded = unicodedata.normalize("NFKC", each.filename).casefold()
        if folded in known:
            raise Refused("package.unsafe", "two entries have the same name")
        known.add(folded)


def _name(entry: ZipInfo) -> None:
    # what stands there, not what zipfile makes of it: it cuts a name at the first NUL
    name = entry.orig_filename
    if "\\" in name or ":" in name or name.startswith("/") or "\x00" in name:
        raise Refused("package.unsafe", "a name is absolute, or has a character no name may have")
    if ".." in name.split("/") or "." in name.split("/"):
        raise Refused("package.unsafe", "a name leads out of its folder")
    if name in _FOLDERS:
        if entry.file_size:
            raise Refused("package.unsafe", "a folder has content")
        return
    folder, _, last = name.rpartition("/")
    if not _PLAIN.fullmatch(last) or f"{folder}/" not in ("/", *_FOLDERS):
        raise Refused("package.layout", "an entry lies where nothing is expected")


def _places(content: bytes, archive: ZipFile, entries: Sequence[ZipInfo]) -> None:
    """No two entries share bytes, nothing stands before, between or behind them, both headers say the same."""
    end = slack = 0
    for each in sorted(entries, key=lambda entry: entry.header_offset):
        mark, _, name_length, extra_length = _LOCAL.unpack_from(content, each.header_offset)
        if each.header_offset < end:
            raise Refused("package.unsafe", "two entries overlap")
        after_header = each.header_offset + _LOCAL.size
        name = content[after_header : after_header + name_length]
        written = each.orig_filename.encode("utf-8" if each.flag_bits & _UTF8 else "cp932")
        if mark != b"PK\x03\x04" or each.header_offset > end + slack or name != written:
            raise Refused("package.unsafe", "the directory and the entries do not agree")
        end = after_header + name_length + extra_length + each.compress_size
        slack = _DESCRIPTOR if each.flag_bits & 0x8 else 0
    if not end <= archive.start_dir <= end + slack or archive.comment:
        raise Refused("package.unsafe", "there is something beside its entries")


def _read(archive: ZipFile, entries: Sequence[ZipInfo]) -> Mapping[str, bytes]:
    files: dict[str, bytes] = {}
    for each in entries:
        content = bytearray()
        with archive.open(each) as member:
            while chunk := member.read(_CHUNK):  # no more than it says it has, whose sum is capped; the CRC at its end
                content += chunk
        if len(content) != each.file_size:
            raise Refused("package.unreadable", "an entry is shorter than it says")
        if content.startswith(_ARCHIVES):
            raise Refused("package.unsafe", "an entry is an archive itself")
        files[each.filename] = bytes(content)
    if not {APPLICATION, SIGNATURE, CERTIFICATE} <= files.keys():
        raise Refused("package.layout", "application, signature or certificate is missing")
    if {name for name in files if not name.startswith(ATTACHED)} != {APPLICATION, SIGNATURE, CERTIFICATE}:
        raise Refused("package.layout", "an entry lies where nothing is expected")
    return files
