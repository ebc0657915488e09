"""CSV in cp932 with CRLF, both ways without loss: what would come back as another text is refused, not replaced.

Traps (domain text section 6): 髙 and 﨑 are there, which strict `shift_jis` lacks. 𠮷, 鷗, variation selectors and the
private planes are not. U+301C 〜, U+2212 − and U+2016 ‖ are encoded without complaint, and come back as ～, － and ∥.
U+E000 to U+F8FF have a place, but every system has its own character there; two single bytes are read as such, too.

People open such files with a spreadsheet, which would run a text that begins like a formula. No name does.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence

from hub.errors import Refused

ENCODING, LINE_END = "cp932", "\r\n"
_PRIVATE = range(0xE000, 0xF900)  # 外字: means something inside one system only
_FORMULA = re.compile(r"[=+\-@＝＋－＠](?![0-9]+(\.[0-9]+)?$).")  # a number may have a sign
_CONTROL = frozenset(map(chr, (*range(0x20), *range(0x7F, 0xA0))))


def write_records(records: Sequence[Sequence[tuple[str, str]]]) -> bytes:
    """A file of these records, each a sequence of (field name, text).

    Raises Refused `translate.unencodable`, `translate.formula`: the detail names record and field, never the text.
    """
    for number, record in enumerate(records, start=1):
        for field, text in record:
            if not _is_safe(text):
                detail = f"record {number}, field {field}: a character is not in {ENCODING}, or would be another one"
                raise Refused("translate.unencodable", detail)
            if _FORMULA.match(text):
                raise Refused("translate.formula", f"record {number}, field {field}: it begins like a formula")
    lines = io.StringIO(newline="")
    csv.writer(lines, lineterminator=LINE_END).writerows([text for _field, text in record] for record in records)
    return lines.getvalue().encode(ENCODING)


def read_records(content: bytes) -> list[list[str]]:
    """The records of a file.

    Raises Refused `validate.encoding`, `validate.formula`, naming the line and never what stands there.
    """
    if not content.endswith(LINE_END.encode()):
        raise Refused("validate.encoding", "the file does not end with CRLF: it may be cut short")
    return list(_records(content.removesuffix(LINE_END.encode()).split(LINE_END.encode())))


def _records(lines: Sequence[bytes]) -> Iterator[list[str]]:
    for number, line in enumerate(lines, start=1):
        try:
            text = line.decode(ENCODING)
            (record,) = csv.reader([text], strict=True)
        except (UnicodeDecodeError, csv.Error, ValueError):
            raise Refused("validate.encoding", f"line {number} is no {ENCODING} CSV record") from None
        if not all(map(_is_plain, record)):
            raise Refused("validate.encoding", f"line {number} has a control character or one of a private area")
        if any(map(_FORMULA.match, record)):
            raise Refused("validate.formula", f"line {number} has a text that begins like a formula")
        yield record


def _is_safe(text: str) -> bool:
    """Whether it comes back as it went."""
    try:
        return _is_plain(text) and text.encode(ENCODING).decode(ENCODING) == text
    except UnicodeEncodeError:
        return False


def _is_plain(text: str) -> bool:
    return not any(character in _CONTROL or ord(character) in _PRIVATE for character in text)
