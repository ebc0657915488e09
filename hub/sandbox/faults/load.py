"""Steady load: partners publish at an even pace, again and again under the same id until the broker has confirmed.

What is in `sent` was confirmed; that list is the publishers' side of the verdict.
"""

import re
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from hub.errors import BrokerUnavailable, Refused
from hub.sandbox.demo_hub import DemoHub
from hub.sandbox.flow import Sending
from hub.sandbox.waves import by_partner

BEAT = 0.25  # seconds between two batches
_PERSON = re.compile(rb"<(?:individual|reception)_number>(\d+)<")
_HISTORY = re.compile(rb"<(?:history_number|record_version)>(\d+)<")


class Load(threading.Thread):
    """Publishes `sendings` in order, `rate` a second; asked to, a copy of one of them in between."""

    def __init__(self, hub: DemoHub, sendings: Sequence[Sending], rate: float) -> None:
        super().__init__(name="load")
        self._hub, self._rate = hub, rate
        self._left = deque(sendings)
        self._copies: deque[float] = deque()
        self._asked = threading.Event()
        self.sent: list[Sending] = []
        self.trouble: BaseException | None = None

    def run(self) -> None:
        due = 0.0
        try:
            while self._left and not self._asked.wait(BEAT):
                due += BEAT * self._rate
                count = min(int(due), len(self._left))
                due -= count
                self._publish([self._left.popleft() for _ in range(count)])
                while self._copies:
                    self._copy(self._copies.popleft())
        except BaseException as error:  # the harness's own thread raises it
            self.trouble = error
            raise

    def duplicate(self, which: float) -> None:
        """Publish one of those sent once more, soon; `which`: 0 to 1, from the oldest to the newest."""
        self._copies.append(which)

    def finish(self) -> None:
        """No more; returns when what was begun is confirmed."""
        self._asked.set()
        self.join()

    def _publish(self, batch: Sequence[Sending]) -> None:
        for partner, publications in by_partner(batch).items():
            while True:
                try:
                    self._hub.publish(partner, publications)
                    break
                except BrokerUnavailable:
                    time.sleep(BEAT)
                except Refused as error:
                    if error.code == "publish.forbidden":
                        raise
                    time.sleep(BEAT)  # a broker that has just come up does not know all its queues
        self.sent += batch

    def _copy(self, which: float) -> None:
        able = [each for each in self.sent if each.fate == "effect"]
        if able:
            chosen = able[min(int(which * len(able)), len(able) - 1)]
            self._publish([replace(chosen, fate="duplicate", dues=())])


def grounded(later: Sequence[Sending], sent: Sequence[Sending]) -> list[Sending]:
    """Those messages of the last wave whose ground was laid: something newer, or earlier, of that record was sent.

    A run that ends before its load does has not sent all that they refer to.
    """
    newest: dict[tuple[str, bytes], int] = {}
    for each in sent:
        if each.fate == "effect":
            place, version = _subject(each)
            newest[place] = max(version, newest.get(place, 0))
    return [each for each in later if newest.get(_subject(each)[0], -1) >= _subject(each)[1]]


def _subject(sending: Sending) -> tuple[tuple[str, bytes], int]:
    person = _PERSON.search(sending.publication.body)
    history = _HISTORY.search(sending.publication.body)
    return (sending.flow, person[1] if person else b""), int(history[1]) if history else 0
