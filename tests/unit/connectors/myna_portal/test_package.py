"""An application's ZIP is opened without believing it: each trick is refused, with its own code and without a name."""

import io
import random
import struct
import zipfile
from zipfile import ZipFile, ZipInfo

import pytest

from connectors.myna_portal import package
from connectors.myna_portal.package import opened
from hub.errors import Refused
from hub.sandbox import forms
from hub.sandbox.applications import reception_number
from hub.sandbox.bad_packages import BAD
from hub.sandbox.packages import zipped

NUMBER = reception_number(6_000_001)
FILES = {"shinsei.xml": b"<shinsei/>", "sig/signature.xml": b"<signed/>", "sig/certificate.pem": b"-----BEGIN"}
TRICKS = {name: (code, make) for name, (code, make) in BAD.items() if code.startswith("package.")}
ATTACHMENT = b"%PDF-1.7 synthetic"


def refusal(content: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        opened(content)
    return caught.value


def packed(files: dict[str, bytes], **entry: object) -> bytes:
    """`entry`: attributes of the last one."""
    written = io.BytesIO()
    with ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = ZipInfo(name)
            if name == list(files)[-1]:
                for attribute, value in entry.items():
                    setattr(info, attribute, value)
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def test_a_good_one_is_opened_whole() -> None:
    files = opened(forms.package(NUMBER))
    assert next(iter(files)) == "shinsei.xml"
    assert {name: files[f"attach/{name}"] for name in forms.attached(NUMBER)} == {
        name: content for name, (_kind, content) in forms.attached(NUMBER).items()
    }


def test_folders_may_have_entries_of_their_own() -> None:
    assert opened(packed({"sig/": b"", "attach/": b"", **FILES})) == FILES
    assert refusal(packed({**FILES, "attach/": b"%PDF-"})).code == "package.unsafe"


@pytest.mark.parametrize("name", [name for name in TRICKS if name != "script attached"])
def test_each_trick_has_its_code_and_no_name_from_inside(name: str) -> None:
    code, make = TRICKS[name]
    error = refusal(make(NUMBER))
    assert error.code == code
    assert not any(part in str(error) for part in ("passwd", "x.pdf", NUMBER))


@pytest.mark.parametrize("name", ["attach/保険証.pdf", "attach/ソ表能.pdf", "attach/〜－.pdf"])
def test_shift_jis_names_are_read_as_what_they_are(name: str) -> None:
    # Given a ZIP as Windows writes it in Japan: no mark for UTF-8, and second bytes that look like a backslash
    raw = name.replace("〜", "～").encode("cp932")
    content = packed({**FILES, "attach/" + "x" * (len(raw) - 7): ATTACHMENT})
    content = content.replace(b"attach/" + b"x" * (len(raw) - 7), raw)
    assert opened(content)[raw.decode("cp932")] == ATTACHMENT


def test_a_name_in_no_known_encoding_is_refused() -> None:
    content = packed({**FILES, "attach/xx": ATTACHMENT}).replace(b"attach/xx", b"attach/\x81\xff")
    assert refusal(content).code == "package.unsafe"


@pytest.mark.parametrize(
    "name", ["attach/a\x00.pdf", "attach/./a.pdf", "attach/a\n.pdf", "attach/sub/a.pdf", "attach//a"]
)
def test_a_name_that_is_not_plain_is_refused(name: str) -> None:
    placeholder = "attach/" + "x" * (len(name) - 7)
    content = packed({**FILES, placeholder: ATTACHMENT}).replace(placeholder.encode(), name.encode())
    assert refusal(content).code in ("package.unsafe", "package.layout")


def test_names_that_differ_in_form_only_are_the_same() -> None:
    half, full = "attach/ｶﾞ.pdf", "attach/ガ.pdf"
    assert refusal(packed({**FILES, half: ATTACHMENT, full: ATTACHMENT})).code == "package.unsafe"


def test_too_many_entries() -> None:
    many = {f"attach/{n}.pdf": ATTACHMENT for n in range(package.MOST_ENTRIES)}
    assert refusal(packed(FILES | many)).code == "package.too_large"


def test_too_much_altogether(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MOST_BYTES", 1000)
    noise = random.Random(1).randbytes(600)
    assert refusal(packed({**FILES, "attach/1": noise, "attach/2": noise})).code == "package.too_large"


def test_an_entry_that_says_it_is_smaller_than_it_is() -> None:
    """The sizes of the directory are a claim: what unpacks to more is not read further."""
    content = bytearray(packed({**FILES, "attach/a.pdf": ATTACHMENT + bytes(3000)}))
    real = len(ATTACHMENT) + 3000
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.rindex(mark)
        assert struct.unpack_from("<L", content, at + place)[0] == real
        struct.pack_into("<L", content, at + place, 10)
    assert refusal(bytes(content)).code == "package.unreadable"


@pytest.mark.rule("R15")
def test_a_changed_byte_is_noticed() -> None:
    content = bytearray(packed({**FILES, "attach/a.pdf": ATTACHMENT}, compress_type=zipfile.ZIP_STORED))
    at = content.index(b"<shinsei/>") if b"<shinsei/>" in content else len(content) // 3
    content[at] ^= 1
    assert refusal(bytes(content)).code in ("package.unreadable", "package.unsafe")


def test_headers_that_contradict_each_other_are_refused() -> None:
    content = zipped({**FILES, "attach/a.pdf": ATTACHMENT})
    assert refusal(content.replace(b"attach/a.pdf", b"attach/b.pdf", 1)).code in (
        "package.unreadable",
        "package.unsafe",
    )


def test_a_way_of_packing_nobody_agreed_on() -> None:
    written = io.BytesIO()
    with ZipFile(written, "w", zipfile.ZIP_BZIP2) as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    assert refusal(written.getvalue()).code == "package.unsafe"


@pytest.mark.parametrize("seed", range(200))
def test_damage_anywhere_is_refused_with_a_code(seed: int) -> None:
    """Whatever is flipped or cut: a coded refusal, or the same files."""
    rng = random.Random(seed)
    content = bytearray(zipped({**FILES, "attach/a.pdf": ATTACHMENT}))
    for _ in range(rng.randrange(1, 4)):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    damaged = bytes(content[: rng.randrange(len(content) // 2, len(content) + 1)])
    try:
        found = opened(damaged)
    except Refused as error:
        assert error.code.startswith("package.")
    else:
        assert set(found.values()) == {*FILES.values(), ATTACHMENT}
