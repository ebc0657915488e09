"""A list whose items go on one by one: each is a message of its own, once, however often the list comes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.errors import Retryable
from hub.support.reconcile import reconcile
from tests.engine import Engine, built, failing, note

ARCHIVE = "delivery.archive"
NAMES = ("一", "葛󠄀城 二", "三")


def one_by_one(root: Path) -> None:
    """The names of a note go to the archive one by one, where none is the state of anything."""
    stateless = root / "schemas/archive.note/v1/contract.toml"
    begin, _, rest = stateless.read_text(encoding="utf-8").partition("[state]")
    stateless.write_text(begin + rest[rest.index("[[persons]]") :], encoding="utf-8")
    sheet = root / "mappings/office.note--note.kept/v1/mapping.xslt"
    only_first = '<name><xsl:value-of select="a:name"/></name>'
    every = '<xsl:for-each select="a:name"><name><xsl:value-of select="."/></name></xsl:for-each>'
    sheet.write_text(sheet.read_text(encoding="utf-8").replace(only_first, every), encoding="utf-8")
    contract, route = root / "schemas/note.kept/v1/contract.toml", root / "config/routes/note.toml"
    contract.write_text(contract.read_text(encoding="utf-8") + '\n[items]\nat = "/c:note/c:name"\n', encoding="utf-8")
    text = route.read_text(encoding="utf-8").replace('"latest"', '"none"')
    route.write_text(text + "each = true\n", encoding="utf-8")


@pytest.fixture(params=["memory", pytest.param("rabbit", marks=pytest.mark.rabbitmq)])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    yield from built(request, tmp_path / "home", monkeypatch, one_by_one)


def listed(*names: str) -> bytes:
    begin, _, rest = note(1).decode().partition("<name>")
    return (begin + "".join(f"<name>{name}</name>" for name in names) + rest.partition("</name>")[2]).encode()


def names(body: bytes) -> list[str]:
    return [part.partition("</name>")[0] for part in body.decode().split("<name>")[1:]]


def test_each_item_has_one_effect_however_often_the_list_comes(engine: Engine) -> None:
    engine.archive.behaviour = failing(Retryable("deliver.error", "status 500"), 2)
    message_id = engine.publish(listed(*NAMES))
    engine.publish(listed(*NAMES), message_id=message_id)
    engine.run()
    engine.await_ended(ARCHIVE, delivered=3)

    assert sorted(names(body) for body in engine.archive.order) == sorted([name] for name in NAMES)
    assert all(b"<history_number>1<" in body for body in engine.archive.order)
    app = engine.app
    engine.await_(lambda: reconcile(app.store, app.broker, app.topology).matches, "the books match")
    assert len({each.message_id for each in app.store.trace(message_id) if each.hop == ARCHIVE}) == 3


def test_one_item_that_dies_stops_no_other(engine: Engine) -> None:
    engine.archive.behaviour = failing(Retryable("deliver.error", "status 500"), 3)
    engine.publish(listed("一"))
    engine.run()
    engine.await_(engine.dead, "it is out of attempts")
    engine.publish(listed(*NAMES))

    engine.await_ended(ARCHIVE, delivered=3)
    assert [letter.code for letter in engine.dead()] == ["deliver.exhausted"]
