"""The bill of materials: all that is locked and nothing else, no address in it, current."""

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

OPS = Path(__file__).resolve().parents[2] / "ops"


@pytest.fixture
def sbom() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sbom", OPS / "docs/sbom.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_everything_that_is_locked_is_listed_with_its_version_and_licence(sbom: ModuleType) -> None:
    pins = [
        line.partition(" ")[0] for line in (OPS / "requirements.lock").read_text().splitlines() if re.match(r"\w", line)
    ]

    bill = json.loads(sbom.bill())

    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    listed = bill["components"]
    assert [f"{one['name']}=={one['version']}" for one in listed] == [re.sub(r"\[.*]", "", pin) for pin in pins]
    assert all(one["licenses"][0]["license"]["name"] for one in listed)
    references = [one["bom-ref"] for one in listed]
    assert len(set(references)) == len(references)
    assert bill["dependencies"] == [{"ref": "renkei-hub", "dependsOn": references}]


def test_there_is_no_address_and_no_time_in_it(sbom: ModuleType) -> None:
    for text in (sbom.bill(), sbom.licences()):
        assert "://" not in text
    assert not {"timestamp", "serialNumber"} & set(re.findall(r'"(\w+)":', sbom.bill()))


def test_a_package_that_states_no_licence_is_told(sbom: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    from email.message import Message

    monkeypatch.setattr(sbom.metadata, "metadata", lambda _name: Message())

    with pytest.raises(ValueError, match="states no licence"):
        sbom.licence("mystery")
