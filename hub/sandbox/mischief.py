"""Messages the hub must refuse, each for one reason, made from messages it would take."""

import re
from collections.abc import Callable, Iterator
from itertools import cycle, islice

from hub.client import Publication
from hub.sandbox.flow import Ids, Sending

STRANGE_PURPOSE = "statistics"  # granted to nobody
KINDS = 5
_CHECK_DIGIT = re.compile(rb"(<individual_number>\d{11}|<region_code>\d{5})(\d)")


def refused(
    flow: str, partner: str, stranger: str, letter: Callable[[], Publication], ids: Ids, count: int
) -> list[Sending]:
    """`count` messages, one reason after another. `letter` draws a valid message, `stranger` may not send its type.

    A message without a number that has a check digit is spared that reason.
    """
    return list(islice(_endless(flow, partner, stranger, letter, ids), count))


def _endless(flow: str, partner: str, stranger: str, letter: Callable[[], Publication], ids: Ids) -> Iterator[Sending]:
    for kind in cycle(range(KINDS)):
        good = letter()
        sender, body, purpose = partner, good.body, good.purpose
        match kind:
            case 0:
                body, code = body[:-5], "validate.xml"
            case 1:
                body, code = _with_unknown_element(body), "validate.schema"
            case 2:
                body, code = _with_wrong_check_digit(body), "validate.check_digit"
                if body == good.body:
                    continue
            case 3:
                purpose, code = STRANGE_PURPOSE, "authorise.purpose"
            case _:
                sender, code = stranger, "authorise.grant"
        message = Publication(good.type, body, purpose, good.version, ids())
        yield Sending(flow, sender, message, "refused", code=code)


def _with_unknown_element(body: bytes) -> bytes:
    end = body.rindex(b"</")
    return body[:end] + b"<unknown/>" + body[end:]


def _with_wrong_check_digit(body: bytes) -> bytes:
    return _CHECK_DIGIT.sub(lambda found: found[1] + b"%d" % ((int(found[2]) + 1) % 10), body, count=1)
