"""The page of states against the code: no state is missing there, and none is made up."""

import re
from pathlib import Path

from hub.ports.store import End, Progress
from hub.settings import RouteTarget

PAGE = (Path(__file__).parents[2] / "ops/docs/message-states.md").read_text(encoding="utf-8")


def row(name: str) -> set[str]:
    (found,) = re.findall(rf"^\| {name} \| (.*) \|$", PAGE, re.MULTILINE)
    return set(re.findall(r"`([a-z]+)`", found))


def test_the_ends_of_a_message() -> None:
    assert row("ends") == {end.value for end in End}


def test_what_is_in_progress() -> None:
    described = row("in progress") - {"sequence", "holds"}  # the tables' names
    assert described == {progress.value for progress in Progress}


def test_every_state_is_drawn() -> None:
    arrows = re.findall(r"^ *(\w+) --> (\w+)", PAGE, re.MULTILINE)
    drawn = {re.sub(r"(I|D|\d)$", "", state) for arrow in arrows for state in arrow}
    assert {state.value for state in (*End, *Progress)} <= drawn


def test_the_orderings_of_a_route() -> None:
    annotation = RouteTarget.model_fields["ordering"].annotation
    described = set(re.findall(r"^\| `([a-z]+)` \|", PAGE, re.MULTILINE))
    assert described == set(annotation.__args__)  # type: ignore[union-attr]
