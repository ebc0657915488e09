"""A small, complete configuration to break: a home directory with its own schemas, mappings and config.

office publishes office.note ─▶ note.kept ─▶ archive (archive.note), which answers archive.receipt ─▶ desk
"""

import shutil
from pathlib import Path

from hub.home import Home

SCHEMA = """\
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:renkei:{type}:v1"
    xmlns="urn:renkei:{type}:v1" elementFormDefault="qualified">
  <xs:element name="note">
    <xs:complexType>
      <xs:sequence>
        <xs:element name="addressee_number" type="addressee_number"/>
        <xs:element name="individual_number" type="individual_number" minOccurs="0"/>
        <xs:element name="history_number" type="xs:positiveInteger"/>
        <xs:element name="birth_date" type="xs:date"/>
        <xs:element name="sex" type="sex"/>
        <xs:element name="name" type="name" maxOccurs="3"/>
      </xs:sequence>
      <xs:attribute name="lang" type="xs:language"/>
    </xs:complexType>
  </xs:element>
  <xs:simpleType name="addressee_number">
    <xs:restriction base="xs:token"><xs:pattern value="[0-9]{{15}}"/></xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="individual_number">
    <xs:restriction base="xs:token"><xs:pattern value="[0-9]{{12}}"/></xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="sex">
    <xs:restriction base="xs:token"><xs:enumeration value="1"/><xs:enumeration value="2"/></xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="name">
    <xs:restriction base="xs:string"><xs:minLength value="1"/><xs:maxLength value="20"/></xs:restriction>
  </xs:simpleType>
</xs:schema>
"""

CONTRACT = """\
type = "{type}"
version = 1
flow = "F2"
title = "A note"
title_ja = "メモ"
element = "{{urn:renkei:{type}:v1}}note"
source = "synthetic"

[state]
key = "/c:note/c:addressee_number"
version = "/c:note/c:history_number"
compare = "integer"

[[persons]]
role = "subject"
at = "/c:note"
aliases = {{ addressee_number = "c:addressee_number", individual_number = "c:individual_number" }}

[[check_digits]]
kind = "individual_number"
at = "/c:note/c:individual_number"
"""

NOTE = """\
<note xmlns="urn:renkei:{type}:v1">
  <addressee_number>000000000000123</addressee_number>
  <individual_number>123456789018</individual_number>
  <history_number>7</history_number>
  <birth_date>2019-04-01</birth_date>
  <sex>1</sex>
  <name>葛󠄀城 \U0010de92子</name>
</note>
"""

_FIELDS = ("addressee_number", "individual_number", "history_number", "birth_date", "sex", "name")

STYLESHEET = """\
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:a="urn:renkei:{start}:v1" xmlns="urn:renkei:{end}:v1" exclude-result-prefixes="a">
  <xsl:template match="/a:note">
    <note>
      FIELDS
    </note>
  </xsl:template>
</xsl:stylesheet>
""".replace("FIELDS", "\n      ".join(f'<{f}><xsl:value-of select="a:{f}"/></{f}>' for f in _FIELDS))

CONNECTOR = """\
name = "{name}"
kind = "{name}"
url = "http://127.0.0.1:9100"

[retry]
attempts = 3
"""

EDGE = """\
connector = "{name}"
kind = "internal"
reason = "same office"
allows = ["addressee_number", "individual_number"]

[[exceptions]]
at = "note/name"
reason = "a name may look like anything"
"""

CONFIG = {
    "partners/office.toml": 'name = "office"\ntitle = "Office"\ntitle_ja = "事務室"\npublishes = true\n',
    "grants/office.toml": """\
[[grant]]
type = "office.note"
purposes = ["JT-1", "JT-2"]
legal_basis = "synthetic"
data_item = "notes"
""",
    "grants/archive.toml": """\
[[grant]]
type = "archive.receipt"
purposes = ["JT-1", "JT-2"]
legal_basis = "synthetic"
data_item = "receipts"
""",
    "connectors/archive.toml": CONNECTOR.format(name="archive"),
    "connectors/desk.toml": CONNECTOR.format(name="desk"),
    "edges/archive.toml": EDGE.format(name="archive"),
    "edges/desk.toml": EDGE.format(name="desk"),
    "routes/note.toml": """\
type = "note.kept"
flow = "F2"

[[to]]
connector = "archive"
contract = "archive.note"
mapping = "note.kept--archive.note"
ordering = "latest"
""",
    "routes/receipt.toml": """\
type = "archive.receipt"
flow = "F2"

[[to]]
connector = "desk"
contract = "archive.receipt"
ordering = "none"
""",
}

