"""Fields by the names people use, and a document with other values at them."""

import pytest

from hub.documents import parse
from hub.documents.leaves import leaves, with_values
from hub.errors import Refused

BODY = (
    '<m:list xmlns:m="urn:x" kind="a"><m:item><m:name>𠮷田</m:name></m:item><m:item code="2"><m:name/></m:item>'
    "<m:end>1</m:end></m:list>"
).encode()


def test_every_leaf_and_attribute_has_a_path_and_brothers_are_numbered() -> None:
    assert leaves(parse(BODY, 10_000)) == {
        "/list/@kind": "a",
        "/list/item[1]/name": "𠮷田",
        "/list/item[2]/@code": "2",
        "/list/item[2]/name": "",
        "/list/end": "1",
    }


def test_other_values_change_these_fields_and_nothing_else() -> None:
    document = parse(BODY, 10_000)
    changed = with_values(document, {"/list/item[2]/name": "<&", "/list/item[2]/@code": "3"})

    before, after = leaves(document), leaves(parse(changed.serialise(), 10_000))
    assert after == before | {"/list/item[2]/name": "<&", "/list/item[2]/@code": "3"}
    assert leaves(document)["/list/item[2]/@code"] == "2", "the document given is left as it was"


@pytest.mark.parametrize(("path", "value"), [("/list/item", "x"), ("/list/nothing", "x"), ("/list/end", "\x00")])
def test_what_cannot_be_set_is_refused_without_quoting_it(path: str, value: str) -> None:
    with pytest.raises(Refused, match=r"edit\.field") as refused:
        with_values(parse(BODY, 10_000), {path: value})
    assert "\x00" not in str(refused.value)


def test_many_brothers_are_read_in_no_more_than_one_pass() -> None:
    many = b"<a>" + b"<b>1</b>" * 50_000 + b"</a>"
    found = leaves(parse(many, 1_000_000))
    assert len(found) == 50_000
    assert found["/a/b[50000]"] == "1"
