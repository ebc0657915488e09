"""The teller: tells publishers, on queues of their own, what became of what they sent.

Apart from settling, and after it: nobody hears of what is not committed, and a queue that takes nothing delays nobody's
messages. What the broker has is told; a crash before that is noted tells it again, under the same id.
"""

import threading

import structlog

from hub import answers
from hub.clock import now_us
from hub.ports.answers import Due
from hub.ports.broker import Broker, Outgoing, Properties, PublishOutcome
from hub.ports.store import Progress, Store
from hub.registry import Registry
from hub.topology import answer_queue
from hub.worker.patience import Patience, Stopping

EVERY = 0.5  # seconds between looks
MOST = 500  # of one round
CLAIM_US = 60_000_000  # for which nobody else tells the same
_log = structlog.get_logger("hub.answers")


class Teller:
    """Runs until asked to stop. Every process that takes in runs one; a claim keeps them apart."""

    name = "answers"

    def __init__(self, store: Store, broker: Broker, registry: Registry, stop: threading.Event) -> None:
        self._store, self._broker, self._registry, self._stop = store, broker, registry, stop
        self._patience = Patience(stop)

    def run(self) -> None:
        """Work until asked to stop."""
        try:
            while not self._stop.is_set():
                if self._patience.call(self.round) < MOST:
                    self._patience.pause(EVERY)
        except Stopping:
            pass

    def round(self) -> int:
        """Tell what is due; returns how many were claimed. Raises StoreUnavailable, BrokerUnavailable."""
        now = now_us()
        due = self._store.claim_answers(now, now + CLAIM_US, MOST)
        # whoever does not want to hear any more since
        wanted = [one for one in due if self._registry.told(one.partner, one.published_as)]
        outcomes = self._broker.publish([self._outgoing(one) for one in wanted])
        untold = {
            one.id
            for one, outcome in zip(wanted, outcomes, strict=True)
            if outcome is not PublishOutcome.CONFIRMED
        }  # fmt: skip
        if due:
            self._store.answered([one.id for one in due if one.id not in untold])
        if untold:
            _log.warning("answers_not_taken", messages=len(untold))
        return len(due)

    def _outgoing(self, due: Due) -> Outgoing:
        dead = due.outcome == Progress.DEAD.value
        letter = answers.letter_of(self._store, due.hop, due.message_id) if dead else None
        properties = Properties(
            message_id=answers.answer_id(due),
            correlation_id=due.published_as,
            type=answers.TYPE,
            content_type=answers.CONTENT_TYPE,
        )
        return Outgoing("", answer_queue(due.partner), answers.document(due, letter), properties)
