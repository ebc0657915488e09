"""What the hub is made of: a CycloneDX bill of materials and a list of licences, from the lock and what is installed.

No index, no address, no time: the same lock gives the same files. Called by generate.py.
"""

import json
import re
from importlib import metadata
from pathlib import Path
from typing import Any

LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)
_CLASSIFIER = "License :: OSI Approved :: "
_LONGEST = 60  # of a licence's name; some packages put the whole text there


def locked() -> list[tuple[str, str]]:
    """(name, version) of everything the hub runs with, by name."""
    return sorted(_PIN.findall(LOCK.read_text(encoding="utf-8")))


def licence(name: str) -> str:
    """As its makers state it: expression, else name, else classifier. Raises ValueError where they state none."""
    told = metadata.metadata(name)
    classifiers = [one.removeprefix(_CLASSIFIER) for one in told.get_all("Classifier") or [] if _CLASSIFIER in one]
    given = [told.get("License-Expression") or "", told.get("License") or "", " AND ".join(sorted(classifiers))]
    for one in given:
        if one.strip() and len(one) <= _LONGEST and "\n" not in one.strip() and one.strip() != "UNKNOWN":
            return one.strip()
    raise ValueError(f"{name} states no licence: look it up and decide whether it may be used")


def bill() -> str:
    """CycloneDX 1.6, JSON."""
    return json.dumps(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "version": 1,
            "metadata": {
                "component": {
                    "type": "application",
                    "bom-ref": "renkei-hub",
                    "name": "renkei-hub",
                    "version": metadata.version("renkei-hub"),
                }
            },
            "components": [_component(name, version) for name, version in locked()],
            "dependencies": [{"ref": "renkei-hub", "dependsOn": [_reference(*one) for one in locked()]}],
        },
        indent=1,
        ensure_ascii=False,
    ) + "\n"  # fmt: skip


def licences() -> str:
    """One row per package."""
    lines = [
        "# Licences",
        "",
        "What the hub runs with, as `ops/requirements.lock` pins it, with the licence its makers state. The same as",
        "CycloneDX: [sbom.cdx.json](sbom.cdx.json).",
        "",
        "| package | version | licence |",
        "|---|---|---|",
        *(f"| {name} | {version} | {licence(name)} |" for name, version in locked()),
    ]
    return "\n".join(lines) + "\n"


def _component(name: str, version: str) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": _reference(name, version),
        "name": name,
        "version": version,
        "purl": _reference(name, version),
        "licenses": [{"license": {"name": licence(name)}}],
    }


def _reference(name: str, version: str) -> str:
    return f"pkg:pypi/{name.lower().replace('_', '-')}@{version}"
