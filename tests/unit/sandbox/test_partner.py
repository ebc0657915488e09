"""A simulated partner's books: written before the answer, once per key, whole after a crash."""

from dataclasses import replace
from pathlib import Path

import pytest

from hub.sandbox.partner import Answer, Entry, Partner, Refusal, Request, individual_number, names_individual_number

REQUEST = Request("POST", "/", "名\u2028前 \U00100001".encode(), "key-1", "correlation-1")


class Echo:
    """Answers with what it got and how often it had an effect."""

    def __init__(self, keyed: bool = True) -> None:
        self.keyed = keyed
        self.remembered: list[Entry] = []

    def handle(self, request: Request) -> Answer:
        if request.body == b"no":
            raise Refusal(422, "test.echo", "never here")
        count = len(self.remembered) + 1
        return Answer(200, request.body + str(count).encode(), operation="test.echo", record="someone", version=count)

    def remember(self, entry: Entry) -> None:
        self.remembered.append(entry)

    def spoil(self, mode: str, answer: Answer) -> Answer:
        return answer


def test_a_key_has_one_effect_and_one_answer_also_after_a_restart(tmp_path: Path) -> None:
    first = Partner(Echo(), tmp_path).handle(REQUEST)
    for _ in range(2):
        partner = Partner(Echo(), tmp_path)
        assert partner.handle(REQUEST).body == first.body
    assert [entry.effect for entry in partner.entries()] == [True, False, False]
    # and the next key is the next effect
    assert partner.handle(replace(REQUEST, key="key-2")).body.endswith(b"2")


def test_without_keys_every_receipt_is_an_effect(tmp_path: Path) -> None:
    partner = Partner(Echo(keyed=False), tmp_path)
    assert [partner.handle(REQUEST).body[-1:] for _ in range(2)] == [b"1", b"2"]


@pytest.mark.parametrize("wrong", [replace(REQUEST, body=b"other"), replace(REQUEST, key="")])
def test_a_key_stands_for_one_request_and_must_be_there(tmp_path: Path, wrong: Request) -> None:
    partner = Partner(Echo(), tmp_path)
    partner.handle(REQUEST)
    assert partner.handle(wrong).status == 422
    assert [entry.effect for entry in partner.entries()] == [True, False]


def test_a_refusal_is_written_down_and_can_be_followed_by_a_good_request(tmp_path: Path) -> None:
    partner = Partner(Echo(), tmp_path)
    assert partner.handle(replace(REQUEST, body=b"no")).status == 422
    entry = partner.entries()[0]
    assert (entry.operation, entry.effect, entry.violation) == ("test.echo", False, "never here")
    assert partner.handle(REQUEST).status == 200


def test_a_line_cut_short_by_a_crash_was_never_answered(tmp_path: Path) -> None:
    partner = Partner(Echo(), tmp_path)
    partner.handle(REQUEST)
    ledger = tmp_path / "ledger.jsonl"
    whole = ledger.read_bytes()
    ledger.write_bytes(whole + whole[:40])
    # When it comes back, then it goes on after the last whole line
    Partner(Echo(), tmp_path).handle(replace(REQUEST, key="key-2"))
    assert [entry.key for entry in Partner(Echo(), tmp_path).entries()] == ["key-1", "key-2"]


def test_what_is_laid_out_stays_until_it_is_taken(tmp_path: Path) -> None:
    class Desk(Echo):
        def handle(self, request: Request) -> Answer:
            return Answer(operation="test.taken", taken=tuple(request.laid_out)[:1])

    partner = Partner(Desk(), tmp_path)
    partner.lay_out("b-1", b"first")
    partner.lay_out("a-2", b"second")
    assert (partner.laid_out(), partner.entries()) == (["b-1", "a-2"], ())
    # When it comes back, then it still lies there, and leaves with the one who took it
    partner = Partner(Desk(), tmp_path)
    partner.handle(REQUEST)
    assert (partner.laid_out(), len(partner.entries())) == (["a-2"], 1)


@pytest.mark.parametrize("key", ["", "../ledger.jsonl", "a/b", ".hidden", "x" * 101])
def test_a_key_that_is_no_plain_name_is_not_laid_out(tmp_path: Path, key: str) -> None:
    partner = Partner(Echo(), tmp_path)
    with pytest.raises(ValueError, match="plain name"):
        partner.lay_out(key, b"x")
    assert partner.laid_out() == []


def test_the_ledger_shows_neither_answers_nor_whose_record(tmp_path: Path) -> None:
    partner = Partner(Echo(), tmp_path)
    partner.handle(REQUEST)
    (shown,) = partner.ledger()
    assert not {"answer", "note"} & shown.keys()
    assert "someone" not in str(shown)


def test_its_arithmetic_agrees_with_known_numbers() -> None:
    assert all(map(individual_number, ("123456789018", "621498320257", "100000000005")))
    assert not any(map(individual_number, ("123456789012", "000000000000")))
    assert names_individual_number("a621498320257b")
    assert not names_individual_number("0621498320257 621498320258")
