"""Beginnings that pass every check: a contract or its next version, a connector, a route, as files of a project.

A project is the folder that holds `schemas`, `mappings` and `config`, and `connectors` beside them: a checkout. Nothing
that is there is overwritten; what only grows (grants, glossary) is appended to.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hub import catalogue
from hub.catalogue import Catalogue
from hub.documents import Mapping, parse
from hub.home import Home
from hub.lint.samples import SAMPLE_LIMIT, samples
from hub.scaffold.files import TEMPLATES, Files, ScaffoldError
from hub.scaffold.version import version

_FIRST_PORT = 9100
GLOSSARY = "ops/docs/glossary.md"


@dataclass(frozen=True, slots=True)
class Titles:
    """`flow`: e.g. "F2"; the titles in English and Japanese."""

    flow: str
    title: str
    title_ja: str


def contract(type_: str, titles: Titles) -> Files:
    """`schemas/<type>/v1` with a valid and an invalid sample."""
    made, folder = Files(), f"schemas/{type_}/v1"
    values = _told(titles) | {"type": type_, "element": _element(type_)}
    made.add(f"{folder}/contract.toml", "contract/contract.toml", **values)
    made.add(f"{folder}/schema.xsd", "contract/schema.xsd", **values)
    made.add(f"{folder}/valid/one.xml", "contract/valid.xml", **values)
    made.add(f"{folder}/invalid/unknown-status.xml", "contract/invalid.xml", **values)
    return made


def next_version(root: Path, type_: str) -> Files:
    """See `hub.scaffold.version`."""
    return version(_read(root), type_)


def connector(root: Path, name: str, titles: Titles) -> Files:
    """`connectors/<name>` with its simulated partner, its three files of configuration, and the contract it takes."""
    own = f"{name}.notice"
    made = contract(own, titles)
    values = _told(titles) | {"name": name, "type": own, "element": _element(own), "port": _free_port(_read(root))}
    for file in ("__init__.py", "connector.py", "sandbox.py", "README.md"):
        made.add(f"connectors/{name}/{file}", f"connector/{file}", **values)
    for kind in ("partner", "connector", "edge"):
        made.add(f"config/{kind}s/{name}.toml", f"connector/{kind}.toml", **values)
    if (root / GLOSSARY).is_file():
        made.appended[GLOSSARY] = f"| {titles.title_ja} | `{name}` | system | {titles.title} | ours |\n"
    return made


def route(root: Path, name: str, type_: str, to: str, contract_: str, sender: str, purpose: str) -> Files:
    """`config/routes/<name>.toml`, the sender's grant, and a mapping where the connector takes another contract.

    The mapping's case is its sender's first sample. Raises ScaffoldError for what the project does not have.
    """
    found, made = _read(root), Files()
    if to not in found.connectors:
        raise ScaffoldError(f"there is no connector {to}: begin with `renkei scaffold connector {to}`")
    for key in (type_, contract_):
        if (key, 1) not in found.contracts:
            raise ScaffoldError(f"there is no contract {key}: begin with `renkei scaffold contract {key}`")
    if sender not in found.partners and sender not in found.connectors:
        raise ScaffoldError(f"there is no partner {sender}: known are {', '.join(sorted(found.partners))}")
    source, target = found.contracts[type_, 1], found.contracts[contract_, 1]
    mapping = f"{type_}--{contract_}" if type_ != contract_ else None
    flow = source.file.value.flow
    values = {"type": type_, "contract": contract_, "connector": to, "mapping": mapping, "flow": flow}
    made.add(f"config/routes/{name}.toml", "route/route.toml", **values)
    if mapping is not None and not (root / "mappings" / mapping / "v1").exists():
        namespace, _, element = target.file.value.element.lstrip("{").partition("}")
        made.add(f"mappings/{mapping}/v1/mapping.toml", "route/mapping.toml", **values)
        made.add(f"mappings/{mapping}/v1/mapping.xslt", "route/mapping.xslt", namespace=namespace, element=element)
        sample = samples(source, "valid")[0]
        made.new[f"mappings/{mapping}/v1/cases/{sample.stem}.in.xml"] = sample.read_text(encoding="utf-8")
    granted = found.grants[sender].value.grant if sender in found.grants else []
    if type_ not in {one.type for one in granted}:
        text = TEMPLATES.get_template("route/grant.toml.j2").render(type=type_, purpose=purpose)
        made.appended[f"config/grants/{sender}.toml"] = f"\n{text}" if granted else text
    return made


def write(root: Path, files: Files) -> list[Path]:
    """Write them, all or none that is there already. Raises ScaffoldError, OSError."""
    there = [path for path in files.new if (root / path).exists()]
    if there:
        raise ScaffoldError(f"{there[0]} is there already: choose another name, or remove it")
    for path, text in files.new.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    for path, text in files.appended.items():
        with (root / path).open("a", encoding="utf-8") as file:
            file.write(text)
    outputs = [_output(root / path) for path in files.new if path.endswith(".in.xml")]
    return [*(root / path for path in (*files.new, *files.appended)), *outputs]


def _output(given: Path) -> Path:
    """What the mapping makes of its case, to be read and kept by whoever completes it."""
    made = Mapping.load(given.parents[1]).apply(parse(given.read_bytes(), SAMPLE_LIMIT))
    path = given.with_name(given.name.replace(".in.xml", ".out.xml"))
    text = made.serialise().removeprefix(b"<?xml version='1.0' encoding='UTF-8'?>\n")
    path.write_bytes(b"<!-- synthetic -->\n" + text + b"\n")
    return path


def _read(root: Path) -> Catalogue:
    lacking = [name for name in ("schemas", "mappings", "config", "connectors") if not (root / name).is_dir()]
    if lacking:
        raise ScaffoldError(f"{root} has no folder {lacking[0]}: name a checkout of the hub in --into")
    return catalogue.read(Home(root))


def _told(titles: Titles) -> dict[str, object]:
    return {"flow": titles.flow, "title": titles.title, "title_ja": titles.title_ja}


def _element(type_: str) -> str:
    return type_.rpartition(".")[2]


def _free_port(found: Catalogue) -> int:
    urls = [urlsplit(file.value.url or "") for file in found.connectors.values()]
    return max((url.port or 0 for url in urls if re.fullmatch(r"https?", url.scheme)), default=_FIRST_PORT) + 1