TYPES = ("office.note", "note.kept", "archive.note", "archive.receipt")
MAPPINGS = (("office.note", "note.kept"), ("note.kept", "archive.note"))
HUB_TOML = 'tenant = "141305"\namqp_url = "memory://"\nsandbox = true\n'


def write_contract(root: Path, type: str) -> Path:
    """schemas/<type>/v1 with one valid and two invalid samples."""
    folder = root / "schemas" / type / "v1"
    note = NOTE.format(type=type)
    _write(folder / "schema.xsd", SCHEMA.format(type=type))
    _write(folder / "contract.toml", CONTRACT.format(type=type))
    _write(folder / "valid/note.xml", note)
    _write(folder / "invalid/sex.xml", "<!-- expect: validate.schema -->\n" + note.replace("<sex>1", "<sex>9"))
    _write(folder / "invalid/digit.xml", "<!-- expect: validate.check_digit -->\n" + note.replace("9018", "9012"))
    return folder


def write_mapping(root: Path, start: str, end: str) -> Path:
    """mappings/<start>--<end>/v1 with one case."""
    folder = root / "mappings" / f"{start}--{end}" / "v1"
    _write(folder / "mapping.toml", f'from = "{start}"\nfrom_version = 1\nto = "{end}"\nto_version = 1\n')
    _write(folder / "mapping.xslt", STYLESHEET.format(start=start, end=end))
    _write(folder / "cases/note.in.xml", NOTE.format(type=start))
    _write(folder / "cases/note.out.xml", NOTE.format(type=end))
    return folder


def write_home(root: Path) -> Home:
    """The whole home directory; `lint` finds nothing in it when connectors archive and desk exist."""
    _write(root / "hub.toml", HUB_TOML)
    for type_ in TYPES:
        write_contract(root, type_)
    for start, end in MAPPINGS:
        write_mapping(root, start, end)
    for name, text in CONFIG.items():
        _write(root / "config" / name, text)
    return Home(root)


def with_guardians(root: Path) -> None:
    """Of every contract: the individual number is that of a second person."""
    both = 'aliases = { addressee_number = "c:addressee_number", individual_number = "c:individual_number" }'
    apart = """\
aliases = { addressee_number = "c:addressee_number" }

[[persons]]
role = "guardian"
at = "/c:note/c:individual_number"
aliases = { individual_number = "." }"""
    for type_ in TYPES:
        edit(root / "schemas" / type_ / "v1/contract.toml", both, apart)


def second_version(folder: Path, *types: str) -> None:
    """A v2 beside a v1 of a contract or mapping; `types`: whose namespace moves on with it."""
    shutil.copytree(folder / "v1", folder / "v2")
    for file in (folder / "v2").rglob("*.*"):
        text = file.read_text(encoding="utf-8")
        for type_ in types:
            text = text.replace(f"urn:renkei:{type_}:v1", f"urn:renkei:{type_}:v2")
        file.write_text(text, encoding="utf-8")


def second_note(root: Path) -> None:
    """office.note in version 2, which becomes the same canonical note."""
    second_version(root / "schemas/office.note", "office.note")
    edit(root / "schemas/office.note/v2/contract.toml", "version = 1", "version = 2")
    second_version(root / "mappings/office.note--note.kept", "office.note")
    edit(root / "mappings/office.note--note.kept/v2/mapping.toml", "from_version = 1", "from_version = 2")


def write_upcast(root: Path, type: str) -> None:
    """A second version of a contract, unless there is one, and the mapping by which the first is raised to it."""
    if not (root / "schemas" / type / "v2").exists():
        second_version(root / "schemas" / type, type)
        edit(root / "schemas" / type / "v2/contract.toml", "version = 1", "version = 2")
    folder = write_mapping(root, type, type)
    edit(folder / "mapping.toml", "to_version = 1", "to_version = 2")
    newer = f"urn:renkei:{type}:v2"
    edit(folder / "mapping.xslt", f'xmlns="urn:renkei:{type}:v1"', f'xmlns="{newer}"')
    edit(folder / "cases/note.out.xml", f"urn:renkei:{type}:v1", newer)


def edit(file: Path, old: str, new: str) -> None:
    """Replace a text that must be there, once."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {file.name}"
    _write(file, text.replace(old, new))


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
