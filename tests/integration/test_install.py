"""The wheel in an environment of its own, in an empty folder: all it needs is in it, and nothing is read beside it."""

import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
BROKEN_OFF = 97

# Loaded by every Python of the environment, those of the demo as well: whoever opens or lists a thing of the checkout
# ends at once. What the lock installed is read from the environment the tests run in.
GUARD = f"""
import os, sys
CHECKOUT, LOCKED = {str(CHECKOUT)!r}, {str(Path(sys.prefix).resolve())!r}

def guard(event, arguments):
    if event in ("open", "os.listdir", "os.scandir") and isinstance(arguments[0], str):
        path = os.path.realpath(arguments[0])
        if (path + "/").startswith(CHECKOUT + "/") and not path.startswith(LOCKED + "/"):
            os.write(2, f"read from the checkout: {{path}}\\n".encode())
            os._exit({BROKEN_OFF})

sys.addaudithook(guard)
"""

EVERY_MODULE = """
import importlib, pathlib, pkgutil, connectors, hub
for package in (hub, connectors):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not found.name.endswith("__main__") and ".migrations." not in found.name:
            importlib.import_module(found.name)
print(pathlib.Path(hub.__file__).parent, pathlib.Path(connectors.__file__).parent, sep="\\n")
"""


@dataclass(frozen=True)
class Installed:
    """An environment that holds the wheel and sees the locked packages; `cwd`: empty, and its HOME as well."""

    prefix: Path
    cwd: Path

    def run(self, *command: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """`command[0]`: a program of the environment."""
        environ = {"HOME": str(self.cwd / "home"), "PATH": f"{self.prefix / 'bin'}:{os.defpath}", "LANG": "C.UTF-8"}
        program = str(self.prefix / "bin" / command[0])
        return subprocess.run(
            [program, *command[1:]], cwd=self.cwd, env=environ, capture_output=True, text=True, timeout=seconds
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """As `pip install .` does it, but without asking an index: builder and libraries are those of the lock."""
    root = tmp_path_factory.mktemp("install")
    prefix, cwd = root / "env", root / "empty"
    (cwd / "home").mkdir(parents=True)
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", "--no-input"]
    offline = ["--no-deps", "--no-index"]
    build = ["wheel", *offline, "--no-build-isolation", "--wheel-dir", str(root), str(CHECKOUT)]
    subprocess.run([*pip, *build], check=True, timeout=120)
    (wheel,) = root.glob("*.whl")
    venv.create(prefix, with_pip=False, symlinks=True)
    subprocess.run([*pip, "--python", str(prefix), "install", *offline, str(wheel)], check=True, timeout=120)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(prefix)}))
    # A line of a .pth file adds a folder without obeying the .pth files in it: the editable install stays out.
    (packages / "locked.pth").write_text(f"{sysconfig.get_path('purelib')}\nimport guard_of_the_checkout\n")
    (packages / "guard_of_the_checkout.py").write_text(GUARD)
    return Installed(prefix, cwd)


def test_the_guard_works(installed: Installed) -> None:
    done = installed.run("python", "-c", f"open({str(CHECKOUT / 'README.md')!r})")
    assert (done.returncode, done.stderr.split(":")[0]) == (BROKEN_OFF, "read from the checkout")


def test_every_module_comes_from_the_wheel(installed: Installed) -> None:
    done = installed.run("python", "-W", "error", "-c", EVERY_MODULE)
    assert done.returncode == 0, done.stderr
    for place in done.stdout.split():
        assert Path(place).is_relative_to(installed.prefix)


def test_first_steps(installed: Installed) -> None:
    """An installation is made and looked at: settings, migrations, schemas, mappings, configuration, cards."""
    home = ("renkei", "--home", "city")
    assert (created := installed.run(*home, "init", "--sandbox")).returncode == 0, created.stderr
    assert (linted := installed.run(*home, "lint")).stdout == "Findings: none\n", linted.stderr
    assert "F2" in installed.run(*home, "flows").stdout
    doctor = installed.run(*home, "doctor", "--json")
    assert '"database.schema"' in doctor.stdout, doctor.stderr
    listed = installed.run(*home, "dead", "list", "--json")
    assert (listed.returncode, listed.stdout) == (0, "[]\n"), listed.stderr
    assert "asyncapi" in installed.run(*home, "asyncapi").stdout


@pytest.mark.slow
def test_the_demo_runs(installed: Installed) -> None:
    """Partners are processes of their own, found in the wheel like everything else."""
    done = installed.run("renkei", "demo", "--broker", "memory", "--flow", "F2", "--messages", "20", seconds=280)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing lost, every expectation held" in done.stdout
