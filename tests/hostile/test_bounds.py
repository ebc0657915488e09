"""What is made to cost much is refused with a code, in a time and a memory that the size of a message bounds.

All of it is read by one process, as a hub would: what it keeps of one message is there at the next.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hub.codes import CODES
from tests.hostile.bombs import MANY_NAMES, bombs

ROOT = Path(__file__).parents[2]
SECONDS = 15.0  # of processor time for one body of the largest size; on a machine with much else to do
MEMORY = 1_000_000_000  # bytes for all, one after another; the bombs themselves are a part of it
NAMES = [f"names {number}" for number in range(MANY_NAMES)]
REFUSED = [name for name, _reader, _body in bombs() if name not in NAMES]


@pytest.fixture(scope="module")
def told() -> dict[str, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile.bombs"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr[-2000:]  # it is alive at the end
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["name"]: line for line in lines}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bomb_is_refused_with_a_code_in_bounded_time(told: dict[str, dict[str, Any]], name: str) -> None:
    one = told[name]

    # an answer that can be read goes on to the checks of the hub, as a document does
    assert one["code"] in CODES or (one["code"] == "" and name.startswith("answer: "))
    assert one["seconds"] < SECONDS
    assert one["rss"] < MEMORY


def test_names_that_nobody_agreed_on_are_not_kept(told: dict[str, dict[str, Any]]) -> None:
    """A process that has read hundreds of megabytes of element names has not grown by them."""
    half = MANY_NAMES // 2

    assert {told[name]["code"] for name in NAMES} == {"validate.schema"}
    assert told[NAMES[-1]]["rss"] - told[NAMES[half]]["rss"] < 30_000_000
