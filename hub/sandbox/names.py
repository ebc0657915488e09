"""Names for the synthetic city: common ones, and those that break systems (domain text section 6)."""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Name:
    """One part of a name. `kana`: full-width katakana."""

    text: str
    kana: str


SURNAMES = (
    Name("佐藤", "サトウ"),
    Name("鈴木", "スズキ"),
    Name("高橋", "タカハシ"),
    Name("田中", "タナカ"),
    Name("渡辺", "ワタナベ"),
    Name("伊藤", "イトウ"),
    Name("中村", "ナカムラ"),
    Name("小林", "コバヤシ"),
    Name("山本", "ヤマモト"),
    Name("加藤", "カトウ"),
    Name("吉田", "ヨシダ"),
    Name("山田", "ヤマダ"),
    Name("松本", "マツモト"),
    Name("井上", "イノウエ"),
    Name("木村", "キムラ"),
    Name("清水", "シミズ"),
)

# Each holds a character that some normalisation, encoding or length limit on the way would damage.
HARD_SURNAMES = (
    Name("髙橋", "タカハシ"),  # in cp932, not in strict Shift_JIS
    Name("山﨑", "ヤマザキ"),  # U+FA11
    Name("\U00020bb7田", "ヨシダ"),  # outside the basic plane: 𠮷
    Name("葛\U000e0100城", "カツラギ"),  # with a variation selector: two code points, one character
    Name("辻\U000e0101", "ツジ"),
    Name("\ufa19田", "カンダ"),  # compatibility ideograph that NFC would replace
    Name("森鷗", "モリオウ"),  # not in cp932
    Name("\U0010de92野", "ゴウノ"),  # private use, plane 16: 行政事務標準文字 GJ
    Name("\U000f0123川", "ゴウカワ"),  # private use, plane 15
    Name("\ue123島", "ガイジマ"),  # private use of the basic plane: a city's own character
)

# By the code of the sex in the messages.
GIVEN_NAMES = {
    "1": (
        Name("太郎", "タロウ"),
        Name("蓮", "レン"),
        Name("湊", "ミナト"),
        Name("大翔", "ヒロト"),
        Name("悠真", "ユウマ"),
        Name("健一", "ケンイチ"),
        Name("ヴィクトル", "ヴィクトル"),
    ),
    "2": (
        Name("花子", "ハナコ"),
        Name("陽葵", "ヒマリ"),
        Name("凛", "リン"),
        Name("さくら", "サクラ"),
        Name("結菜", "ユイナ"),
        Name("美咲", "ミサキ"),
        Name("つゞ", "ツズ"),
    ),
}


def surname(rng: Random, serial: int) -> Name:
    """Surname of household number `serial`: every second a hard one, in turn, so that a small city has many."""
    if serial % 2:
        return HARD_SURNAMES[serial // 2 % len(HARD_SURNAMES)]
    return rng.choice(SURNAMES)


def given_name(rng: Random, sex: str) -> Name:
    return rng.choice(GIVEN_NAMES[sex])
