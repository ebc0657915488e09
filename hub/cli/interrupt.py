"""Ctrl-C for commands that have started things: they end them first."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

EXIT_INTERRUPTED = 130
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
AGAIN = 0.05  # seconds


@contextmanager
def interruptible() -> Iterator[None]:
    """The first Ctrl-C ends the command in order; further ones are ignored, so that nothing is left behind.

    It may strike where Python can only ignore an exception (a destructor, the callback of a weak reference): then it
    strikes again.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for each in ENDINGS:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    def ignored(what: "sys.UnraisableHookArgs") -> None:
        if not issubclass(what.exc_type, KeyboardInterrupt):
            unraisable(what)
            return
        for each in ENDINGS:
            signal.signal(each, interrupt)
        threading.Timer(AGAIN, os.kill, (os.getpid(), signal.SIGINT)).start()

    unraisable, sys.unraisablehook = sys.unraisablehook, ignored
    before = {each: signal.signal(each, interrupt) for each in ENDINGS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        sys.unraisablehook = unraisable
