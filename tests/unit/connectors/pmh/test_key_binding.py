"""The key of a number for PMH: these two members and nothing else (R2)."""

import pytest

from connectors.pmh import key_binding
from hub.errors import Refused

DOCUMENT = (
    '<keyBinding xmlns="urn:renkei:pmh.key_binding:v1"><pmhKey> {} </pmhKey><myNumber>{}</myNumber>{}</keyBinding>'
)


def test_a_binding_is_an_object_of_two_members() -> None:
    content = key_binding.encode(DOCUMENT.format("K000000000000101", "621498320257", "").encode())
    assert content == b'{"pmhKey":"K000000000000101","myNumber":"621498320257"}'


@pytest.mark.parametrize(
    ("key", "number", "more"),
    [
        ("k", "621498320257", ""),
        ("K000000000000101", "62149832025", ""),
        ("K000000000000101", "621498320257", "<a>x</a>"),
    ],
)
def test_anything_else_is_refused_without_a_value(key: str, number: str, more: str) -> None:
    with pytest.raises(Refused) as caught:
        key_binding.encode(DOCUMENT.format(key, number, more).encode())
    assert caught.value.code == "translate.output"
    assert number not in str(caught.value)
