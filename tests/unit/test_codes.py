"""Every code has a whole card, and no code is used that has none."""

import re
from pathlib import Path

import pytest

from hub.codes import CODES, effect

ROOT = Path(__file__).parents[2]
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
# as an argument of an error: Refused("a.b", …)
USED = re.compile(
    r'\b(?:Refused|Retryable|Unavailable|InDoubt|Late|Objection|RenkeiError|Bug)\(\s*"([a-z_]+\.[a-z_]+)"'
)


@pytest.mark.parametrize("code", CODES)
def test_a_card_says_what_happened_to_what_who_acts_and_what_is_next_in_both_languages(code: str) -> None:
    card = CODES[code]
    what, what_ja = effect(code)
    for english in (card.title, card.next_step, what):
        assert re.search(r"[A-Za-z]{3}", english)
        assert len(english) > 10
    for japanese in (card.title_ja, card.next_step_ja, what_ja):
        assert JAPANESE.search(japanese)
    assert card.actor in ("sender", "support", "operator", "partner", "developer")
    assert re.fullmatch(r"[a-z_]+\.[a-z_]+", code)


def test_every_code_that_is_raised_has_a_card() -> None:
    sources = [file for folder in ("hub", "connectors") for file in (ROOT / folder).rglob("*.py")]
    used = {code for file in sources for code in USED.findall(file.read_text(encoding="utf-8"))}
    assert len(used) > 30
    assert used <= set(CODES)
