"""Who is at the keyboard, where it takes two persons: the account of the process, not what the environment says."""

import os
import pwd
import socket
import sys


def account() -> str:
    """The operating system's name of the user, a number where it has none; behind `sudo`, of whoever called it."""
    uid = os.getuid()
    if uid == 0 and (behind := os.environ.get("SUDO_USER")):
        return behind
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid-{uid}"


def where() -> str:
    """From where the command is given, for the record: host and terminal, or that there is none."""
    tty = os.ttyname(sys.stdin.fileno()) if sys.stdin is not None and sys.stdin.isatty() else "no terminal"
    return f"shell:{socket.gethostname()}:{tty}"
