"""The pages of upgrades name checks of the doctor: each must exist under that name."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_checks_named_on_the_pages_of_upgrades_exist() -> None:
    pages = ("ops/docs/upgrade.md", "ops/runbooks/upgrade.md")
    page = "".join((ROOT / one).read_text(encoding="utf-8") for one in pages)
    sources = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "hub/doctor").glob("*.py"))
    sources += "".join(f'"folder.{word}"' for word in ("schemas", "mappings", "config"))

    named = set(re.findall(r"`((?:broker|database|folder|master_key)\.[a-z_]+)`", page))

    assert len(named) > 10
    assert {name for name in named if f'"{name}"' not in sources} == set()
