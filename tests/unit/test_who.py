"""Who is at the keyboard: the account of the process."""

import os
import pwd

import pytest

from hub.cli import who


def test_it_is_the_account_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    assert who.account() == pwd.getpwuid(os.getuid()).pw_name


def test_a_user_without_a_name_as_in_a_container_is_told_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = {entry.pw_uid for entry in pwd.getpwall()}
    free = next(uid for uid in range(20_000, 60_000) if uid not in taken)
    monkeypatch.setattr(os, "getuid", lambda: free)
    assert who.account() == f"uid-{free}"
