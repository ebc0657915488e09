"""An armed step strikes one process once."""

import os
import subprocess
import sys
from pathlib import Path

from hub.sandbox.faults.steps import Steps
from hub.sandbox.process import wait_until

REACH = "import sys; from pathlib import Path; from hub.sandbox.faults.steps import Steps; "
REACH += "Steps(Path(sys.argv[1])).reached('after_commit'); print('went on')"


def reaching(folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", REACH, str(folder)], stdout=subprocess.PIPE, text=True)


def test_a_process_that_comes_to_an_armed_step_is_killed_and_the_next_one_is_not(tmp_path: Path) -> None:
    steps = Steps(tmp_path)
    steps.arm("after_commit", "kill")

    with reaching(tmp_path) as struck:
        assert struck.wait(20) == -9
    with reaching(tmp_path) as spared:
        assert spared.communicate(timeout=20)[0] == "went on\n"

    (hit,) = steps.hits()
    assert (hit.step, hit.action, hit.pid) == ("after_commit", "kill", struck.pid)
    assert steps.hits() == []


def test_a_frozen_one_goes_on_when_it_is_woken(tmp_path: Path) -> None:
    steps = Steps(tmp_path)
    steps.arm("after_commit", "freeze", 60.0)
    with reaching(tmp_path) as struck:
        hits: list[float] = []
        wait_until(lambda: bool(hits.extend(hit.seconds for hit in steps.hits()) or hits), "it was struck", 20)
        assert hits == [60.0]
        stat = Path(f"/proc/{struck.pid}/stat")
        wait_until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", "it stands still", 20)

        os.kill(struck.pid, 18)

        assert struck.communicate(timeout=20)[0] == "went on\n"


def test_a_step_that_is_taken_back_strikes_nobody(tmp_path: Path) -> None:
    steps = Steps(tmp_path)
    steps.arm("after_commit", "kill")

    assert steps.disarm("after_commit")
    steps.reached("after_commit")

    assert not steps.disarm("after_commit")
    assert steps.hits() == []
