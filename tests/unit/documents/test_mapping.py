"""Mappings: what they produce, what they cannot reach, and that each thread compiles its own once."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.config_file import FindingsError
from hub.documents import Document, Mapping
from hub.documents import mapping as mapping_module
from hub.errors import Refused
from tests.small_home import edit, write_mapping

Note = Callable[..., Document]
HEAD = (
    '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" '
    'xmlns:exsl="http://exslt.org/common">'
)


def unchecked(mapping: Mapping, stylesheet: str) -> Mapping:
    """A mapping whose stylesheet was not looked at when loading."""
    return Mapping(mapping.folder, mapping.file, f"{HEAD}{stylesheet}</xsl:stylesheet>".encode())


def test_names_arrive_byte_identical(mapping: Mapping, note: Note) -> None:
    result = mapping.apply(note())
    assert result.root_name == "{urn:renkei:note.kept:v1}note"
    assert "<name>葛\U000e0100城 \U0010de92子</name>".encode() in result.serialise()
    assert result.serialise().startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n<note xmlns=")


def test_ends_and_versions(mapping: Mapping) -> None:
    assert (mapping.from_type, mapping.from_version) == ("office.note", 1)
    assert (mapping.to_type, mapping.to_version) == ("note.kept", 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('<xsl:include href="other.xslt"/>', "includes another stylesheet"),
        ('<xsl:import href="http://127.0.0.1:9/other.xslt"/>', "includes another stylesheet"),
        ('<xsl:template match="/"><xsl:copy-of select="document (\'/etc/hostname\')"/></xsl:template>', "document"),
        ('<xsl:template match="/"><a b="{document(\'x\')}"/></xsl:template>', "document"),
        (
            '<xsl:template match="/"><a xsl:extension-element-prefixes="exsl"><exsl:document/></a></xsl:template>',
            "extension elements",
        ),
        ("<xsl:template match='/'><xsl:value-of select='a['/></xsl:template>", "does not compile"),
    ],
)
def test_a_stylesheet_that_reaches_out_is_not_loaded(tmp_path: Path, content: str, words: str) -> None:
    folder = write_mapping(tmp_path, "office.note", "note.kept")
    (folder / "mapping.xslt").write_text(f"{HEAD}{content}</xsl:stylesheet>")
    with pytest.raises(FindingsError, match=words):
        Mapping.load(folder)


def test_document_reads_nothing_at_run_time(mapping: Mapping, note: Note, tmp_path: Path) -> None:
    # Given a stylesheet that got past the loader
    (tmp_path / "secret.xml").write_text("<secret/>")
    for name in ("document", "&#100;ocument"):
        reading = unchecked(
            mapping,
            f'<xsl:template match="/"><a><xsl:copy-of select="{name}(\'{tmp_path}/secret.xml\')"/></a></xsl:template>',
        )
        # Then access control refuses the read
        with pytest.raises(Refused) as caught:
            reading.apply(note())
        assert caught.value.code == "translate.failed"


def test_exsl_document_writes_nothing(mapping: Mapping, note: Note, tmp_path: Path) -> None:
    target = tmp_path / "written.xml"
    head = HEAD.replace(">", ' extension-element-prefixes="exsl">')
    body = f'<xsl:template match="/"><a><exsl:document href="{target}"><b/></exsl:document></a></xsl:template>'
    writing = Mapping(mapping.folder, mapping.file, f"{head}{body}</xsl:stylesheet>".encode())
    with pytest.raises(Refused, match=r"translate\.failed"):
        writing.apply(note())
    assert not target.exists()


@pytest.mark.parametrize(
    "content",
    [
        '<xsl:template match="/"><xsl:message terminate="yes"><xsl:value-of select="."/></xsl:message></xsl:template>',
        '<xsl:template match="/" name="again"><xsl:call-template name="again"/></xsl:template>',
        '<xsl:template match="/"/>',
        '<xsl:template match="/">text</xsl:template>',
    ],
    ids=["terminated", "endless", "nothing", "text only"],
)
def test_a_failing_stylesheet_is_refused_without_a_word_of_the_document(
    mapping: Mapping, note: Note, content: str
) -> None:
    with pytest.raises(Refused) as caught:
        unchecked(mapping, content).apply(note())
    assert caught.value.code == "translate.failed"
    assert "office.note--note.kept" in caught.value.detail
    assert "123456789018" not in caught.value.detail
    assert caught.value.__cause__ is None


def test_the_folder_names_both_contracts(tmp_path: Path) -> None:
    folder = write_mapping(tmp_path, "office.note", "note.kept")
    edit(folder / "mapping.toml", 'to = "note.kept"', 'to = "note.lost"')
    with pytest.raises(FindingsError, match=r"office\.note--note\.lost"):
        Mapping.load(folder)


def test_each_thread_compiles_once(mapping: Mapping, note: Note, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    compile_ = mapping_module._compile

    def counting(stylesheet: bytes) -> object:
        compiled.append(threading.current_thread().name)
        return compile_(stylesheet)

    monkeypatch.setattr(mapping_module, "_compile", counting)
    results: list[bytes] = []

    def work() -> None:
        for _ in range(50):
            results.append(mapping.apply(note()).serialise())

    # When four threads translate at once
    threads = [threading.Thread(target=work, name=f"t{n}") for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Then each compiled once, and all results are the same
    assert sorted(compiled) == ["t0", "t1", "t2", "t3"]
    assert len(results) == 200
    assert len(set(results)) == 1
