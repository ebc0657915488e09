"""The whole record is verified about once a day, without anybody asking for it (R49).

In a process of its own and at the lowest priority: reading a record of years takes minutes, which deliveries must not
feel. Whichever delivering process finds first that it is time does it; on each host one at a time.
"""

import fcntl
import json
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

import structlog

from hub.clock import now_us
from hub.metrics import Metrics
from hub.ports.audit import Audit
from hub.worker.patience import Patience, Stopping

EVERY_US = 24 * 3600 * 1_000_000
LOOK = 60.0  # seconds between looks at whether it is time
AGAIN = 3600.0  # seconds after a check that did not find everything right
MOST = 6 * 3600.0  # seconds of one check
_POLL = 0.5
_log = structlog.get_logger("hub.audit")


class RecordWatch:
    """`command`: `renkei audit verify --json`, which notes itself that all was right; `lock`: a file of this host."""

    name = "record"

    def __init__(
        self,
        store: Audit,
        command: Sequence[str],
        lock: Path,
        metrics: Metrics,
        stop: threading.Event,
        every_us: int = EVERY_US,
    ) -> None:
        self._store, self._command, self._lock, self._metrics = store, command, lock, metrics
        self._every_us, self._stop, self._patience = every_us, stop, Patience(stop)

    def run(self) -> None:
        """Work until asked to stop. Not at once: a process that starts has other things to do."""
        wait = LOOK
        try:
            while True:
                self._patience.pause(wait)
                wait = LOOK if self._patience.call(self.look) else AGAIN
        except Stopping:
            pass

    def look(self) -> bool:
        """Verify where it is time; False where that did not end well. Raises StoreUnavailable, Stopping."""
        if not self._due():
            return True
        try:
            return self._alone()
        except OSError as error:  # the home, or no process to be had: nothing that deliveries should end for
            _log.error("record_not_checked", detail=f"the check could not begin: {error.strerror}")
            return False

    def _alone(self) -> bool:
        with self._lock.open("wb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True  # another process of this host is at it
            return not self._due() or self._verify()

    def _due(self) -> bool:
        verified_at = self._store.audit_head().verified_at
        return verified_at is None or not 0 <= now_us() - verified_at < self._every_us

    def _verify(self) -> bool:
        code, printed = self._run()
        try:
            findings = len(json.loads(printed)["wrong"])
        except (ValueError, KeyError, TypeError):
            _log.error("record_not_checked", detail=f"the check ended with {code}")
            return False
        self._metrics.findings(findings)
        if findings:
            _log.error("record_not_right", detail=f"{findings} findings")
        else:
            _log.info("record_right")
        return not findings

    def _run(self) -> tuple[int, bytes]:
        with subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            waited = 0.0
            while True:
                try:
                    printed, _ = process.communicate(timeout=_POLL)
                except subprocess.TimeoutExpired:
                    waited += _POLL
                    if self._stop.is_set() or waited > MOST:
                        process.kill()
                        process.communicate()
                        if self._stop.is_set():
                            raise Stopping from None
                        return process.returncode, b""
                else:
                    return process.returncode, printed
