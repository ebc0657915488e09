"""The demo has an installation of its own, whatever the environment points to."""

from __future__ import annotations

import os

import pytest

from hub.sandbox.scene import apart


def test_another_installation_is_out_of_sight_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    theirs = {"RENKEI_AMQP_URL": "amqp://theirs", "RENKEI_STORE_URL": "sqlite://", "RENKEI_URL_PMH": "http://pmh"}
    for name, value in theirs.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("RENKEI_RABBITMQ_SERVER", "/somewhere")

    # When
    with apart() as taken:
        # Then
        assert {name: taken[name] for name in theirs} == theirs
        assert not theirs.keys() & os.environ.keys()
        assert os.environ["RENKEI_RABBITMQ_SERVER"] == "/somewhere"
    assert {name: os.environ[name] for name in theirs} == theirs
