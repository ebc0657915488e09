"""Refusals in the reader's language: whatever their words are made of, and what is not known stays as it is."""

from pathlib import Path

import pytest

from hub import catalogue
from hub.console.rules import in_words
from hub.console.texts import Texts
from hub.documents import words
from hub.home import Home
from hub.ports.store import End
from hub.support import judges

JA, EN = Texts("ja"), Texts("en")
CONTRACTS = {"valid_from is after valid_to": "valid_from が valid_to より後になっている"}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("is longer than 100 characters", "100文字より長い"),
        ("is not one of 1, 2", "次のどれでもない: 1, 2"),
        ("does not match the pattern of type Kana ([ァ-ヶ]+)", "決められた形（[ァ-ヶ]+）ではない"),
        ("does not match the pattern [0-9]{5}", "決められた形（[0-9]{5}）ではない"),
        ("is not a valid date", "項目の型dateの値として正しくない"),
        ("is not a valid value of its type", "項目の型の値として正しくない"),
        ("is not complete, expected sex", "項目が足りない（sexが必要）"),
        ("an unknown element in line 7, nothing more is expected", "7行に知らない項目がある"),
        ("the attribute version is missing", "属性 version がない"),
        ("not a valid individual_number", "検査数字が合わない（individual_number）"),
        ("valid_from is after valid_to", "valid_from が valid_to より後になっている"),
        ("status 422", "連携先の応答コード 422"),
        (
            "field note/birth_date, line 4: is not a valid date",
            "項目 note/birth_date（4行）: 項目の型dateの値として正しくない",
        ),
        ("field number: not a valid individual_number", "項目 number: 検査数字が合わない（individual_number）"),
        ("line 3, column 9: is too long", "3行 9字目: 長すぎる"),
        ("line 3: something nobody has put in Japanese", "3行: something nobody has put in Japanese"),
        ("it ended here as delivered", "ここではすでに「送信済み」として終わっている"),
        ("order.conflict: " + judges.CONFLICT, "order.conflict: 同じ版が別の内容で送られている"),
        ("hold.protected: it would be held", "hold.protected: 送らずに保留になる"),
        (
            "raised: note.kept v1 → v2",
            "旧版変換をしてから送る（note.kept v1 → v2）",
        ),
        (
            "validate.version: no route takes note.kept version 1 to archive",
            "validate.version: note.kept 第1版を archive へ送る経路がない",
        ),
        (
            "validate.schema: on its way to pmh: field a, line 2: is too long",
            "validate.schema: pmh への送信で 項目 a（2行）: 長すぎる",
        ),
        ("line 1, column 990: it is not well-formed", "1行 990字目: XMLとして正しく閉じていない"),
        ("welfare has no grant for a.b", "welfare が a.b を送る権限は登録されていない"),
        (
            "field a/b carries individual_number, which may not reach tax",
            "項目 a/b: この連携先に渡してはならない番号（individual_number）がある",
        ),
        ("mapping a--b gave up (line 3)", "変換規則 a--b で変換できなかった"),
        ("70 bytes, the limit is 60; its first 10 are kept", "大きさ 70 バイトが上限を超えている"),
        ("the partner's queue takes no more", "the partner's queue takes no more"),
        ("", ""),
    ],
)
def test_a_refusal_is_told_in_japanese_and_in_english_as_it_was_said(said: str, told: str) -> None:
    assert in_words(JA, CONTRACTS, said) == told
    assert in_words(EN, CONTRACTS, said) == said


@pytest.mark.parametrize(
    "rule",
    [*(text.format(5) for text in words._FACETS.values()), *words._RULES.values(), *words._REASONS.values()],
)
def test_every_rule_of_a_schema_has_words(rule: str) -> None:
    assert not in_words(JA, {}, rule).isascii()


@pytest.mark.parametrize("word", [judges.STALE, judges.SENT, judges.BEHIND, judges.RAISED.format("x"), "status 500"])
def test_every_word_of_a_dry_run_has_words(word: str) -> None:
    assert not in_words(JA, {}, word).isascii()


@pytest.mark.parametrize("end", End)
def test_every_end_has_words(end: End) -> None:
    assert not in_words(JA, {}, judges.ENDED.format(end.value)).isascii()


def test_every_rule_of_a_shipped_contract_has_words() -> None:
    shipped = catalogue.read(Home(Path("no-home-of-its-own"))).contracts
    rules = {says: ja for one in shipped.values() for says, ja in one.words.items()}
    assert rules
    assert {says for says, ja in rules.items() if ja.isascii() or in_words(JA, rules, says) != ja} == set()
