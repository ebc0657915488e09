"""Electronic applications in full: what each applicant wrote, with which certificate, and as the portal packs it.

As in `hub.sandbox.applications`, the same 受付番号 gives the same application. The serial of a certificate says by its
first letter what application management's table knows of it: one 宛名番号, none, or two.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
from random import Random
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from hub.sandbox import names, numbers, packages, partner_xml
from hub.sandbox.addresses import address
from hub.sandbox.applications import written
from hub.sandbox.authority import holder
from hub.sandbox.partner_xml import Item

ISSUE, CHANGE = "KSM0000000000001", "KSM0000000000002"  # 医療証交付申請, 氏名・住所変更届
ONE, NONE, SEVERAL = "B", "C", "D"
_APPLICANTS = 50_000_000  # 宛名番号 of applicants begin here
_SMALL_PDF, _SMALL_JPEG = b"%PDF-1.7\n% synthetic ", b"\xff\xd8\xff\xe0 synthetic "
TEXT, PHONE, POSTAL, SEX, NUMBER = ".{1,300}", "[0-9+-]{10,15}", "[0-9]{7}", "[129]", "[0-9]{16}"


def _optional(pattern: str, *names: str) -> Iterator[Item]:
    return (Item(name, pattern, least=0) for name in names)


def items(*who: Item) -> tuple[Item, ...]:
    """The form as its receivers know it, apart from the hub's schemas. `who`: how the applicant is known there."""
    return (
        Item("reception_number", NUMBER),
        *_optional(TEXT, "category_name", "program_name", "program_version"),
        Item("procedure_code", f"{ISSUE}|{CHANGE}"),
        *_optional(TEXT, "procedure_name", "procedure_common_name", "procedure_version"),
        *_optional(TEXT, "provider_code", "provider_name"),
        Item("applied_at", partner_xml.TIME),
        *_optional(NUMBER, "replaces"),
        *who,
        *_optional(PHONE, "contact_phone"),
        *_optional(".+@.+", "contact_mail"),
        Item("applicant_name", TEXT),
        *_optional(TEXT, "applicant_name_kana"),
        *_optional(partner_xml.DATE, "applicant_birth_date"),
        *_optional(SEX, "applicant_sex"),
        *_optional(POSTAL, "applicant_postal_code"),
        *_optional(TEXT, "applicant_address"),
        *_optional(PHONE, "applicant_phone", "applicant_fax"),
        *_optional(TEXT, "applicant_nationality"),
        *_optional("[0-9]{12}", "applicant_individual_number"),
        *_optional(partner_xml.FLAG, "has_spouse"),
        *_optional(TEXT, "relationship_to_child", "address_this_january", "address_last_january"),
        *_optional(TEXT, "spouse_name", "spouse_name_kana"),
        *_optional(partner_xml.DATE, "spouse_birth_date"),
        *_optional(SEX, "spouse_sex"),
        *_optional("[0-9]{12}", "spouse_individual_number"),
        *_optional(POSTAL, "spouse_postal_code"),
        *_optional(TEXT, "spouse_address", "child_name", "child_name_kana"),
        *_optional(partner_xml.DATE, "child_birth_date"),
        *_optional(SEX, "child_sex"),
        *_optional(POSTAL, "child_postal_code"),
        *_optional(TEXT, "child_address", "insurance_kind", "insured_name", "insured_relationship_to_child"),
        *_optional(TEXT, "insured_mark"),
        *_optional(partner_xml.DATE, "insured_since"),
        *_optional("[0-9]{6}|[0-9]{8}", "health_insurer_number"),
        *_optional(TEXT, "health_insurer_name", "applicant_role"),
        *_optional(partner_xml.FLAG, "other_subsidy"),
        *_optional(".{1,500}", "reason"),
        Item("attachment", inside=ATTACHMENT, least=0, most=30),
    )


