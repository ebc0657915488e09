"""JSON both ways is strict, and no error tells a value."""

import pytest
from pydantic import Field

from connectors.http.json import JsonModel, model_of, read
from hub.errors import Refused

SECRET = "621498320257"


class Child(JsonModel):
    name: str


class Parent(JsonModel):
    number: str
    flag: bool
    children: list[Child] = Field(default_factory=list)


def test_an_answer_is_read() -> None:
    found = read('{"number": "1", "flag": true, "children": [{"name": "葛󠄀城 \U00100001"}]}'.encode(), Parent)
    assert found == Parent(number="1", flag=True, children=[Child(name="葛󠄀城 \U00100001")])


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<broken",
        b'{"number": "1", "flag": true',
        b'{"number": "1", "flag": true} {}',
        b'{"number": "1", "flag": true, "number": "621498320257"}',
        b'{"number": "1", "flag": true, "children": [{"name": "a", "name": "621498320257"}]}',
        b'{"number": NaN, "flag": true}',
        b'{"number": Infinity, "flag": true}',
        b'{"number": -Infinity, "flag": true}',
        b'{"number": "\xff", "flag": true}',
        b'{"number": "\\ud800", "flag": true}',
        "{\"number\": \"1\", \"flag\": true}".encode("utf-16"),
        b"[" * 100_000,
        b'{"number": ' + b"9" * 5000 + b', "flag": true}',
        b'{"number": 621498320257, "flag": true}',
        b'{"number": "1", "flag": "true"}',
        b'{"number": "1", "flag": 1}',
        b'{"number": "1"}',
        b'{"number": null, "flag": true}',
        b'{"number": "1", "flag": true, "621498320257": "x"}',
        b'{"number": "1", "flag": true, "children": [{"name": "a", "621498320257": "x"}]}',
        b'[{"number": "1", "flag": true}]',
        b'"621498320257"',
    ],
)  # fmt: skip
def test_anything_else_is_refused_without_a_value(answer: bytes) -> None:
    with pytest.raises(Refused) as caught:
        read(answer, Parent)
    assert caught.value.code == "reply.invalid"
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None  # pydantic's own error quotes its input
    assert caught.value.__suppress_context__


def test_the_refusal_names_the_agreed_member_and_the_rule() -> None:
    with pytest.raises(Refused) as caught:
        read(b'{"number": "1", "flag": true, "children": [{"name": 1}, {"name": "a", "b": 1}]}', Parent)
    assert caught.value.detail == "children.0.name: string_type; children.1: extra_forbidden"


def test_what_cannot_be_sent_is_refused_as_a_fault_of_the_mapping() -> None:
    with pytest.raises(Refused) as caught:
        model_of(Parent, {"number": "1", "flag": SECRET})
    assert caught.value.code == "translate.output"
    assert SECRET not in str(caught.value)
