"""Reading TOML: each problem with file, line and fix, never with a value."""

from pathlib import Path
from typing import Literal

import pytest
from pydantic import Field

from hub import config_file
from hub.config_file import FindingsError, Strict, line_of


class Entry(Strict):
    contract: str
    ordering: Literal["latest", "none"]


class Sample(Strict):
    name: str
    number: int = 1
    to: list[Entry] = Field(default_factory=list)
    options: dict[str, str] = Field(default_factory=dict)


TEXT = """\
# a comment
name = "a"

[[to]]
contract = "x"
ordering = "latest"

[[to]]
contract = "y"
ordering = "none"

[options]
"key" = "value"
"""


def problems(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "a.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(FindingsError) as caught:
        config_file.read(file, Sample)
    return [str(finding).removeprefix(f"{file}:") for finding in caught.value.findings]


def test_a_sound_file(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text(TEXT)
    read = config_file.read(file, Sample)
    assert (read.name, read.value.to[1].contract, read.value.options) == ("a", "y", {"key": "value"})


def test_values_are_frozen(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text(TEXT)
    with pytest.raises(ValueError, match="frozen"):
        config_file.read(file, Sample).value.name = "b"


@pytest.mark.parametrize(
    ("location", "line"),
    [
        (("name",), 2),
        (("to", 0), 4),
        (("to", 0, "ordering"), 6),
        (("to", 1, "contract"), 9),
        (("to", 1, "missing"), 8),
        (("to", 2), None),
        (("options", "key"), 13),
        (("nowhere",), None),
        ((), None),
    ],
)
def test_lines(location: tuple[str | int, ...], line: int | None) -> None:
    assert line_of(TEXT, location) == line


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (('name = "a"', "nmae = 1"), "2: nmae is not a known key; did you mean `name`?"),
        (('name = "a"', "name = 7"), "2: name: input should be a valid string; correct the value"),
        (('contract = "y"', 'contrct = "y"'), "9: to.1.contrct is not a known key; did you mean `contract`?"),
        (('"none"', '"nothing"'), "10: to.1.ordering: input should be 'latest' or 'none'; correct the value"),
        (('name = "a"', 'name = "a"\nnumber = "1"'), "3: number: input should be a valid integer; correct the value"),
        (('name = "a"', 'name = "a"\nqqq = 1'), "3: qqq is not a known key; remove it or correct its spelling"),
        (
            ("[options]", "[options"),
            "12: is not valid TOML: Expected ']' at the end of a table declaration; correct the syntax",
        ),
        (
            ('name = "a"', 'name = "a"\nname = "b"'),
            "3: is not valid TOML: Cannot overwrite a value; correct the syntax",
        ),
    ],
)
def test_problems_name_line_and_fix(tmp_path: Path, change: tuple[str, str], problem: str) -> None:
    assert problem in problems(tmp_path, TEXT.replace(*change))


def test_all_problems_are_reported_and_the_error_counts_them(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("number = true\nother = 1\n")
    with pytest.raises(FindingsError, match=r"and 2 more: see `renkei lint`") as caught:
        config_file.read(file, Sample)
    assert [finding.line for finding in caught.value.findings] == [None, 1, 2]
    assert caught.value.code == "config.invalid"


def test_a_missing_key_says_what_to_add(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text('[[to]]\ncontract = "x"\n')
    with pytest.raises(FindingsError) as caught:
        config_file.read(file, Sample)
    texts = [str(finding).removeprefix(str(file)) for finding in caught.value.findings]
    assert texts == [": name is missing; add `name = …`", ":1: to.0.ordering is missing; add `ordering = …`"]


def test_values_are_not_quoted(tmp_path: Path) -> None:
    # Given a secret where a number should be
    texts = problems(tmp_path, TEXT.replace('name = "a"', 'name = "a"\nnumber = "secret"'))
    assert not any("secret" in text for text in texts)


def test_a_file_that_is_not_there_or_not_utf_8(tmp_path: Path) -> None:
    with pytest.raises(FindingsError, match="No such file"):
        config_file.read(tmp_path / "none.toml", Sample)
    (tmp_path / "sjis.toml").write_bytes('name = "川崎"'.encode("cp932"))
    with pytest.raises(FindingsError, match="is not UTF-8"):
        config_file.read(tmp_path / "sjis.toml", Sample)
