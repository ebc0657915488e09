"""Processes announce themselves to Prometheus, and what a killed one leaves goes when another comes up."""

import json
import os
import subprocess
import sys
from pathlib import Path

from hub.targets import announced


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_a_process_is_announced_as_long_as_it_runs(tmp_path: Path) -> None:
    folder = tmp_path / "targets"
    with announced(folder, "127.0.0.1", 9464, "delivery"):
        (name,) = files(folder)
        (group,) = json.loads((folder / name).read_text())
        assert group["targets"] == ["127.0.0.1:9464"]
        assert group["labels"]["role"] == "delivery"
        assert group["labels"]["__meta_renkei_pid"] == str(os.getpid())
    assert files(folder) == []


def test_prometheus_may_read_it_under_another_user(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        with announced(tmp_path / "targets", "127.0.0.1", 9464, "all"):
            (name,) = files(tmp_path / "targets")
            assert [(tmp_path / "targets" / each).stat().st_mode & 0o777 for each in ("", name)] == [0o755, 0o644]
    finally:
        os.umask(before)


def test_one_that_listens_everywhere_is_announced_by_its_host(tmp_path: Path) -> None:
    with announced(tmp_path, "::", 9464, "all"):
        (name,) = files(tmp_path)
        (group,) = json.loads((tmp_path / name).read_text())
    assert group["targets"] == [f"{group['labels']['__meta_renkei_host']}:9464"]


def test_what_a_killed_process_left_stays_until_another_comes_up(tmp_path: Path) -> None:
    # Given: one process that was killed, one that lives
    program = (
        "import os, sys; from pathlib import Path; from hub.targets import announced\n"
        "with announced(Path(sys.argv[1]), '127.0.0.1', 9001, 'intake'): os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False, timeout=60)
    (left,) = files(tmp_path)

    with announced(tmp_path, "127.0.0.1", 9002, "intake"):
        # Then
        (alive,) = files(tmp_path)
        assert alive != left
        with announced(tmp_path, "127.0.0.1", 9003, "intake"):
            assert len(files(tmp_path)) == 2


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    others = {
        "theirs.json": "[]",
        "broken.json": "{",
        "other.json": json.dumps([{"labels": {"host": "x", "pid": "1"}}]),
    }
    for name, text in others.items():
        (tmp_path / name).write_text(text)
    with announced(tmp_path, "127.0.0.1", 9464, "all"):
        assert set(others) < set(files(tmp_path))


def test_a_folder_that_cannot_be_made_stops_no_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with announced(tmp_path / "file" / "targets", "127.0.0.1", 9464, "all"):
        pass
