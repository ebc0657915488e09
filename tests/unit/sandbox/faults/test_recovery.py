"""Recovery is counted from the end of a fault to what a partner wrote down next."""

import pytest

from hub.sandbox.faults import recovery
from hub.sandbox.faults.recovery import Stopwatch


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Stopwatch:
    """Faults end at 100 (everywhere) and at 105 (at pmh)."""
    made = Stopwatch()
    for at, kind, partner in ((100.0, "kill.broker", ""), (105.0, "cut.partner", "pmh")):
        monkeypatch.setattr(recovery.time, "time", lambda at=at: at)
        made.over(kind, partner)
    return made


def test_the_longest_wait_for_an_effect_counts(watch: Stopwatch) -> None:
    found = watch.longest({"welfare": [99.0, 103.0, 106.0], "pmh": [104.0, 107.0]})

    assert (found.kind, found.seconds) == ("kill.broker", 3.0)


def test_a_fault_at_one_partner_is_over_when_that_partner_acts(watch: Stopwatch) -> None:
    found = watch.longest({"welfare": [101.0, 106.0], "pmh": [112.0]})

    assert (found.kind, found.seconds) == ("cut.partner", 7.0)


def test_after_the_last_effect_nothing_is_waited_for(watch: Stopwatch) -> None:
    assert watch.longest({"welfare": [99.0]}).seconds == 0
