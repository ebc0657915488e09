"""The demo: traffic of every flow through a hub whose partners fail, what died replayed, and a judge who asks the
partners.

    wave -1  what must be in place before that
    wave 0   what must be in place before anything fails
    wave 1   in rounds; in each, every partner fails in another way, and in one the delivery process is killed; what
             died and keeps others of its record waiting is replayed after each
    heal     the partners work again; what died of them is replayed
    wave 2   what must change nothing any more, or only now: stale states, repeated numbers, deletions
    decide   two persons lift the protections their sources have released, and decide on what is held
    wave 3   what stops at a partner that lacks something, and what waits behind it
    wave 4   what was wanting; what stopped is replayed, and what waited goes on
    judge    from the partners' ledgers and the sender's list; the hub's journal only explains

Waiting is for rest: nothing under way. What does not come to rest in time is said, and judged all the same.
"""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from hub.sandbox import judging
from hub.sandbox.chaos import DEADLY, Chaos
from hub.sandbox.city import City
from hub.sandbox.decisions import decide
from hub.sandbox.flow import Flow, Sending
from hub.sandbox.flows import without_queues
from hub.sandbox.letter_check import on_the_way
from hub.sandbox.process import wait_until
from hub.sandbox.report import Expectation, Report
from hub.sandbox.scene import Scene
from hub.sandbox.waves import by_partner, rounds

SEED = 1
STILL_SECONDS = 90.0  # in which nothing moves; an open circuit is tried again after a minute at the latest
REST_SECONDS = 900.0  # for each round, however many messages it has
FLIGHT_SECONDS = 30.0
LEAST_CITY, PERSONS_PER_MESSAGE = 500, 6
MEMORY_NOTE = (
    "IN-PROCESS BROKER: there was no RabbitMQ in this run. Nothing survives a restart, and no crash was injected."
)
NO_QUEUES = "No partner could be reached over a queue: of F9 only the lists were sent, and no single inquiry."
Progress = Callable[[str, float], None]  # what is being done, and the share of the run that is behind


def wait_for_rest(look: Callable[[], list[str]]) -> None:
    """Until `look` tells of nothing any more. Each look reads all there is so far, so between two of them there is
    four times as long as the last one took: looking takes a fifth of a processor at most, however large the run.

    Raises TimeoutError that says what is not at rest.
    """
    started = moved = time.monotonic()
    before: list[str] = []
    pause = 0.01
    while True:
        began = time.monotonic()
        unrest = look()
        if not unrest:
            return
        now = time.monotonic()
        if unrest != before:
            before, moved = unrest, now
        if now - moved >= STILL_SECONDS or now - started >= REST_SECONDS:
            raise TimeoutError(f"not at rest after {now - started:.0f} s: {', '.join(unrest)}")
        pause = min(pause * 1.5, 0.2)
        time.sleep(max(pause, 4 * (now - began)))


