"""The shipped configuration as a whole."""

from pathlib import Path

from hub import registry
from hub.home import Home
from hub.lint import lint

HOME = Home(Path(__file__).parent / "no-home")


def test_lint_finds_nothing() -> None:
    assert [str(finding) for finding in lint(HOME)] == []


def test_the_registry_loads() -> None:
    loaded = registry.load(HOME, {})
    assert loaded.connectors
    assert loaded.doors()
