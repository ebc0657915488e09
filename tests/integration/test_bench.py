"""The bench with small counts: that every figure has the right outcome behind it, and the form of the result.

No time is asserted. What the bench itself asserts, that nothing was lost and nothing came twice, ends it otherwise.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "ops/bench"


def _run(*groups: str) -> dict[str, object]:
    command = [sys.executable, str(BENCH / "main.py"), "--quick", "--json", "--only", *groups]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def result() -> dict[str, object]:
    return _run("memory", "dead_letters", "start")


def test_the_result_names_machine_versions_and_command_and_no_host(result: dict[str, object]) -> None:
    assert result["command"] == "ops/bench/run --quick --only memory dead_letters start"
    assert "cores" in str(result["machine"])
    assert {"python", "rabbitmq", "pika", "lxml"} <= set(result["versions"])  # type: ignore[call-overload]
    assert Path("/proc/sys/kernel/hostname").read_text().strip() not in json.dumps(result)


def test_each_row_has_its_goal_and_whether_it_is_met(result: dict[str, object]) -> None:
    rows = result["rows"]
    assert isinstance(rows, list)
    assert [row["unit"] for row in rows] == ["ratio", "bytes", "bytes", "ms", "ms", "s"]
    for row in rows:
        if row["goal"]:
            sign, goal = row["goal"].split()
            met = row["measured"] >= float(goal) if sign == "≥" else row["measured"] <= float(goal)
            assert row["pass"] is met
        else:
            assert row["pass"] is None


def test_the_table_replaces_the_one_before_and_nothing_around_it(
    result: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(BENCH)
    import report  # type: ignore[import-not-found]

    page = tmp_path / "performance.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    monkeypatch.setattr(report, "DOCS", tmp_path)
    report.write(result)
    report.write(result)
    text = page.read_text()
    assert text.startswith(f"before\n{report.BEGIN}\n")
    assert text.endswith(f"{report.END}\nafter\n")
    assert "old" not in text
    assert text.count("start of a worker to its first message") == 1
    assert json.loads((tmp_path / "performance.json").read_text()) == result
