"""Items of a list one by one: what stands around them stays, in its place, byte for byte."""

import pytest
from pydantic import ValidationError

from hub.documents import parse
from hub.documents.contract_file import ItemsMark
from hub.documents.fields import Field
from hub.documents.items import Items

MARK = ItemsMark(at="/c:list/c:person")
ITEMS = Items(MARK, lambda path, *_place, under="": Field.compiled(path, "urn:x", under))


def each(text: str) -> list[str]:
    found = ITEMS.each(parse(f'<list xmlns="urn:x">{text}</list>'.encode(), 10_000))
    return [one.serialise().decode().partition('<list xmlns="urn:x">')[2].removesuffix("</list>") for one in found]


def test_each_item_stands_where_it_stood() -> None:
    assert each("<a>1</a><person>葛󠄀</person><person>二<b/></person><z/>") == [
        "<a>1</a><person>葛󠄀</person><z/>",
        "<a>1</a><person>二<b/></person><z/>",
    ]


def test_a_list_without_items_has_none() -> None:
    assert each("<a>1</a>") == []


def test_a_document_is_not_changed_by_it() -> None:
    document = parse(b'<list xmlns="urn:x"><person>1</person><person>2</person></list>', 10_000)
    before = document.serialise()
    assert len(list(ITEMS.each(document))) == 2
    assert document.serialise() == before


@pytest.mark.parametrize("at", ["//c:person", "/c:list", "/c:list/c:group/c:person", "/c:list/c:person[1]"])
def test_items_are_children_of_the_root(at: str) -> None:
    with pytest.raises(ValidationError):
        ItemsMark(at=at)
