"""The runbook names checks of the doctor: each must exist under that name."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_checks_named_in_the_upgrade_runbook_exist() -> None:
    page = (ROOT / "ops/docs/upgrade.md").read_text(encoding="utf-8")
    sources = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "hub/doctor").glob("*.py"))
    sources += "".join(f'"folder.{word}"' for word in ("schemas", "mappings", "config"))

    named = set(re.findall(r"`((?:broker|database|folder|master_key)\.[a-z_]+)`", page))

    assert len(named) > 10
    assert {name for name in named if f'"{name}"' not in sources} == set()
