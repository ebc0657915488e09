"""What the system says: CPU time and memory of processes, and which machine and versions these are."""

import os
import platform
from collections.abc import Collection
from importlib.metadata import version
from pathlib import Path

from hub.sandbox.rabbitmq import PrivateRabbit

TICKS = os.sysconf("SC_CLK_TCK")
_OF_THE_HUB = ("pika", "lxml", "sqlalchemy", "cryptography")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def sessions_seconds(sessions: Collection[int]) -> float:
    """The same of all living processes of some sessions: those that were started, and what they started."""
    total = 0.0
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended between the two looks
        if int(fields[3]) in sessions:
            total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


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


def versions(rabbitmq: str = "") -> dict[str, str]:
    found = {"python": platform.python_version()} | {name: version(name) for name in _OF_THE_HUB}
    return found | ({"rabbitmq": rabbitmq} if rabbitmq else {})
