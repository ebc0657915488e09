"""Damaged messages: whatever happens to the bytes, the answer is a coded refusal or a message as good as before."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.documents import Contract, parse
from hub.errors import Refused
from tests.small_home import NOTE, write_contract

BODY = NOTE.format(type="office.note").encode()
SECRETS = ("123456789018", "000000000000123", "葛", "城")

pieces = st.one_of(
    st.binary(max_size=8),
    st.sampled_from([
        *(b"<", b">", b"&", b"\x00", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"<!DOCTYPE a>", b"&#x10FFFF;", b"&amp;"),
        *(b"<name>", b"</name>", b'xmlns="', b"xsi:nil='true'", "１".encode(), b"\xff", b" ", b"9" * 20),
    ]),
)  # fmt: skip


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    folder: Path = tmp_path_factory.mktemp("schemas")
    return Contract.load(write_contract(folder, "office.note"))


@settings(max_examples=300, deadline=None)
@given(cuts=st.lists(st.tuples(st.integers(0, len(BODY)), st.integers(0, 40), pieces), min_size=1, max_size=3))
def test_damage_is_refused_with_a_code_and_without_a_value(
    contract: Contract, cuts: list[tuple[int, int, bytes]]
) -> None:
    # Given a valid message with pieces cut out and put in
    body = BODY
    for start, length, piece in cuts:
        body = body[:start] + piece + body[start + length :]
    try:
        document = parse(body, 10_000)
        contract.validate(document)
        facts = contract.facts(document)
    except Refused as error:
        # Then it is refused with one of three codes, in words of the hub and the schema
        assert error.code in ("validate.xml", "validate.schema", "validate.check_digit")
        assert error.detail
        assert not any(secret in error.detail for secret in SECRETS)
        return
    # or it still says whose it is, and survives writing and reading
    assert facts.state_key
    again = parse(document.serialise(), 10_000)
    contract.validate(again)
    assert contract.facts(again) == facts
