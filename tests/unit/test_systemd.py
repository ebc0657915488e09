"""The systemd units: systemd understands them, they are closed, and what they start is what the hub has."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest
import typer.main

from hub.cli.main import cli
from hub.cli.output import EXIT_CONFIG, EXIT_USAGE
from hub.cli.run import CLOSE_SECONDS, STOP_SECONDS, Role
from tests.nodes import nothing_found

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "ops/systemd"
SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
COMMON = UNITS / "renkei-.service.d/common.conf"
INSTALLED = "/opt/renkei/bin/renkei"
USAGE_ERROR: Any = typer.BadParameter.__base__
MOST_EXPOSED = 15  # tenths; of the scale of `systemd-analyze security`, where 100 is wide open

# PR_SET_MDWE, which the kernel has since 6.3: what MemoryDenyWriteExecute asks for. 22: an older kernel
DENIED = """
import ctypes, errno, mmap, sys
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(65, 1, 0, 0, 0):
    sys.exit(77 if ctypes.get_errno() == errno.EINVAL else 1)
try:
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
except PermissionError:
    from hub.cli.main import main
    main()
sys.exit("not denied")
"""


class Parser(RawConfigParser):
    """Keeps the case of keys; of repeated ones the last."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def read(unit: Path) -> Parser:
    found = Parser(strict=False)
    found.read_string(unit.read_text(encoding="utf-8"))
    return found


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("systemd-analyze") is None:
        nothing_found("systemd-analyze", "apt-get install systemd")
    command = ["systemd-analyze", "--no-pager", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def units(tmp_path: Path) -> Iterator[Path]:
    """As an administrator copies them, with a program that is there."""
    folder = tmp_path / "units"
    shutil.copytree(UNITS, folder)
    for name in SERVICES:
        text = (folder / name).read_text(encoding="utf-8")
        assert f"ExecStart={INSTALLED} " in text
        (folder / name).write_text(text.replace(INSTALLED, sys.executable), encoding="utf-8")
    yield folder


def verified(folder: Path) -> subprocess.CompletedProcess[str]:
    named = [str(path) for path in sorted(folder.iterdir()) if path.suffix in (".service", ".target")]
    return analyze("verify", "--man=no", *named)


def test_systemd_understands_every_line(units: Path) -> None:
    done = verified(units)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_line_it_does_not_understand_is_seen(units: Path) -> None:
    common = units / COMMON.relative_to(UNITS)
    common.write_text(common.read_text(encoding="utf-8").replace("NoNewPrivileges", "NoNewPrivilege"), encoding="utf-8")
    assert "NoNewPrivilege" in verified(units).stderr


@pytest.mark.rule("R57")
@pytest.mark.parametrize("service", SERVICES)
def test_every_service_is_closed(units: Path, service: str) -> None:
    measured = ("security", "--offline=true", f"--threshold={MOST_EXPOSED}")
    done = analyze(*measured, str(units / service))
    assert done.returncode == 0, done.stdout
    # and it is the common part that does it
    shutil.rmtree(units / COMMON.parent.name)
    assert analyze(*measured, str(units / service)).returncode != 0


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_service_starts_is_a_command_of_the_hub(service: str) -> None:
    program, *words = shlex.split(read(UNITS / service)["Service"]["ExecStart"])
    assert program == INSTALLED
    assert parsed(words) in ("run", "console")


def parsed(words: list[str]) -> str:
    """The command's name, as the hub's own parser takes it. Raises USAGE_ERROR."""
    group: Any = typer.main.get_command(cli)
    context = typer.Context(group, info_name="renkei")
    name, command, rest = group.resolve_command(context, list(words))
    command.make_context(name, rest, parent=context)
    return str(name)


@pytest.mark.parametrize("words", [["run", "--role", "deliver"], ["run", "--rol", "all"], ["serve"]])
def test_a_command_the_hub_does_not_have_is_seen(words: list[str]) -> None:
    with pytest.raises(USAGE_ERROR):
        parsed(words)


def test_every_role_has_a_unit_and_the_target_starts_all() -> None:
    started = {shlex.split(read(UNITS / name)["Service"]["ExecStart"])[-1] for name in SERVICES}
    assert started == {role.value for role in Role if role is not Role.ALL} | {"console"}
    assert read(UNITS / "renkei.target")["Install"]["WantedBy"] == "multi-user.target"
    assert read(COMMON)["Unit"]["PartOf"] == "renkei.target"  # and so it stops all
    for name in SERVICES:
        assert read(UNITS / name)["Install"]["WantedBy"] == "renkei.target"


def test_systemd_waits_as_long_as_the_hub_takes_and_starts_it_again_when_that_helps() -> None:
    common = read(COMMON)["Service"]
    assert int(common["TimeoutStopSec"]) > STOP_SECONDS + CLOSE_SECONDS
    assert {int(code) for code in common["RestartPreventExitStatus"].split()} == {EXIT_USAGE, EXIT_CONFIG}


def test_the_hub_makes_no_memory_it_has_written_executable(tmp_path: Path) -> None:
    """Keys, XSLT, XSD and the database under `MemoryDenyWriteExecute`."""
    for words in (["init", "--sandbox"], ["lint"]):
        command = [sys.executable, "-c", DENIED, "--home", str(tmp_path / "home"), *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode == 77:
            pytest.skip("the kernel is older than 6.3")
        assert done.returncode == 0, done.stderr