@dataclass
class Run:
    """One run on a scene that is set up.

    `messages`: about so many per flow; `started`: by the monotonic clock, before setting up.
    """

    scene: Scene
    flows: Sequence[Flow]
    messages: int
    progress: Progress
    started: float
    _sent: list[Sending] = field(default_factory=list)
    _crash: list[Expectation] = field(default_factory=list)
    _decided: list[Expectation] = field(default_factory=list)
    _left_out: tuple[str, ...] = ()

    def play(self) -> Report:
        """Send, break, heal, replay, judge."""
        if not self.scene.broker.survives:
            fewer = without_queues(self.flows)
            self._left_out = () if fewer == list(self.flows) else (NO_QUEUES,)
            self.flows = fewer
        city = City(SEED, max(LEAST_CITY, PERSONS_PER_MESSAGE * self.messages))
        sendings = [each for flow in self.flows for each in flow.messages(city, self.messages)]
        unrest = self._waves(sendings)
        self.progress("judging", 0.97)
        expectations = [
            Expectation("the hub came to rest after every round", not unrest, unrest),
            *self._crash,
            *self._decided,
        ]
        survives = self.scene.broker.survives
        return judging.report(
            self.scene,
            self.flows,
            self._sent,
            expectations,
            time.monotonic() - self.started,
            () if survives else (MEMORY_NOTE, *self._left_out),
        )

    def _waves(self, sendings: Sequence[Sending]) -> str:
        """All that is sent. Returns what did not come to rest, at which the sending ends."""
        chaos = Chaos(self.scene.partners)
        crash_at = chaos.rounds // 2
        slices = rounds([each for each in sendings if each.wave == 1], chaos.rounds + 1)
        for partner, key, content in (book for each in sendings for book in each.books):
            self.scene.partners[partner].lay_out(key, content)
        try:
            self._calm_wave(sendings, -1)
            self._calm_wave(sendings, 0)
            for number, part in enumerate(slices):
                done = number / (len(slices) + 2)
                if number == crash_at:
                    self._crash_round(chaos, part, done)
                else:
                    self.progress(f"round {number + 1} of {len(slices)}: partners fail", done)
                    chaos.strike(number - (number > crash_at))
                    self._publish(part)
                self._rest()
                self._unblock()
            chaos.heal()
            self.progress("partners healed: replaying what died", 0.88)
            self._replay(DEADLY)
            self._rest()
            self.progress("second wave: stale states, repeated numbers, deletions", 0.92)
            self.scene.hub.protect([each.protects for each in sendings if each.protects])
            self._calm_wave(sendings, 2)
            self._decided = decide(self.scene, sendings, self._rest)
            if stopped := frozenset(each.code for each in sendings if each.fate == "stopped"):
                self.progress("third wave: what stops, what it lacks, and what goes on after that", 0.94)
                self._calm_wave(sendings, 3)
                self._calm_wave(sendings, 4)
                self._replay(stopped)
                self._rest()
        except TimeoutError as error:
            return str(error)
        return ""

    def _calm_wave(self, sendings: Sequence[Sending], wave: int) -> None:
        """All at once, to partners that work."""
        (part,) = rounds([each for each in sendings if each.wave == wave], 1)
        self._publish(part)
        self._rest()

    def _crash_round(self, chaos: Chaos, part: Sequence[Sending], done: float) -> None:
        """Kill the delivery process while it is sending."""
        chaos.slow_down()
        self._publish(part)
        if self.scene.broker.survives:
            self.progress("the delivery process is killed while it sends", done)
            hub = self.scene.hub
            wait_until(lambda: hub.in_flight() > 0, "messages are being sent", FLIGHT_SECONDS)
            in_flight = hub.crash()
            text = f"the delivery process was killed while it was sending ({in_flight} messages in flight)"
            self._crash.append(Expectation(text, in_flight > 0, "" if in_flight else "nothing was in flight"))
        chaos.heal()

    def _publish(self, part: Sequence[Sending]) -> None:
        self._sent += part
        for each in part:
            if each.tray:
                self.scene.partners[each.partner].lay_out(each.tray, each.publication.body)
        for partner, publications in by_partner(each for each in part if not each.tray).items():
            self.scene.hub.publish(partner, publications)

    def _unblock(self) -> None:
        """Staff do not let a record wait for the end of the day."""
        hub = self.scene.hub
        if blocked := hub.blocked():
            letters = [each for each in hub.dead_letters() if each.hop in blocked and each.state == "open"]
            hub.replay(each for each in letters if each.code in DEADLY)
            self._rest()

    def _replay(self, codes: Collection[str]) -> None:
        """Replay what died on its way to a partner with one of these codes."""
        hub = self.scene.hub
        hub.replay(letter for letter in hub.dead_letters() if on_the_way(letter, codes) and letter.state == "open")

    def _rest(self) -> None:
        """Raises TimeoutError that says what is not at rest."""
        published = [(each.partner, each.publication.message_id) for each in self._sent if not each.tray]
        # what is laid out twice before it is fetched is fetched once
        fetched = {(each.partner, each.publication.message_id) for each in self._sent if each.tray}
        trays = {each.partner for each in self._sent if each.tray}

        def look() -> list[str]:
            left = {name: len(self.scene.partners[name].laid_out()) for name in trays}
            unrest = [f"{count} laid out at {name}" for name, count in left.items() if count]
            return unrest or self.scene.hub.unrest([*published, *fetched, *self._answers()])

        wait_for_rest(look)

    def _answers(self) -> list[tuple[str, str]]:
        """What partners send of their own by now: none for a message that did not reach them, or waits for a person."""
        if not any(each.answers for each in self._sent):
            return []
        dead = {letter.correlation_id for letter in self.scene.hub.dead_letters() if letter.state == "open"}
        return [one for each in self._sent if each.publication.message_id not in dead for one in each.answers]
