"""What processes reach for over the network: a hook that Python runs in each of them before anything else.

An audit hook sees every connection and every name that Python code asks for, whichever library asks; it cannot be
taken out again. What a library written in C does by itself it does not see: of those here only psycopg, on PostgreSQL.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HOOK = """\
import json, os, sys

FOLDER = {folder!r}
SEEN = {{
    "socket.connect": lambda a: a[1], "socket.sendto": lambda a: a[1], "socket.sendmsg": lambda a: a[1],
    "socket.getaddrinfo": lambda a: (a[0], a[1]), "socket.gethostbyname": lambda a: (a[0], 0),
    "socket.gethostbyaddr": lambda a: (a[0], 0), "subprocess.Popen": lambda a: (str(a[0]), list(map(str, a[1]))),
    "os.system": lambda a: (str(a[0]), []), "os.exec": lambda a: (str(a[0]), []),
}}

def is_own(to):
    # a socket pair as pika makes it: this process listens there itself, on the host alone
    if not isinstance(to, tuple) or to[0] != "127.0.0.1":
        return False
    with open("/proc/self/net/tcp") as file:
        rows = [line.split() for line in file]
    there = {{f"socket:[{{row[9]}}]" for row in rows[1:] if row[3] == "0A" and row[1].endswith(f":{{to[1]:04X}}")}}
    for number in os.listdir("/proc/self/fd"):
        try:
            if os.readlink("/proc/self/fd/" + number) in there:
                return True
        except OSError:
            pass
    return False

def hook(event, arguments):
    if event in SEEN:
        to = SEEN[event](arguments)
        if event == "socket.connect" and is_own(to):
            return
        line = json.dumps([event, sys.orig_argv, list(to) if isinstance(to, tuple) else [repr(to)]]) + "\\n"
        file = os.open(os.path.join(FOLDER, str(os.getpid())), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(file, line.encode())
        os.close(file)

sys.addaudithook(hook)
"""


@dataclass(frozen=True)
class Reach:
    """`to`: host and port, or the program and its arguments."""

    event: str
    argv: tuple[str, ...]
    to: tuple[object, ...]


def watching(folder: Path) -> str:
    """Make the hook in an empty folder: what PYTHONPATH must be for processes to be watched."""
    seen, code = folder / "seen", folder / "code"
    seen.mkdir()
    code.mkdir()
    (code / "sitecustomize.py").write_text(HOOK.format(folder=str(seen)), encoding="utf-8")
    return str(code)


def reaches(folder: Path) -> Iterator[Reach]:
    """All that was seen in it so far."""
    for file in (folder / "seen").iterdir():
        for line in file.read_text(encoding="utf-8").splitlines():
            event, argv, to = json.loads(line)
            yield Reach(event, tuple(argv), tuple(to))
