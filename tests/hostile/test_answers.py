"""Whatever a partner answers: each connector takes it or refuses it with a code, and so do the hub's checks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.http import Response
from connectors.http.xml import parsed
from hub import discovery
from hub.documents import parse
from hub.errors import RenkeiError
from hub.lint.samples import SAMPLE_LIMIT, samples
from hub.ports.connector import SendContext, Wire
from hub.sandbox.launcher import wires
from tests.hostile.damage import JSON, XML, check, damaged
from tests.unit.connectors.books import Books
from tests.unit.connectors.routed import REGISTRY, connector, routed

KINDS = [kind for kind in discovery.kinds() if wires(kind) == ("http",)]
CONTEXT = SendContext("22222222-2222-4222-8222-222222222222", "33333333-3333-4333-8333-333333333333", attachment=bytes)


class Line:
    """In place of the HTTP client: answers what it is told to."""

    def __init__(self) -> None:
        self.answer = Response(200, b"")

    def post(self, *_given: Any, **_named: Any) -> Response:
        return self.answer

    def get(self, *_given: Any, **_named: Any) -> Response:
        return self.answer


class Partner:
    """In place of the HTTP client: the simulated partner, whose answers are kept."""

    def __init__(self, books: Books) -> None:
        self.books, self.answers = books, list[bytes]()

    def post(self, path: str, content: bytes, *_given: Any, **_named: Any) -> Response:
        answer = self.books.post(path, content)
        self.answers.append(answer.body)
        return Response(answer.status, answer.body)


@contextmanager
def refusals_checked() -> Iterator[None]:
    try:
        yield
    except RenkeiError as error:
        check(error)


@pytest.fixture(scope="module", params=KINDS)
def spoken(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, list[Wire], list[bytes]]:
    """A kind of connector, what it sends, and what good answers to that look like."""
    folder: Path = tmp_path_factory.mktemp("books")
    subject = connector(request.param, "http://127.0.0.1:1")
    partner = Partner(Books(request.param, folder))
    subject._http = partner  # type: ignore[attr-defined]
    sent = [subject.encode(sample.operation, sample.document) for sample in routed(request.param)]
    for wire in sent:
        with refusals_checked():  # what the partner has no past for
            subject.send(wire, CONTEXT)
    own = [REGISTRY.contract(kind, 1) for kind in REGISTRY.types() if kind.startswith(f"{request.param}.")]
    documents = [samples(contract, "valid")[0].read_bytes() for contract in own]
    return request.param, sent, [each for each in (*partner.answers, *documents) if each]


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_any_answer_is_taken_or_refused_with_a_code(
    spoken: tuple[str, list[Wire], list[bytes]], data: st.DataObject
) -> None:
    kind, sent, good = spoken
    subject, line = connector(kind, "http://127.0.0.1:1"), Line()
    subject._http = line  # type: ignore[attr-defined]
    wire = data.draw(st.sampled_from(sent))
    line.answer = Response(data.draw(st.sampled_from([200, 200, 202, 409])), data.draw(damaged(good, XML + JSON)))

    with refusals_checked():
        for reply in subject.send(wire, CONTEXT):
            # what is taken goes on to the hub's own checks
            REGISTRY.contract(reply.type, reply.version).validate(parse(reply.document, SAMPLE_LIMIT))
    if subject.idempotency == "query":
        with refusals_checked():
            subject.query(wire, CONTEXT)


ENTITIES = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>'
HOSTILE = {
    "entities": ENTITIES.encode(),
    "entities in UTF-16": ('<?xml version="1.0" encoding="UTF-16"?>' + ENTITIES).encode("utf-16"),
    "entities in UTF-16 without a mark": ENTITIES.encode("utf-16-be"),
    "entities in UTF-7": b'<?xml version="1.0" encoding="UTF-7"?>' + ENTITIES.encode("utf-7"),
    "an encoding nobody has": b'<?xml version="1.0" encoding="x-none"?><a/>',
    "an encoding of several bytes": b'<?xml version="1.0" encoding="shift_jis"?><a/>',
    "a mark and another encoding": b'\xef\xbb\xbf<?xml version="1.0" encoding="cp932"?><a/>',
    "deep nesting": b"<a>" * 100_000 + b"</a>" * 100_000,
    "just too deep": b"<a>" * 257 + b"</a>" * 257,
    "overlong": b"<a>\xc0\xbc</a>",
    "a NUL": b"<a>\x00</a>",
    "nothing": b"",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_what_strangers_write_is_utf_8_without_document_type_and_not_too_deep(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"^it |^its "):
        parsed(content)


@pytest.mark.parametrize(
    "content",
    ["<a>葛󠄀城</a>".encode(), b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?><a/>', b"<a>" * 256 + b"</a>" * 256],
)
def test_anything_else_is_read(content: bytes) -> None:
    assert parsed(content).tag == "a"
