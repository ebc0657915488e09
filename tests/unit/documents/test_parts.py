"""R25, R27: items that people withhold leave without their value, with the reason; the rest leaves as it was."""

from pathlib import Path

import pytest

from hub.documents import Contract, parse
from hub.errors import Refused

FOLDER = Path(__file__).parents[3] / "schemas/intermediate_server.provision_answer/v1"
CONTRACT = Contract.load(FOLDER)
ANSWER = parse((FOLDER / "valid/provided.xml").read_bytes(), 10_000)
assert CONTRACT.parts is not None
PARTS = CONTRACT.parts


def test_the_items_are_named_in_their_order() -> None:
    assert PARTS.codes(ANSWER) == ["ZEI001", "ZEI002"]


@pytest.mark.rule("R25")
@pytest.mark.parametrize("codes", [["ZEI001"], ["ZEI002"], ["ZEI001", "ZEI002"]])
def test_a_withheld_item_keeps_its_code_and_loses_what_it_said(codes: list[str]) -> None:
    left = PARTS.without(ANSWER, codes)

    text = left.serialise()
    CONTRACT.validate(left)
    assert PARTS.codes(left) == PARTS.codes(ANSWER)
    assert text.count(b"<ReasonOfNull>NotDisclosed</ReasonOfNull>") == len(codes)
    assert (b"3500" in text) == ("ZEI001" not in codes)
    assert (b"NotAcceptable" in text) == ("ZEI002" not in codes)
    assert b"3500" in ANSWER.serialise()  # which is not changed itself


def test_an_item_it_does_not_have_is_refused() -> None:
    with pytest.raises(Refused, match=r"hold\.part: it has no item ZEI009"):
        PARTS.without(ANSWER, ["ZEI001", "ZEI009"])
