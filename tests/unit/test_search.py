"""A person's number becomes hashes: as it is typed, whatever its width, and no error repeats it."""

from typing import Any, cast

import pytest

from hub.errors import Refused
from hub.registry import Registry
from hub.seal import Sealer
from hub.support.search import hashes


class Contracts:
    """Two kinds of numbers."""

    def alias_kinds(self) -> frozenset[str]:
        return frozenset({"addressee_number", "individual_number"})


SEALER = Sealer(b"k" * 32, cast(Any, None))
REGISTRY = cast(Registry, Contracts())
EXPECTED = tuple(SEALER.alias(kind, "000000000000123").hash for kind in ("addressee_number", "individual_number"))


@pytest.mark.rule("R10")
@pytest.mark.parametrize(
    "typed",
    ["000000000000123", "000000000000123\n", "０００００００００００0123", " 0000-0000-0000-123 ", "0000　00000000123"],
)
def test_one_number_is_every_kind_of_alias(typed: str) -> None:
    assert hashes(SEALER, REGISTRY, typed) == EXPECTED


@pytest.mark.rule("R10")
@pytest.mark.parametrize(
    "typed", ["", "\n", "川崎 花子", "123;456", "1" * 65, "00000000000%", "0000*", "000000000000123,000000000000124"]
)
def test_anything_else_is_refused_without_repeating_it(typed: str) -> None:
    with pytest.raises(Refused, match=r"search\.number") as refused:
        hashes(SEALER, REGISTRY, typed)
    assert not typed.strip() or typed.strip() not in str(refused.value)
