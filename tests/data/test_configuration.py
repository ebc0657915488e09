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


def test_only_systems_of_the_city_hear_what_became_of_their_messages() -> None:
    """What "in review" says to a body outside, R23 keeps from it."""
    loaded = registry.load(HOME, {})
    hear = {name for name, partner in loaded.partners.items() if partner.answers}
    assert hear == {"application_management", "resident_registry", "tax", "welfare"}
    assert {loaded.edge(name).kind for name in hear if name in loaded.connectors} == {"internal"}
