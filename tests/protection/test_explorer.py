"""Protection in every order its steps can come in: nothing is disclosed, and nothing lowered, before its time.

What is explored is the hub's own code over a model of the world, see `model.py`. That the exploration would find a
fault is shown with judges that are wrong on purpose.
"""

from dataclasses import replace

import pytest

from hub.ports.fence import Fate, Guard, Judgement, Step
from tests.protection.explorer import Found, explore
from tests.protection.model import DISCLOSES, Judge, World, judged_now, recorded, steps, true_judge


def explored(most_acts: int, judge: Judge = true_judge, restores: bool = False) -> Found[World]:
    return explore(World(), steps(most_acts, judge, restores), lambda world: world.violation)


def test_nothing_leaves_and_nothing_is_lowered_before_its_time() -> None:
    """Letters late, doubled, in any order; a worker that dies; holds; two people; a target whose word comes late."""
    found = explored(6)

    assert found.path is None, f"{found.wrong}: {' → '.join(found.path)}"
    assert found.states > 100_000


def test_nor_with_a_database_restored_from_any_moment() -> None:
    found = explored(3, restores=True)

    assert found.path is None, f"{found.wrong}: {' → '.join(found.path)}"
    assert found.states > 10_000


@pytest.mark.parametrize(
    "aim",
    [
        lambda world: Step.LIFT in recorded(world.acts) and world.out == "sent",
        lambda world: world.truth.protected and world.out == "sent" and Step.RAISE in recorded(world.acts)[:1],
        lambda world: len(world.truth.seen) == 2 and not world.truth.protected,
        lambda world: not world.flag and len(world.notices) == 2,
    ],
    ids=["open again", "let go by two", "raised again, and lifted", "flag set and lowered"],
)
def test_what_is_meant_to_happen_can(aim) -> None:
    found = explore(World(), steps(8), lambda world: "there" if aim(world) else "")

    assert found.wrong == "there"


def looks_when_the_bytes_are_made(world: World, guard: Guard) -> Judgement:
    """The lease does not ask again."""
    passed = guard is DISCLOSES and world.passed
    return replace(true_judge(world, guard), fate=Fate.GO) if passed else true_judge(world, guard)


def believes_a_release(world: World, guard: Guard) -> Judgement:
    """The source's word opens, whatever came before or after it."""
    released = Step.RELEASE in recorded(world.acts)
    return replace(true_judge(world, guard), fate=Fate.GO) if released else true_judge(world, guard)


def forgets_what_was_approved(world: World, guard: Guard) -> Judgement:
    """An approval is good for ever."""
    judged = judged_now(world.acts, guard)
    return replace(judged, fate=Fate.GO) if world.out == "approved" and guard is DISCLOSES else judged


@pytest.mark.parametrize(
    ("judge", "violation", "last"),
    [
        (looks_when_the_bytes_are_made, "disclosed while protected", ("bytes made", "set 1", "leased")),
        (believes_a_release, "disclosed while protected", ("release 2", "leased")),
        (forgets_what_was_approved, "disclosed while protected", ("b lets it go", "leased")),
    ],
)
def test_a_judge_that_is_wrong_is_found_out(judge: Judge, violation: str, last: tuple[str, ...]) -> None:
    found = explored(4, judge)

    assert found.wrong == violation
    assert found.path is not None
    assert set(last) <= set(found.path)
