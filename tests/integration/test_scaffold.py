"""A contract, a connector and a route begun by command in a copy of the project: every check passes at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project import Project

TITLES = ("--flow", "T2", "--title", "Post room", "--title-ja", "庁内郵便室")
ROUTE = ("--type", "letter.order", "--to", "post_room", "--from", "welfare", "--purpose", "child-medical.notice")
REFUSED, USAGE = 5, 2


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


def files(project: Project) -> dict[Path, bytes]:
    found = (path for path in project.root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(project.root): path.read_bytes() for path in found}


@pytest.mark.slow
@pytest.mark.timeout(600)  # suites of a whole project, one after the other
def test_what_is_begun_passes_lint_and_the_tests_that_find_it(project: Project) -> None:
    assert project.imported().is_relative_to(project.root)
    before = files(project)

    # When: each is begun, Then: lint names what is left to do, and nothing else
    project.renkei("scaffold", "connector", "post_room", *TITLES)
    unused = project.renkei("lint", expect=1).stdout
    assert "connector.unused" in unused
    project.renkei("scaffold", "contract", "letter.order", *TITLES)
    assert "contract.unused" in project.renkei("lint", expect=1).stdout
    project.renkei("scaffold", "route", "letter-order", *ROUTE)
    assert project.renkei("lint").stdout == "Findings: none\n"

    # Then: only new files, but for a grant and a term
    after = files(project)
    changed = {str(path) for path in before if before[path] != after[path]}
    assert changed == {"config/grants/welfare.toml", "ops/docs/glossary.md"}

    # Then: the suites find it, and it passes: samples, cases, page, exchange, second send, every way to fail
    data = ["tests/data/test_contracts.py", "tests/data/test_mappings.py"]
    assert project.passed(data, "post_room or letter.order") == 7  # three for each contract, one for the mapping
    wire = ["tests/integration/test_connector_kinds.py", "tests/integration/test_partners.py"]
    assert project.passed(wire, "post_room") >= 12
    assert project.passed(["tests/unit/test_documents.py"], "every_partner_and_connector_is_in_the_glossary") == 1


def test_nothing_is_overwritten_and_what_is_lacking_is_told(project: Project) -> None:
    project.renkei("scaffold", "contract", "letter.order", *TITLES)
    before = files(project)
    for arguments, expect, told in (
        (("contract", "letter.order", *TITLES), REFUSED, "schemas/letter.order/v1/contract.toml is there already"),
        (("connector", "welfare", *TITLES), REFUSED, "is there already"),
        (("route", "letter-order", *ROUTE), REFUSED, "begin with `renkei scaffold connector post_room`"),
        (("contract", "../up", *TITLES), USAGE, "write small letters and dots"),
        (("connector", "post-room", *TITLES), USAGE, "write small letters and _"),
        (("connector", "post_room", *TITLES, "--into", str(project.root / "config")), REFUSED, "has no folder schemas"),
    ):
        refused = project.renkei("scaffold", *arguments, expect=expect)
        assert told in " ".join(refused.stderr.split())
    assert files(project) == before
