"""Ctrl-C ends a command once, and is never lost."""

import os
import signal
import weakref

import pytest

from hub.cli.interrupt import ENDINGS, interruptible
from hub.sandbox.process import wait_until


class Thing:
    """Something that ends."""


def test_it_strikes_where_an_exception_cannot_be_raised_and_strikes_again() -> None:
    def ended(_reference: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    thing = Thing()
    reference = weakref.ref(thing, ended)
    with pytest.raises(KeyboardInterrupt), interruptible():
        del thing
        wait_until(lambda: False, "interrupted", 20)
    assert reference() is None


def test_a_second_one_is_ignored_and_the_handlers_come_back() -> None:
    before = [signal.getsignal(each) for each in ENDINGS]
    with pytest.raises(KeyboardInterrupt), interruptible():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGINT)  # while it cleans up
    assert [signal.getsignal(each) for each in ENDINGS] == before
