"""A contract, a connector and a route begun by command in a copy of the project: every check passes at once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.project import Project
from tests.small_home import edit

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


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_next_version_of_a_contract_stands_beside_the_old_one(project: Project) -> None:
    before = files(project)

    # When: the next version of what a partner sends is begun
    made = project.renkei("scaffold", "version", "welfare.eligibility").stdout

    # Then: nothing is changed, all checks pass, and both versions come in, the old one by its own way
    assert "schemas/welfare.eligibility/v2/contract.toml" in made
    assert project.renkei("lint").stdout == "Findings: none\n"
    after = files(project)
    assert {path for path in before if before[path] != after[path]} == set()
    data = ["tests/data/test_contracts.py", "tests/data/test_mappings.py"]
    assert project.passed(data, "welfare.eligibility") >= 8

    # When: the old way is taken away, and its last day is said, Then: what comes in the old version is raised
    inward = sorted(project.root.glob("mappings/welfare.eligibility--*/v1"))
    (own,) = [one for one in inward if one.parent.name != "welfare.eligibility--welfare.eligibility"]
    shutil.rmtree(own)
    contract = project.root / "schemas/welfare.eligibility/v1/contract.toml"
    edit(contract, "\nversion = 1\n", "\nversion = 1\nsunset = 2999-03-31\n")
    told = project.renkei("lint").stdout
    assert "ends on 2999-03-31" in " ".join(told.split())
    sample = min((project.root / "schemas/welfare.eligibility/v1/valid").glob("*.xml"))
    tried = json.loads(project.renkei("try", str(sample), "--json").stdout)
    assert (tried["canonical"], tried["raised"]) == ("eligibility.registration/v1", "welfare.eligibility v1 → v2")
    shown = project.renkei("try", str(sample)).stdout
    assert "raised: welfare.eligibility v1 → v2" in shown
    assert "旧版変換: welfare.eligibility v1 → v2" in shown

    # Then: a type whose routes are to be moved says so
    project.renkei("scaffold", "version", "eligibility.registration")
    assert "leads to no routed type" in " ".join(project.renkei("lint", expect=1).stdout.split())
    assert "begin with" in project.renkei("scaffold", "version", "letter.order", expect=REFUSED).stderr


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
