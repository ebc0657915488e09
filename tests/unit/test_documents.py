"""The hand-written documents keep to the code: links, commands, codes, words, flows; and the compose file is closed."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import click
import pytest
import typer.main

from hub import catalogue, discovery, doctor
from hub.cli.main import cli
from hub.codes import CODES
from hub.home import FOLDERS, Home
from hub.lint import lint
from hub.ports.audit import ACTS
from hub.topology import CHECKPOINT_QUEUE

ROOT = Path(__file__).resolve().parents[2]
READMES = (ROOT / "README.md", ROOT / "README.ja.md")
DOCUMENTS = (*READMES, *sorted((ROOT / "ops/docs").glob("*.md")), *sorted((ROOT / "connectors").glob("*/README.md")))
GLOSSARY, TUTORIAL = ROOT / "ops/docs/glossary.md", ROOT / "ops/docs/adding-a-connector.md"
SHIPPED = catalogue.read(Home(ROOT / "no-home"))

_FENCED = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_RENKEI = re.compile(r"(?:^|[`/ ])renkei((?: [a-z-]+| --[a-z-]+| [^\s`]+)*)", re.MULTILINE)
_CODE = re.compile(r"`([a-z]+\.[a-z_]+)`")
_PREFIX = re.compile(r"`([a-z]+)\.`")
_FLOW = re.compile(r"^\| (F\d+)\b", re.MULTILINE)
_TERM = re.compile(r"^\| ([^|]+) \| `(\w+)` \| (\w+) \| ([^|]*)\| ([^|]+) \|$", re.MULTILINE)
_FILE = re.compile(r"^\*\*`([^`]+)`\*\*( \(append\))?\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


# --- links ---------------------------------------------------------------------


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_link_leads_somewhere(document: Path) -> None:
    text = _FENCED.sub("", document.read_text(encoding="utf-8"))
    broken = []
    for target in _LINK.findall(text):
        path, _, anchor = target.partition("#")
        if "://" in path:
            continue
        there = (document.parent / path).resolve() if path else document
        if not there.exists() or (anchor and anchor not in anchors(there)):
            broken.append(target)
    assert broken == []


def anchors(document: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


# --- commands ------------------------------------------------------------------


def commands(text: str) -> list[list[str]]:
    """Each `renkei …` of the text in words: those in fenced blocks and in back quotes."""
    text = text.replace("\\\n", " ")
    pieces = [line.split("#")[0] for block in _FENCED.findall(text) for line in block.splitlines()]
    pieces += re.findall(r"`([^`\n]+)`", _FENCED.sub("", text))
    return [
        words[words.index("renkei") + 1 :]
        for piece in pieces
        if "renkei" in (words := [word.removeprefix(".venv/bin/") for word in piece.split()])
        and words[0] in ("renkei", "docker", "RENKEI_HOME")
    ]


@pytest.mark.parametrize("document", [path for path in DOCUMENTS if path.name != "commands.md"], ids=name)
def test_every_command_exists(document: Path) -> None:
    wrong = [" ".join(words) for words in commands(document.read_text(encoding="utf-8")) if not known(words)]
    assert wrong == []


def known(words: list[str]) -> bool:
    """Whether the group, the command and each option are there."""
    command: click.Command = typer.main.get_command(cli)
    for word in words:
        if word.startswith("--"):
            options = {option for parameter in command.params for option in parameter.opts}
            if word.split("=")[0] not in options | {"--help"}:
                return False
        elif subcommands := getattr(command, "commands", None):
            if word not in subcommands:
                return word.startswith(("/", "…"))  # the value of --home
            command = subcommands[word]
    return True


def test_a_wrong_command_is_seen() -> None:
    assert commands("`renkei dead list`\n```sh\nrenkei run --role all  # x\n```\n") == [
        ["run", "--role", "all"],
        ["dead", "list"],
    ]
    assert known(["dead", "list", "--json"])
    assert not known(["dead", "lst"])
    assert not known(["run", "--rol", "all"])


# --- codes, words, flows -------------------------------------------------------


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_code_exists(document: Path) -> None:
    text = _FENCED.sub("", document.read_text(encoding="utf-8"))
    stages = {code.split(".")[0] for code in CODES} - {
        "hub",
        "config",
        "registry",
    }  # names of modules, too
    ours = [code for code in _CODE.findall(text) if code.split(".")[0] in stages or code in CODES]
    checks = "".join(file.read_text(encoding="utf-8") for file in Path(doctor.__file__).parent.glob("*.py"))
    assert [code for code in ours if code not in {*CODES, *ACTS, CHECKPOINT_QUEUE} and f'"{code}"' not in checks] == []


@pytest.mark.parametrize("readme", READMES, ids=name)
def test_the_readmes_explain_every_kind_of_code_a_dead_letter_may_have(readme: Path) -> None:
    elsewhere = {
        "access",
        "approval",
        "audit",
        "console",
        "edit",
        "emergency",
        "erase",
        "keys",
        "letter",
        "message",
        "publish",
        "replay",
        "retention",
        "reveal",
        "case",
        "hold",
        "registry",
        "search",
        "broker",
        "store",
        "config",
    }  # told by commands and the console, not by dead letters
    told = set(_PREFIX.findall(readme.read_text(encoding="utf-8")))
    assert {code.split(".")[0] for code in CODES} - elsewhere == told


def terms() -> list[tuple[str, str, str, str, str]]:
    return _TERM.findall(GLOSSARY.read_text(encoding="utf-8").partition("## Terms")[2])


def test_one_id_per_term_and_one_term_per_id() -> None:
    rows = terms()
    table = GLOSSARY.read_text(encoding="utf-8").partition("## Terms")[2]
    assert len(rows) == table.count("\n|") - 2, "a row is not written like the others"
    for column in (0, 1):
        words = [row[column] for row in rows]
        assert sorted(words) == sorted(set(words))


def test_every_partner_and_connector_is_in_the_glossary() -> None:
    systems = {id_: term for term, id_, kind, _, _ in terms() if kind == "system"}
    assert {*discovery.kinds(), *SHIPPED.partners, *SHIPPED.connectors} <= systems.keys()
    for partner, file in SHIPPED.partners.items():
        assert systems[partner].split("(")[0] in file.value.title_ja


def test_an_id_is_used_exactly_when_it_is_not_planned() -> None:
    folders = ("hub", "connectors", "config", "schemas")
    endings = (".py", ".toml", ".xsd")
    words: set[str] = set()
    for file in (file for folder in folders for file in (ROOT / folder).rglob("*") if file.suffix in endings):
        words.update(re.findall(r"[a-z_]+", file.read_text(encoding="utf-8")))
        words.update(file.relative_to(ROOT).parts)
    wrong = [
        id_
        for _, id_, kind, meaning, _ in terms()
        if kind != "hub" and not meaning.startswith("planned") and id_ not in words
    ]
    assert wrong == []


@pytest.mark.parametrize("readme", READMES, ids=name)
def test_the_readmes_list_the_flows_of_the_routes(readme: Path) -> None:
    named = (flow for file in SHIPPED.routes.values() for flow in file.value.flow.split(", "))
    flows = {flow for flow in named if flow.startswith("F")}  # T1: the tutorial
    assert set(_FLOW.findall(readme.read_text(encoding="utf-8"))) == flows


# --- the tutorial --------------------------------------------------------------


def test_the_tutorial_passes_lint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given: the shipped data, and the files the tutorial shows
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shown = _FILE.findall(TUTORIAL.read_text(encoding="utf-8"))
    assert shown
    for path, appended, body in shown:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        if body in before:  # somebody has followed it here
            continue
        assert not before or appended, f"{path} is there already"
        file.write_text(before + body, encoding="utf-8")
        if file.suffix == ".py":
            compile(body, path, "exec")
    # When: the newcomer's folder is found beside the others
    kinds = {**discovery.kinds(), "print_room": tmp_path / "connectors/print_room"}
    monkeypatch.setattr(discovery, "kinds", lambda: kinds)
    # Then
    assert [str(finding) for finding in lint(Home(tmp_path))] == []


# --- the compose file ----------------------------------------------------------


def read_plain_yaml(text: str) -> Any:
    """The plain part of YAML the compose file keeps to: mappings, lists of scalars, one-line JSON; all else fails."""
    lines = [
        (number, len(line) - len(line.lstrip()), line.strip())
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]

    def scalar(number: int, written: str) -> Any:
        if written[0] in '"[{':
            return json.loads(written)
        assert re.fullmatch(r"[\w./:-]+", written), f"line {number}: put {written} in quotes"
        return {"true": True, "false": False}.get(written, written)

    def block(indent: int) -> Any:
        if lines[0][2].startswith("- "):
            items = []
            while lines and lines[0][1] == indent and lines[0][2].startswith("- "):
                number, _, written = lines.pop(0)
                items.append(scalar(number, written[2:]))
            return items
        found: dict[str, Any] = {}
        while lines and lines[0][1] == indent:
            number, _, written = lines.pop(0)
            key, colon, value = written.partition(":")
            assert colon and re.fullmatch(r"[\w.-]+", key), f"line {number} is not key: value"
            assert key not in found, f"line {number} repeats {key}"
            if value:
                assert value[0] == " ", f"line {number} lacks a space"
                found[key] = scalar(number, value.strip())
            else:
                found[key] = block(lines[0][1]) if lines and lines[0][1] > indent else None
        assert not lines or lines[0][1] < indent, f"line {lines[0][0]} is indented otherwise"
        return found

    result = block(0)
    assert not lines
    return result


COMPOSE = read_plain_yaml((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


@pytest.mark.rule("R57")
@pytest.mark.parametrize("service", SERVICES)
def test_every_service_is_closed_bounded_and_watched(service: str) -> None:
    found = SERVICES[service]
    assert found["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", found["user"])
    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in found["security_opt"]
    assert found["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}
    assert found["image"] == "renkei-hub" or re.search(r":v?\d", found["image"]), "an image without a version"
    assert all(port.startswith("127.0.0.1:") for port in found.get("ports", []))


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_service_names_is_declared(service: str) -> None:
    found = SERVICES[service]
    assert set(found.get("secrets", [])) <= COMPOSE["secrets"].keys()
    shared = found.get("network_mode", "")  # the addresses of another service in place of networks
    assert (
        shared.removeprefix("service:") in SERVICES if shared else set(found["networks"]) <= COMPOSE["networks"].keys()
    )
    assert set(found.get("depends_on", {})) <= SERVICES.keys()
    for volume in found["volumes"]:
        source = volume.split(":")[0]
        if source.startswith("./.renkei/"):
            continue  # written by ops/docker/secrets
        assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]
    if "build" in found:
        assert (ROOT / found["build"]["dockerfile"]).is_file()


def test_no_password_stands_in_the_compose_file() -> None:
    for service, found in SERVICES.items():
        for variable, value in found.get("environment", {}).items():
            assert not re.search("pass|secret|key|token", variable, re.IGNORECASE) or variable.endswith("_FILE"), (
                service
            )
            assert not re.search(r"://[^/@]*:[^/@]*@", value), f"{service}: {variable}"
    written = (ROOT / "ops/docker/secrets").read_text(encoding="utf-8")
    needed = {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()}
    assert [name for name in sorted(needed) if f"$folder/{name}" not in written] == []


def test_the_hub_in_containers_is_the_hub() -> None:
    for service in ("urgent", "intake", "delivery", "collect", "console"):
        command = SERVICES[service]["command"]
        assert command[0] == "renkei"
        assert known(command[1:])
        # written to: the position of the fence, and attachments
        assert "home:/var/lib/renkei" in SERVICES[service]["volumes"]
    dockerfile = (ROOT / "ops/docker/Dockerfile").read_text(encoding="utf-8")
    assert "\nARG LOCK=requirements.lock\n" in dockerfile and '--require-hashes -r "ops/$LOCK"' in dockerfile
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", dockerfile, re.MULTILINE)


def test_grafana_finds_its_data_source_and_all_dashboards() -> None:
    grafana, prometheus = SERVICES["grafana"], SERVICES["prometheus"]
    provisioning = ROOT / "ops/grafana/provisioning"
    mounted = dict(volume.split(":")[:2] for volume in grafana["volumes"] if volume.endswith(":ro"))
    assert mounted["./ops/grafana/provisioning"] == "/etc/grafana/provisioning"

    (source,) = read_plain_yaml((provisioning / "datasources/prometheus.yml").read_text())["datasources"]
    (provider,) = read_plain_yaml((provisioning / "dashboards/renkei.yml").read_text())["providers"]
    assert source["url"] == f"http://prometheus:{prometheus['ports'][0].rpartition(':')[2]}"
    assert source["isDefault"] and not source["editable"] and not provider["allowUiUpdates"]
    assert set(grafana["networks"]) & set(prometheus["networks"])
    assert provider["options"]["path"] == mounted["./ops/grafana"]
    # a data source of this type is what the dashboards choose by themselves
    for file in (ROOT / "ops/grafana").glob("*.json"):
        (chosen,) = (one for one in json.loads(file.read_text())["templating"]["list"] if one["type"] == "datasource")
        assert chosen["query"] == source["type"]
    # the links in alerts lead there
    configuration = (ROOT / "ops/prometheus/compose.yml").read_text(encoding="utf-8")
    host, port, _inside = grafana["ports"][0].split(":")
    assert f'dashboards: "http://{host}:{port}"' in configuration
