"""Protection in any order of its events, against the whole hub: workers, broker, store, holds, replays.

Letters that come late and again, people who ask, approve, review and refuse, a target whose word comes at any time, a
partner that fails before and after it has acted, a hub that stops and starts, a registry that cannot be read. What
people did is kept apart (`tests.protection.model.Truth`), and every send is judged by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from hub import fence as rules
from hub.errors import InDoubt, Refused, Retryable, StoreUnavailable
from hub.message import output_id
from hub.ports.fence import Guard, Judgement, NewAct, Step
from hub.ports.holds import HoldState
from hub.ports.persons import PersonRef
from hub.ports.store import DeadFilter
from hub.stages import protect
from hub.support import fences, holds
from hub.support.reconcile import reconcile
from hub.support.replay import replay
from hub.worker.fence_watch import remember
from tests.engine import Engine, failing, note, on_rabbit
from tests.nodes import RabbitServer, new_vhost
from tests.protection.model import LETTERS, TARGET, Truth

EXAMPLES, STEPS = 8, 40
PERSON, OTHER = 1, 2
FAILURES = {
    "once, before it acts": (Retryable("deliver.error", "x"), 1),
    "once, in doubt": (InDoubt("deliver.in_doubt", "x"), 1),
    "until the message is dead": (Retryable("deliver.error", "x"), 3),
}
# as often as it takes for one of them to meet the others
EVENTS = (
    *[("published_one",)] * 4,
    *[("hears", letter) for letter in sorted(LETTERS)],
    *[(name, who) for name in ("asks", "reviews") for who in "aab"],
    *[(name, who) for name in ("approves", "lets_go") for who in "abbb"],
    ("target_says", "held"),
    *[("target_says", "let go")] * 2,
    ("refuses",),
    *[("pauses_or_goes_on",)] * 2,
    *[("partner_fails", how) for how in FAILURES],
    ("replays",),
    ("starts_anew",),
    ("registry_cannot_be_read",),
)
Make = Callable[[Path], Engine]
JUDGE = rules.judge


def disclosing(root: Path) -> None:
    """The archive is outside the city."""
    edge = root / "config/edges/archive.toml"
    edge.write_text(edge.read_text(encoding="utf-8").replace('"internal"', '"discloses"'), encoding="utf-8")


class Protection(RuleBasedStateMachine):
    """Every rule begins and ends at rest, so that what a send was allowed by is beyond doubt."""

    make: Make  # given by the test

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()
        self.engine = self.make(Path(self._folder.name) / "home")
        self.store, self.archive = self.engine.app.store, self.engine.archive
        self.person = PersonRef("subject", (self.engine.app.sealer.alias(rules.ANCHOR, f"{PERSON:015d}"),))
        self.measure = rules.measure_of(NewAct(Step.RAISE, "welfare", self.person, "", "welfare", 0))
        self.hub: Any = SimpleNamespace(
            fences=self.store, remember=self._remember, registry=SimpleNamespace(fence_targets=frozenset({TARGET}))
        )
        self.truth, self.published, self.judged = Truth(), 0, 0
        self.paused = False
        self.about: set[str] = set()  # the messages about the person, as they leave
        self.looked: dict[str, tuple[int, str]] = {}  # message → acts there were when it was reviewed, and by whom
        self.agreed: dict[str, int] = {}  # message → acts there were when two people had agreed
        self.engine.run()

    def teardown(self) -> None:
        """Whatever is left goes its way, and nothing was lost."""
        if self.paused:
            self.pauses_or_goes_on()
        assert reconcile(self.store, self.engine.app.broker, self.engine.app.topology).matches
        self.engine.close()
        self._folder.cleanup()

    @rule(event=st.sampled_from(EVENTS))
    def happens(self, event: tuple[str, ...]) -> None:
        """One rule, as hypothesis plays only some of many in each run, and here one needs the other."""
        name, *about = event
        getattr(self, name)(*about)

    def published_one(self) -> None:
        with self._judging():
            self._publish()

    def hears(self, letter: str) -> None:
        with self._judging(letter):
            protect._measured([LETTERS[letter]], [self.person], self.hub)

    def asks(self, who: str) -> None:
        self._decides(f"{who} asks", lambda: fences.request_lift(self.store, self.measure, who, "over", 0))

    def approves(self, who: str) -> None:
        self._decides(f"{who} approves", lambda: fences.approve_lift(self.store, self.measure, who, 72))

    def target_says(self, what: str) -> None:
        with self._judging("target"):
            protect._confirmed(TARGET, what == "held", [self.person], (), self.hub)

    def reviews(self, who: str) -> None:
        for hold in self.store.holds([HoldState.OPEN])[:1]:
            holds.review(self.store, self.engine.app.bench.hub, hold.id, who, "they may know")
            self.looked[hold.message_id] = (self._acts(), who)

    def lets_go(self, who: str) -> None:
        app = self.engine.app
        for hold in self.store.holds([HoldState.REVIEWED, HoldState.OPEN])[:1]:
            acts, before = self.looked.get(hold.message_id, (-1, who))
            if who != before:
                self.agreed[hold.message_id] = acts
            with self._judging():
                try:
                    holds.approve(app.bench, hold.id, who, "agreed")
                except Refused as refused:
                    assert refused.code in ("hold.state", "hold.same_person")
                    self.agreed.pop(hold.message_id, None)

    def refuses(self) -> None:
        for hold in self.store.holds([HoldState.OPEN])[:1]:
            holds.refuse(self.store, hold.id, "a", "not theirs to know")

    def pauses_or_goes_on(self) -> None:
        """What is queued meanwhile meets whatever was decided since."""
        with self._judging():
            self.paused = not self.paused
            self.store.set_paused("archive", "for the test" if self.paused else None)

    def partner_fails(self, how: str) -> None:
        """Then it works again, for somebody else: failures in a row would open its circuit."""
        with self._judging():
            self.archive.behaviour = failing(*FAILURES[how])
            self._publish()
        with self._judging():
            self._publish(OTHER)

    def replays(self) -> None:
        app = self.engine.app
        for letter in self.store.dead_letters(DeadFilter())[:1]:
            with self._judging():
                self.archive.behaviour = failing(Retryable("deliver.error", "x"), 0)
                replay(app.store, app.broker, app.sealer, letter.id, "a", "healed")

    def starts_anew(self) -> None:
        with self._judging():
            assert self.engine.stop() == 0
            self.engine.run()

    def registry_cannot_be_read(self) -> None:
        """Published meanwhile: nothing leaves before it can be read again."""
        asked: list[int] = []

        def away(*_requests: object) -> Any:
            asked.append(1)
            raise StoreUnavailable("for the test")

        with self._judging(), pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.store, "open_leases", away)
            before = len(self.archive.sends)
            self._publish()
            if not self.paused:
                self.engine.await_(lambda: asked, "it was tried")
            assert len(self.archive.sends) == before

    def _publish(self, number: int = PERSON) -> None:
        self.published += 1
        body = note(number, self.published)
        if number == OTHER:
            self.engine.publish(body.replace(b"123456789018", b"983205673214"))
        else:
            self.about.add(output_id("141305", "office", self.engine.publish(body), "note", "archive"))

    def _decides(self, what: str, act: Callable[[], None]) -> None:
        with self._judging(what):
            try:
                act()
            except Refused as refused:
                assert refused.code.startswith("registry.")
                return
        self._remember()

    @contextmanager
    def _judging(self, what: str = "") -> Iterator[None]:
        """Around whatever may let something out; `what` people have done by it."""
        before, acts = self.truth, self._acts()
        yield
        if what and self._acts() > acts:
            steps = [act.step for act in self.store.acts()][acts:]
            self.truth = self.truth.after(what, steps)
        self.engine.await_(self._at_rest, "at rest")
        sends, self.judged = self.archive.sends[self.judged :], len(self.archive.sends)
        if before.protected and self.truth.protected:
            for message_id in self.about.intersection(sends):
                assert self.agreed.get(message_id) == self._acts(), "disclosed while protected"

    def _at_rest(self) -> bool:
        app = self.engine.app
        found = reconcile(self.store, app.broker, app.topology)
        taken = sum(each.balance.accepted for each in found.accounts if each.balance.hop == "intake.office")
        return taken == self.published and (self.paused or (found.matches and not found.queued))

    def _acts(self) -> int:
        return len(self.store.acts())

    def _remember(self, *_at: object) -> None:
        state = self.store.fence_state()
        assert state is not None
        remember(self.engine.app.home.fence_position, self.store, state.at)


def played(make: Make, examples: int, steps: int) -> None:
    """A failure is not made smaller: that would take as long as it takes to come to rest, many times."""
    chosen = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck),
        database=None, phases=[Phase.generate], derandomize=True,
    )  # fmt: skip
    run_state_machine_as_test(machine_of(make), settings=chosen)


def machine_of(make: Make) -> type[Protection]:
    """`make` gives an engine in a folder."""
    return type("Played", (Protection,), {"make": staticmethod(make)})


@pytest.mark.slow
def test_nothing_about_a_protected_person_leaves_in_any_order_of_events(monkeypatch: pytest.MonkeyPatch) -> None:
    played(lambda root: Engine(root, monkeypatch, prepare=disclosing), EXAMPLES, STEPS)


@pytest.mark.slow
def test_nor_with_rabbitmq(rabbit: RabbitServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with ExitStack() as vhosts:

        def make(root: Path) -> Engine:
            vhost = vhosts.enter_context(new_vhost(rabbit))
            return on_rabbit(vhost, root, monkeypatch, disclosing)

        played(make, EXAMPLES // 2, STEPS)


def believes_a_release(guard: Guard, known: Sequence[bool], about: Sequence[rules.Standing], now: int) -> Judgement:
    """Where the source's word opens."""
    return JUDGE(guard, known, [one for one in about if one.released is None], now)


def test_a_hub_that_is_wrong_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """One way through the rules, as the exploration comes upon them."""
    monkeypatch.setattr(rules, "judge", believes_a_release)
    machine = machine_of(lambda root: Engine(root, monkeypatch, prepare=disclosing))()
    machine.hears("set 1")
    machine.published_one()
    machine.hears("release 2")
    with pytest.raises(AssertionError, match="disclosed while protected"):
        machine.published_one()
    machine.teardown()
