"""What the system says: CPU time and memory of processes, and which machine and versions these are."""

import os
import platform
import subprocess
from collections.abc import Collection, Iterator
from importlib.metadata import version
from pathlib import Path

from hub.sandbox import rabbitmq
from hub.sandbox.rabbitmq import PrivateRabbit

TICKS = os.sysconf("SC_CLK_TCK")
_OF_THE_HUB = ("pika", "lxml", "sqlalchemy", "cryptography")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def session_pids(sessions: Collection[int]) -> list[int]:
    """The living processes of some sessions: those that were started as their leaders, and what they started."""
    return [pid for pid, fields in _processes() if int(fields[3]) in sessions]


def session_seconds(sessions: Collection[int]) -> float:
    """Their user and system time so far."""
    found = (fields for _, fields in _processes() if int(fields[3]) in sessions)
    return sum(int(fields[11]) + int(fields[12]) for fields in found) / TICKS


def _processes() -> Iterator[tuple[int, list[str]]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            yield int(folder.name), (folder / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended between the two looks


def resident_mib(pid: int) -> float:
    """Memory a process has now."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def broker_pid(node: PrivateRabbit) -> int:
    return int(node.ctl("eval", "os:getpid().").strip().strip('"'))


def described() -> str:
    """The class of the machine; no name of it."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return f"{os.cpu_count()} cores ({model or platform.machine()}), {memory:.0f} GiB, {platform.system()}"


def versions() -> dict[str, str]:
    found = {"python": platform.python_version()} | {name: version(name) for name in _OF_THE_HUB}
    server = rabbitmq.find_binary()
    if server is not None:
        command = [str(server.with_name("rabbitmqctl")), "version"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        found["rabbitmq"] = done.stdout.strip()
    return found
