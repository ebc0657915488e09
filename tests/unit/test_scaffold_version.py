"""The next version of a contract is begun from files as people write them."""

import shutil
import tomllib

import pytest

from hub.home import Home
from hub.scaffold import next_version
from hub.scaffold.files import ScaffoldError
from tests.small_home import edit


def test_a_version_with_a_last_day_and_a_comment_is_followed_by_one_without_a_last_day(small_home: Home) -> None:
    root = small_home.root
    (root / "connectors").mkdir(exist_ok=True)
    contract = root / "schemas/office.note/v1/contract.toml"
    edit(contract, "version = 1\n", "version = 1  # of 2026\nsunset = 2027-03-31\n")
    made = next_version(root, "office.note").new
    told = tomllib.loads(made["schemas/office.note/v2/contract.toml"])
    assert (told["version"], told.get("sunset")) == (2, None)


def test_a_copy_somebody_kept_is_no_version(small_home: Home) -> None:
    mapping = small_home.root / "mappings/office.note--note.kept"
    (small_home.root / "connectors").mkdir(exist_ok=True)
    shutil.copytree(mapping / "v1", mapping / "kept")
    (mapping / "v1.txt").write_text("why", encoding="utf-8")
    assert "mappings/office.note--note.kept/v2/mapping.toml" in next_version(small_home.root, "office.note").new


def test_a_sample_in_another_encoding_is_named(small_home: Home) -> None:
    (small_home.root / "connectors").mkdir(exist_ok=True)
    (small_home.root / "schemas/office.note/v1/valid/old.xml").write_bytes("住所".encode("shift_jis"))
    with pytest.raises(ScaffoldError, match=r"old.xml of office.note v1 is not in UTF-8: move it away"):
        next_version(small_home.root, "office.note")
