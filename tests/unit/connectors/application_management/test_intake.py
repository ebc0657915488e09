"""An application goes in whole, the same each time; an answer about another, or for no agreed reason, is refused."""

from collections.abc import Collection
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest

from connectors.application_management import examination, intake
from connectors.http.endpoint import Response
from hub.errors import Refused, Unavailable
from hub.ports.connector import Objection, SendContext
from hub.sandbox.partner_applications import held
from tests.unit.connectors.books import Books, document
from tests.unit.connectors.routed import check

SCAN = b"%PDF-1.7 a scan\r\n--with lines\r\n"
DIGEST = sha256(SCAN).hexdigest()
APPLICATION = document("application_management", intake.APPLICATION, "first.xml")
PART = (
    f"<attachment><kind>健康保険証</kind><name>保険証.pdf</name><media_type>application/pdf</media_type>"
    f"<size>{len(SCAN)}</size><sha256>{DIGEST}</sha256></attachment></application>"
).encode()
WITH_SCAN = APPLICATION.replace(b"</application>", PART)
NUMBER = "2026000000000014"


@dataclass
class Line:
    """To the simulated partner's books, without HTTP. `answer`: instead of its own."""

    books: Books | None = None
    answer: Response | None = None
    sent: list[tuple[bytes, str]] = field(default_factory=list)

    def post(
        self, path: str, content: bytes, content_type: str, context: SendContext, heard: Collection[int] = ()
    ) -> Response:
        assert path == "/applications"
        self.sent.append((content, content_type))
        if self.answer is not None:
            return self.answer
        assert self.books is not None
        answer = self.books.post(path, content, context.key)
        if answer.status not in (200, *heard):
            raise Refused("deliver.rejected", f"status {answer.status}")
        return Response(answer.status, answer.body)


def context(**contents: bytes) -> SendContext:
    def attachment(digest: str) -> bytes:
        if digest not in contents:
            raise Unavailable("attachment.unavailable", "the folder cannot be used")
        return contents[digest]

    return SendContext(str(uuid4()), str(uuid4()), attachment=attachment)


def send(line: Line, application: bytes = APPLICATION, given: SendContext | None = None) -> list[str]:
    replies = intake.send(line, intake.encode(application), given or context())  # type: ignore[arg-type]
    return [reply.type for reply in check(replies)]


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(Books("application_management", tmp_path))


def test_it_is_answered_with_the_application_and_a_receipt(line: Line) -> None:
    assert send(line) == [intake.LINKED, intake.RECEIPT]


def test_attachments_go_with_it_byte_for_byte(line: Line) -> None:
    assert send(line, WITH_SCAN, context(**{DIGEST: SCAN})) == [intake.LINKED, intake.RECEIPT]
    ((content, content_type),) = line.sent
    assert content_type.startswith("multipart/form-data; boundary=")
    assert SCAN in content


def test_the_same_message_is_the_same_request(line: Line) -> None:
    given = context(**{DIGEST: SCAN})
    for _ in range(2):
        send(line, WITH_SCAN, given)
    first, second = line.sent
    assert first == second
    assert line.books is not None
    assert len(line.books.effects()) == 1


def test_one_whose_attachment_cannot_be_had_is_not_sent(line: Line) -> None:
    with pytest.raises(Unavailable):
        send(line, WITH_SCAN)
    assert line.sent == []


def test_the_partner_refuses_one_whose_attachment_is_another(line: Line) -> None:
    with pytest.raises(Refused) as caught:
        send(line, WITH_SCAN, context(**{DIGEST: b"%PDF-1.7 another"}))
    assert caught.value.code == "deliver.rejected"


@pytest.mark.parametrize("reason", intake.HELD)
def test_what_a_person_has_to_look_at_is_a_dead_letter_and_a_receipt(reason: str) -> None:
    with pytest.raises(Objection) as caught:
        send(Line(answer=Response(409, held(NUMBER, reason))))
    assert caught.value.code == reason
    assert [reply.type for reply in check(caught.value.replies)] == [intake.RECEIPT]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Response(409, b"conflict"), "deliver.rejected"),
        (Response(409, held("2026000000000022", "application.unlinked")), "deliver.rejected"),
        (Response(409, held(NUMBER, "application.number")), "reply.invalid"),
        (Response(200, b""), "reply.invalid"),
        (Response(200, held(NUMBER, "application.unlinked")), "reply.invalid"),
    ],
)
def test_any_other_answer_is_refused(answer: Response, code: str) -> None:
    with pytest.raises(Refused) as caught:
        send(Line(answer=answer))
    assert not isinstance(caught.value, Objection)
    assert caught.value.code == code


def test_an_answer_about_somebody_elses_application_is_refused(line: Line) -> None:
    (linked, _receipt) = intake.send(line, intake.encode(APPLICATION), context())  # type: ignore[arg-type]
    for old, new in (("2026000000000014", "2026000000000022"), ("川崎　一郎", "川崎　次郎")):
        answer = Response(200, linked.document.replace(old.encode(), new.encode()))
        with pytest.raises(Refused) as caught:
            send(Line(answer=answer))
        assert caught.value.code == "reply.invalid"


RECORD = document("application_management", "application_management.registered_record", "match.xml")


@pytest.mark.rule("R18")
@pytest.mark.parametrize(
    ("reason", "code"),
    [("application.superseded", "application.superseded"), ("application.unlinked", "reply.invalid")],
)
def test_r18_a_case_is_refused_for_the_one_reason_there_is(reason: str, code: str) -> None:
    number = RECORD.partition(b"<reception_number>")[2].partition(b"<")[0].decode()
    assert examination.objection(RECORD, held(number, reason)).code == code
    assert examination.objection(RECORD, held("2026000000000022", reason)).code == "deliver.rejected"
    assert examination.objection(RECORD, b"").code == "deliver.rejected"
