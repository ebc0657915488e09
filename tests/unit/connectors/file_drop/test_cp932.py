"""The traps of cp932 (domain text section 6): what would arrive as another text does not leave."""

import pytest

from connectors.file_drop import read_records, write_records
from hub.errors import Refused

SECRET = "極秘"


def written(name: str) -> bytes:
    return write_records([[("mark", "H")], [("mark", "D"), ("name", name)]])


@pytest.mark.parametrize("name", ["髙橋", "山﨑", "\ufa19田", "佐藤　花子", "ヴィクトル", "つゞ", "～", "－", "①"])
def test_what_cp932_has_arrives_as_it_was(name: str) -> None:
    # 髙 and 﨑: strict shift_jis has neither
    assert read_records(written(name)) == [["H"], ["D", name]]


@pytest.mark.parametrize(
    "character",
    [
        "\U00020bb7",  # 𠮷, outside the basic plane
        "鷗",
        "葛\U000e0100",  # with a variation selector
        "\U0010de92",  # private plane 16
        "\U000f0123",  # private plane 15
    ],
)
def test_what_cp932_lacks_is_refused(character: str) -> None:
    with pytest.raises(Refused) as caught:
        written(f"{SECRET}{character}")
    assert caught.value.code == "translate.unencodable"


@pytest.mark.parametrize("character", ["〜", "−", "‖"])
def test_what_cp932_encodes_without_a_word_and_brings_back_as_another_is_refused(character: str) -> None:
    # Given: Python sees nothing wrong
    assert character.encode("cp932").decode("cp932") != character

    with pytest.raises(Refused) as caught:
        written(character)
    assert caught.value.code == "translate.unencodable"


def test_a_citys_own_character_is_refused_though_cp932_has_a_place_for_it() -> None:
    assert "\ue123".encode("cp932").decode("cp932") == "\ue123"

    with pytest.raises(Refused):
        written("\ue123島")


@pytest.mark.parametrize("text", ["a\r\nT,0", "a\nb", "a\tb", "a\x00"])
def test_no_text_makes_a_record_of_its_own(text: str) -> None:
    with pytest.raises(Refused):
        written(text)


@pytest.mark.parametrize("text", ['"', ",", 'a"b,c', ""])
def test_signs_of_csv_are_only_text(text: str) -> None:
    assert read_records(written(text)) == [["H"], ["D", text]]


def test_the_refusal_names_record_and_field_and_never_the_value() -> None:
    with pytest.raises(Refused) as caught:
        written(f"{SECRET}\U00020bb7")
    assert "record 2, field name" in caught.value.detail
    assert SECRET not in str(caught.value)
    assert "\U00020bb7" not in str(caught.value)


def test_wave_dashes_are_read_as_cp932_has_them() -> None:
    # 0x8160 is U+301C in shift_jis and U+FF5E in cp932: a fixed choice, so that both ways agree
    assert read_records(b"D,\x81\x60\x81\x7c\r\n") == [["D", "～－"]]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"D,\x81\xff\r\n", "line 1"),
        (b"H\r\nD,\xfc\x4c\r\n", "line 2"),
        (b"D,\x80\r\n", "control"),
        (b"D,\xa0\r\n", "private"),
        (b"D,\xf0\x40\r\n", "private"),
        (b'D,"a\r\n', "line 1"),
        (b"D,a\nT,0\r\n", "line 1"),
        (b"D,a", "cut short"),
        (b"D,a\r\nT,1", "cut short"),
        ("D,髙橋\r\n".encode(), "line 1"),
    ],
)
def test_what_cannot_be_read_is_refused_by_line(content: bytes, why: str) -> None:
    with pytest.raises(Refused) as caught:
        read_records(content)
    assert caught.value.code == "validate.encoding"
    assert why in caught.value.detail
