"""自動応答不可フラグ at the simulated intermediate server: per person or per 特定個人情報, forward only (F13, R26)."""

import re
from pathlib import Path

import pytest

from connectors.intermediate_server.sandbox.flags import Flag, Flags
from tests.unit.connectors.books import Books, document, refused
from tests.unit.connectors.routed import REGISTRY

KIND, PATH, OPERATION = "intermediate_server", "/no-auto-answer", "intermediate_server.no_auto_answer"
PERSON, ITEM = "000000000700101", "TM00000000000002"
FLAGS = "intermediate_server_flags"


def sample(name: str) -> bytes:
    return document(KIND, OPERATION, name + ".xml")


def flag(on: bool, version: int, act: str, name: str = "person-protected") -> bytes:
    """The sample's target with another state."""
    body = sample(name).replace(b"<NoAutoAnswerFlag>1<", b"<NoAutoAnswerFlag>%d<" % on)
    body = re.sub(rb"<FlagVersion>\d+<", b"<FlagVersion>%d<" % version, body)
    body = re.sub(rb"V\d+</MsgId>", b"V%d</MsgId>" % version, body)
    return re.sub(rb"<ActNumber>\w+<", f"<ActNumber>{act}<".encode(), body)


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books(KIND, tmp_path)


def test_it_says_which_flag_at_which_version_it_holds_now(books: Books) -> None:
    for on, version in ((True, 1), (False, 2), (True, 3)):
        answer = books.post(PATH, flag(on, version, f"KH000{version}"))
        assert answer.status == 200
        assert b"<NoAutoAnswerFlag>%d</NoAutoAnswerFlag><FlagVersion>%d<" % (on, version) in answer.body
        books.restart()
    assert [entry.version for entry in books.effects()] == [1, 2, 3]
    assert len({entry.record for entry in books.effects()}) == 1


def test_an_older_or_equal_version_is_refused(books: Books) -> None:
    books.post(PATH, flag(True, 5, "KH0001"))
    assert refused(books, PATH, flag(False, 4, "KH0002")) == 409
    same = flag(False, 5, "KH0002").replace(b"V5</MsgId>", b"V5X</MsgId>")
    assert refused(books, PATH, same) == 409


@pytest.mark.rule("R26")
def test_lifting_needs_a_newer_explicit_act_and_a_flag_that_is_there(books: Books) -> None:
    """R26: time that has passed, or the act that set it, lifts nothing."""
    assert refused(books, PATH, flag(False, 1, "KH0009")) == 409
    books.post(PATH, flag(True, 1, "KH0001"))
    books.post(PATH, flag(True, 2, "KH0002"))
    for act in ("KH0001", "KH0002"):
        assert refused(books, PATH, flag(False, 3, act)) == 409
    assert books.post(PATH, flag(False, 3, "KH0003")).status == 200


def test_the_same_message_again_has_one_effect_and_one_answer(books: Books) -> None:
    first = books.post(PATH, sample("person-protected"))
    books.post(PATH, flag(False, 2, "KH0002"))
    assert books.post(PATH, sample("person-protected")).body == first.body
    assert books.get(f"{PATH}/NAA{PERSON}V1").body == first.body
    assert len(books.effects()) == 2
    assert books.get(f"/code-requests/NAA{PERSON}V1").status == 404


@pytest.mark.rule("R26")
@pytest.mark.parametrize(
    ("number", "item", "others"),
    [
        (PERSON, "", [("1", ITEM)]),
        ("", ITEM, [(PERSON, "TM1")]),
        (PERSON, ITEM, [(PERSON, "TM1"), ("1", ITEM)]),
    ],
)
def test_it_holds_from_the_very_next_inquiry_on_and_for_nothing_else(
    number: str, item: str, others: list[tuple[str, str]]
) -> None:
    """R26: per person, per item, or both together."""
    flags = Flags()
    assert flags.answers(PERSON, ITEM)
    flags.take(Flag(number, item, True, 1, "KH0001"))
    assert not flags.answers(PERSON, ITEM)
    assert all(flags.answers(*other) for other in others)
    flags.take(Flag(number, item, False, 2, "KH0002"))
    assert flags.answers(PERSON, ITEM)


@pytest.mark.rule("R3")
def test_an_individual_number_is_a_violation(books: Books) -> None:
    """R3."""
    body = sample("person-protected").replace(b"<ActNumber>", b"<!-- 621498320257 --><ActNumber>")
    assert refused(books, PATH, body) == 422
    assert books.last().violation is not None


@pytest.mark.rule("R3")
def test_its_line_carries_the_flag_itself_and_waits_behind_nothing_else() -> None:
    """Edge and order of F13: a protecting edge takes nothing but the flag (R3), and no release overtakes a raise."""
    edge = REGISTRY.edge(FLAGS)
    assert (edge.kind, edge.allows) == ("protects", {"integrated_number"})
    targets = {
        route.type: target.ordering
        for (route, target) in (
            (route, target)
            for kind in REGISTRY.types()
            for route in REGISTRY.routes(kind, 1)
            for target in route.targets
            if target.connector == FLAGS
        )
    }
    assert targets == {"no_auto_answer.decided": "sequence"}
    assert REGISTRY.target("protection.measure", 1, "integration_platform").ordering == "sequence"


@pytest.mark.rule("R29")
def test_the_other_line_to_the_same_server_discloses() -> None:
    """R3, R29: one server, one address, two edges."""
    other, flags = REGISTRY.connector(KIND), REGISTRY.connector(FLAGS)
    assert REGISTRY.edge(KIND).kind == "discloses"
    assert "individual_number" not in REGISTRY.edge(KIND).allows
    assert other.settings.url == flags.settings.url
