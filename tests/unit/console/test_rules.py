"""Rules in the reader's language: whatever the words of a refusal are made of, and what is not known stays as it is."""

import pytest

from hub.console.rules import in_words
from hub.console.texts import Texts
from hub.documents.words import _FACETS

JA, EN = Texts("ja"), Texts("en")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("is longer than 100 characters", "100文字より長い"),
        ("is not one of 1, 2", "次のどれでもない: 1, 2"),
        ("does not match the pattern of type Kana ([ァ-ヶ]+)", "決められた形（[ァ-ヶ]+）ではない"),
        ("does not match the pattern [0-9]{5}", "決められた形（[0-9]{5}）ではない"),
        ("is not a valid date", "項目の型dateの値として正しくない"),
        ("is not a valid value of its type", "項目の型の値として正しくない"),
        ("is not complete, expected sex", "項目が足りない（sexが必要）"),
        ("not a valid individual_number", "検査数字が合わない（individual_number）"),
        ("valid_from is after valid_to", "valid_from is after valid_to"),
    ],
)
def test_a_rule_is_told_in_japanese_and_in_english_as_it_was_said(said: str, words: str) -> None:
    assert in_words(JA, said) == words
    assert in_words(EN, said) == said


def test_every_bound_of_a_schema_but_those_of_digits_has_words() -> None:
    told = {name: in_words(JA, text.format(5)) for name, text in _FACETS.items()}
    assert {name for name, words in told.items() if words.isascii()} == {
        "XsdTotalDigitsFacet",
        "XsdFractionDigitsFacet",
    }
