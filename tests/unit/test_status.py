"""The status server over HTTP, and checks that are not asked by every probe."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import urllib3

from hub import status
from hub.metrics import Metrics
from hub.status import Check, Remembered, StatusServer


@contextmanager
def served(
    checks: dict[str, Check], waived: tuple[str, ...] = (), refresh: Callable[[], None] = lambda: None
) -> Iterator[Callable[[str], tuple[int, str]]]:
    server = StatusServer("127.0.0.1", 0, Metrics(), checks, refresh, waived)
    server.start()
    pool = urllib3.PoolManager(retries=False, timeout=5.0)

    def get(path: str) -> tuple[int, str]:
        answer = pool.request("GET", f"http://127.0.0.1:{server.port}{path}")
        return answer.status, answer.data.decode()

    try:
        yield get
    finally:
        pool.clear()
        server.close()


def test_ready_when_all_is_well() -> None:
    with served({"store": lambda: None}) as get:
        assert get("/readyz") == (200, "ready\n")
        assert get("/healthz") == (200, "ok\n")


def test_a_failing_check_is_named_with_both_ways_out() -> None:
    with served({"store": lambda: None, "policies": lambda: "p differs; run x", "broker": lambda: "away"}) as get:
        code, text = get("/readyz")

    assert code == 503
    assert text.splitlines() == [
        "policies: p differs; run x",
        "broker: away",
        'not ready; repair this, or let it pass by name in hub.toml: waive = ["policies", "broker"]',
    ]


def test_a_waived_check_may_fail_and_is_told_all_the_same() -> None:
    checks: dict[str, Check] = {"policies": lambda: "p differs", "broker": lambda: None}
    with served(checks, waived=("policies",)) as get:
        assert get("/readyz") == (200, "policies: waived: p differs\nready\n")


def test_health_and_metrics_are_served_while_a_check_fails() -> None:
    refreshed = []
    with served({"store": lambda: "away"}, refresh=lambda: refreshed.append(1)) as get:
        assert get("/healthz")[0] == 200
        assert get("/metrics")[0] == 200
    assert refreshed == [1]


def test_an_unknown_path_says_which_there_are() -> None:
    with served({}) as get:
        assert get("/") == (404, "try /metrics, /healthz or /readyz\n")


# --- Remembered ---


class Asked:
    """A check that counts how often it is asked, and may be slow."""

    def __init__(self) -> None:
        self.answer: str | None = None
        self.count = 0
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self) -> str | None:
        self.count += 1
        self.gate.wait(5.0)
        return self.answer


def await_(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_it_is_asked_once_for_many_probes() -> None:
    asked = Asked()
    check = Remembered(asked, 60.0)
    assert [check() for _ in range(100)] == [None] * 100
    assert asked.count == 1


def test_a_probe_does_not_wait_for_a_slow_answer_once_there_is_one() -> None:
    # Given
    asked = Asked()
    check = Remembered(asked, 0.0)
    check()

    # When the other system has become slow
    asked.gate.clear()
    asked.answer = "differs"
    began = time.monotonic()
    assert check() is None

    # Then
    assert time.monotonic() - began < 1
    asked.gate.set()
    await_(lambda: check() == "differs")


def test_a_problem_is_looked_at_again_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "_AGAIN_SECONDS", 0.0)
    asked = Asked()
    asked.answer = "away"
    check = Remembered(asked, 3600.0)
    assert check() == "away"

    asked.answer = None

    await_(lambda: check() is None)
    count = asked.count
    assert [check() for _ in range(20)] == [None] * 20
    assert asked.count == count
