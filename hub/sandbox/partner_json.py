"""What simulated partners with a JSON interface share: reading strictly, without the hub's models, and spoiling."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn

from hub.sandbox.partner import Answer, Refusal


def read(body: bytes, operation: str) -> Any:
    """Raises Refusal 400 for what is no JSON, names a member twice, or holds NaN or Infinity."""
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_distinct, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Refusal(400, operation) from None


def fits(value: Any, patterns: Mapping[str, str], others: Mapping[str, type], optional: frozenset[str]) -> bool:
    """Whether `value` is an object of exactly these members: texts by their pattern, others by their type."""
    if not isinstance(value, dict):
        return False
    known = patterns.keys() | others.keys()
    if not known - optional <= value.keys() <= known:
        return False
    return all(_is(member, patterns.get(name), others.get(name)) for name, member in value.items())


def write(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def spoil(mode: str, answer: Answer) -> Answer:
    """See `hub.sandbox.partner.Behaviour.spoil`; for a JSON object."""
    value = json.loads(answer.body)
    match mode:
        case "extra_field":
            spoilt: Any = {**value, "extra": "1"}
        case "invalid":
            spoilt = dict.fromkeys(value)  # all members are there, and all are null
        case _:
            spoilt = [value, value]
    return replace(answer, body=write(spoilt))


def _is(member: Any, pattern: str | None, kind: type | None) -> bool:
    if kind is not None:
        return isinstance(member, kind)
    assert pattern is not None
    return isinstance(member, str) and re.fullmatch(pattern, member, re.ASCII | re.DOTALL) is not None


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member twice")
    return found


def _no_number(_name: str) -> NoReturn:
    raise ValueError("no number")
