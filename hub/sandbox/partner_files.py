"""A simulated partner's folders: it takes what is dropped, writes a receipt for each file, and fails on command.

The other side of `connectors.file_drop`, written apart from it: a file is taken away first, worked on, and only then
has its receipt. So one that is dropped again in between is known again.
"""

import hashlib
import re
import threading
import time
from pathlib import Path

from hub.sandbox.partner import Partner, Request
from hub.sandbox.partner_http import AFTER, Mode, Moods

LOOK_SECONDS, AWAY_SECONDS = 0.05, 0.6
_NAME = re.compile(r"([0-9a-f-]{36})_([0-9a-f-]{36})\.csv")
_AWAY = frozenset({"500", "503", "429", "timeout", "reset", "latency"})
_LATE = AFTER | {"slow_drip", "slow_headers"}


class FileDesk:
    """Looks at the folder on a thread of its own. What it had taken when it ended is worked on after a restart."""

    def __init__(self, partner: Partner, moods: Moods, data: Path) -> None:
        self._partner, self._moods = partner, moods
        tray = data / "tray"
        self._to_partner, self._receipts, self._taken = tray / "to_partner", tray / "receipts", tray / "taken"
        for folder in (self._to_partner, self._receipts, self._taken, tray / "collected"):
            folder.mkdir(parents=True, exist_ok=True)
        for file in self._taken.iterdir():
            file.replace(self._to_partner / file.name)
        self._away_until: dict[str, float] = {}
        threading.Thread(target=self._run, daemon=True).start()

    def connect(self, address: str, hub_key: str | None) -> None:
        """It has no broker."""

    def _run(self) -> None:
        while True:
            for file in sorted(self._to_partner.iterdir()):
                found = _NAME.fullmatch(file.name)
                if found and time.monotonic() >= self._away_until.get(file.name, 0.0):
                    self._take(file, found[1], found[2])
            time.sleep(LOOK_SECONDS)

    def _take(self, file: Path, correlation_id: str, key: str) -> None:
        # one that it has left lying once is not drawn for again
        mode = Mode() if self._away_until.pop(file.name, None) else self._moods.draw()
        if mode.mode in _AWAY:
            self._away_until[file.name] = time.monotonic() + AWAY_SECONDS
            return
        taken = self._taken / file.name
        file.replace(taken)
        content = taken.read_bytes()
        refused = mode.mode == "400"
        if not refused:
            answer = self._partner.handle(Request("POST", "/files", content, key, correlation_id))
            refused = not 200 <= answer.status < 300
        if mode.mode in _LATE:
            time.sleep(AWAY_SECONDS)
        said = "NG" if refused else f"OK {hashlib.sha256(content).hexdigest()}"
        self._write(file.name, _spoilt(mode.mode, said))
        taken.unlink()

    def _write(self, name: str, receipt: str) -> None:
        half = self._receipts / f".{name}.tmp"
        half.write_text(f"{receipt}\r\n", encoding="ascii", newline="")
        half.replace(self._receipts / name)


def _spoilt(mode: str, said: str) -> str:
    match mode:
        case "malformed":
            return "<broken"
        case "invalid":
            return said[:-1]
        case "extra_field":
            return f"{said} extra"
        case "duplicate_reply":
            return f"{said}\r\n{said}"
    return said
