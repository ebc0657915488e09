"""Who is at the keyboard, where it takes two persons: the account of the process, not what the environment says."""

import os
import pwd


def account() -> str:
    """The operating system's name of the user; behind `sudo`, of whoever called it."""
    uid = os.getuid()
    if uid == 0 and (behind := os.environ.get("SUDO_USER")):
        return behind
    return pwd.getpwuid(uid).pw_name
