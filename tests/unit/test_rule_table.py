"""Every rule of the domain text is proven and enforced, or it is said why it is not."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

FILE = Path(__file__).resolve().parents[2] / "ops/docs/rule_table.py"


@pytest.fixture(scope="module")
def table() -> ModuleType:
    spec = importlib.util.spec_from_file_location("rule_table", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


def test_no_rule_is_left_out_and_no_marker_names_another(table: ModuleType) -> None:
    assert table.gaps(table.rules(), table.proofs()) == []


@pytest.mark.parametrize(
    ("rule", "proven", "says"),
    [
        ({"enforced": ("a.py",)}, {"R1": ["a test"]}, None),
        ({"organisational": "the city's"}, {}, None),
        ({"open": "audit"}, {}, None),
        ({}, {}, "neither"),
        ({"enforced": ("a.py",)}, {}, "no test is marked"),
        ({"open": "audit"}, {"R1": ["a test"]}, "not said where"),
        ({"open": "audit"}, {"R71": ["a test"]}, "R71 is marked and unknown"),
    ],
)
def test_each_gap_is_seen(table: ModuleType, rule: dict[str, str], proven: dict[str, list[str]], says: str) -> None:
    found = table.gaps({"R1": table.Rule("words", "A", **rule)}, proven)
    assert (says is None) == (found == [])
    assert says is None or says in "".join(found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('@pytest.mark.rule("R2")\ndef test_r1_and_r2_hold() -> None: ...', "no marker for R1"),
        ('pytestmark = pytest.mark.rule("R1")\ndef test_it() -> None: ...', "elsewhere"),
        ('@pytest.mark.rule("R1")\ndef helper() -> None: ...', "elsewhere"),
    ],
)
def test_a_marker_that_would_not_be_counted_is_refused(table: ModuleType, tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "test_it.py").write_text(text)
    with pytest.raises(ValueError, match=says):
        table.proofs(tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[R70]", "[R71]", "R70, R71"),
        ('organisational = "contracts', 'organizational = "contracts', "R60: unknown organizational"),
        ('["docker-compose.yml"]', '["compose.yml"]', "R57: there is no file compose.yml"),
    ],
)
def test_a_table_that_cannot_be_true_is_refused(
    table: ModuleType, tmp_path: Path, old: str, new: str, says: str
) -> None:
    text = FILE.with_name("rules.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "rules.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=says):
        table.rules(tmp_path / "rules.toml")
