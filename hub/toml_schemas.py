"""JSON Schemas of all TOML files, from the models that read them: for completion and checks in an editor.

They refuse what the models refuse, but for what no schema can say: check digits, delays, hours, and what has to fit
another file (`renkei lint`).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from hub.config_file import Strict
from hub.documents.contract_file import ContractFile
from hub.documents.mapping import MappingFile
from hub.settings import ConnectorFile, EdgeFile, FlowsFile, GrantsFile, HubSettings, PartnerFile, RouteFile

KindName = Literal["connector", "contract", "edge", "flows", "grants", "hub", "mapping", "partner", "route"]
FOLDER = "config/json-schema"
EDITOR_FILE = ".taplo.toml"


@dataclass(frozen=True, slots=True)
class Kind:
    """`files`: which ones, as a pattern from the folder that holds `config`, `schemas` and `mappings`."""

    model: type[Strict]
    files: str


KINDS: dict[KindName, Kind] = {
    "connector": Kind(ConnectorFile, "config/connectors/*.toml"),
    "contract": Kind(ContractFile, "schemas/*/v*/contract.toml"),
    "edge": Kind(EdgeFile, "config/edges/*.toml"),
    "flows": Kind(FlowsFile, "config/flows.toml"),
    "grants": Kind(GrantsFile, "config/grants/*.toml"),
    "hub": Kind(HubSettings, "hub.toml"),
    "mapping": Kind(MappingFile, "mappings/*/v*/mapping.toml"),
    "partner": Kind(PartnerFile, "config/partners/*.toml"),
    "route": Kind(RouteFile, "config/routes/*.toml"),
}


class _Toml(GenerateJsonSchema):
    """TOML has no null: what may be left out is simply not required. Titles would only repeat the keys."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default", ...) is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        found = super().dict_schema(schema)
        if "patternProperties" in found:
            found["additionalProperties"] = False  # a key that is no name is refused
        return found

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schema(kind: KindName) -> dict[str, Any]:
    """The schema of one kind of file, one of KINDS."""
    found = KINDS[kind].model.model_json_schema(by_alias=True, schema_generator=_Toml)
    return {"$schema": GenerateJsonSchema.schema_dialect, **found}


def rendered(kind: KindName) -> str:
    """As JSON."""
    return json.dumps(schema(kind), ensure_ascii=False, indent=2)


def editor_file() -> str:
    """What tells Taplo, and so Even Better TOML, which schema each file has."""
    rules = (
        f'[[rule]]\ninclude = ["{each.files}"]\n\n[rule.schema]\nenabled = true\npath = "./{FOLDER}/{kind}.json"\n'
        for kind, each in KINDS.items()
    )
    return "# Which JSON Schema an editor checks each TOML file by; written by `renkei schema --into`.\n\n" + "\n".join(
        rules
    )


def files() -> dict[str, Callable[[], str]]:
    """Path below the folder that holds `config` → its text."""
    schemas = {f"{FOLDER}/{kind}.json": lambda kind=kind: rendered(kind) + "\n" for kind in KINDS}
    return {EDITOR_FILE: editor_file, **schemas}


def write(root: Path) -> list[Path]:
    """Write them all below `root`. Raises OSError."""
    written = []
    for name, text in files().items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text(), encoding="utf-8")
        written.append(path)
    return written