ATTACHMENT = (
    Item("kind", ".{1,100}"),
    Item("name", ".{1,120}"),
    Item("media_type", "application/pdf|image/jpeg|image/png"),
    Item("size", "[1-9][0-9]{0,9}"),
    Item("sha256", "[0-9a-f]{64}"),
)


def serial_of(number: str, known: str = ONE) -> str:
    """シリアル番号 of the applicant's certificate."""
    return f"{known}{int(number[4:15]):014X}F"


def linked(serial: str) -> list[str]:
    """宛名番号 the table had for a serial before the first difference of the run came (F1)."""
    if serial[0] not in (ONE, SEVERAL) or len(serial) != 16:
        return []
    first = _APPLICANTS + 2 * int(serial[1:15], 16)
    return [numbers.padded(first + n) for n in range(1 if serial[0] == ONE else 2)]


def filled(
    number: str, procedure: str = ISSUE, known: str = ONE, replaces: str = "", other: bool = False
) -> dict[str, str]:
    """What the applicant wrote, by item. `replaces`: an earlier one of theirs, or (`other`) of somebody else."""
    rng = Random(f"renkei-form-{number}")
    said = written(number)
    family = said["child_name"].partition("　")[0]
    wife, home = names.given_name(rng, "2"), address(rng).text
    form = {
        "reception_number": number,
        "procedure_code": procedure,
        "applied_at": "2026-09-01T08:30:00+09:00",
        "certificate_serial": serial_of(number if other or not replaces else replaces, known),
        "applicant_name": said["applicant_name"],
        "child_name": said["child_name"],
        "child_birth_date": said["child_birth_date"],
        "reason": "転居のため" if procedure == CHANGE else "出生のため",
    }
    if replaces:
        form["replaces"] = replaces
    if procedure == ISSUE:
        form |= dict(said) | {
            "program_name": "小児医療費助成",
            "procedure_name": "小児医療証交付申請",
            "contact_phone": f"044-200-{rng.randrange(10_000):04d}",
            "applicant_address": home,
            "applicant_individual_number": numbers.individual_number(rng),
            "has_spouse": "1",
            "spouse_name": f"{family}　{wife.text}",
            "spouse_individual_number": numbers.individual_number(rng),
        }
    return form


def attached(number: str) -> dict[str, tuple[str, bytes]]:
    """Attachments by file name: kind and content."""
    rng = Random(f"renkei-attachment-{number}")
    found = {"保険証.pdf": ("健康保険証", _SMALL_PDF + rng.randbytes(600))}
    if rng.random() < 0.5:
        found["申立書.jpg"] = ("申立書", _SMALL_JPEG + rng.randbytes(900))
    return found


def shinsei(form: Mapping[str, str], attachments: Mapping[str, tuple[str, bytes]]) -> bytes:
    """`shinsei.xml`."""
    root = Element("shinsei")
    for name, text in form.items():
        SubElement(root, name).text = text
    for name, (kind, _content) in attachments.items():
        SubElement(root, "attachment", kind=kind, name=name)
    made: bytes = ElementTree.tostring(root, encoding="utf-8")
    return made


def files(form: Mapping[str, str], attachments: Mapping[str, tuple[str, bytes]]) -> dict[str, bytes]:
    """What is signed."""
    content = {f"attach/{name}": content for name, (_kind, content) in attachments.items()}
    return {"shinsei.xml": shinsei(form, attachments), **content}


@cache
def package(
    number: str,
    procedure: str = ISSUE,
    known: str = ONE,
    replaces: str = "",
    other: bool = False,
    certificate: str = "valid",
) -> bytes:
    """The whole ZIP of an application as it should be, or signed with another kind of certificate."""
    form = filled(number, procedure, known, replaces, other)
    return packages.zipped(packages.signed(files(form, attached(number)), holder(certificate)))


def digests(number: str) -> Sequence[str]:
    """Of its attachments."""
    return [sha256(content).hexdigest() for _kind, content in attached(number).values()]
