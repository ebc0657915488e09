"""How the simulated welfare system follows protection measures (F13): it registers anew what PMH has, not disclosed.

Its tray is its book of certificates, and of those it has registered anew for whom and waits to hear of:

certificate-<certificate>       the newest record, as it was published
anew-<certificate>-<person>     宛名番号 and 履歴キー
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from hub.sandbox import partner_xml
from hub.sandbox.certificates import YEAR
from hub.sandbox.partner import Answer, Refusal, Request, record_digest
from hub.sandbox.partner_xml import Content, Item, value
from hub.sandbox.tray import starting

NOTICE, RECORD, HELD = "welfare.protection_notice", "welfare.eligibility", "welfare.non_disclosure"
CONTENT = (
    Item("source", "welfare|resident_registry"),
    Item("addressee_number", "[0-9]{15}", least=0),
    Item("data_item", "TM[0-9]{14}", least=0),
    Item("action", "set|release"),
    Item("version", "[1-9][0-9]{0,9}"),
    Item("act_number", "[A-Z]{1,4}[0-9]{4,10}"),
    Item("decided_at", partner_xml.TIME),
    Item("effective_from", partner_xml.DATE),
)
_BOOK, _ANEW = "certificate-", "anew-"
_JST = timezone(timedelta(hours=9))


def booked(record: bytes) -> tuple[str, bytes]:
    """Key and content of a certificate's newest record in the book."""
    return _BOOK + _certificate(_read(record)), record


@dataclass(frozen=True, slots=True)
class _Anew:
    """A record that was registered anew for one person and of which PMH has not been heard yet."""

    key: str
    certificate: str
    number: str
    history_key: int


def renewed(tray: Mapping[str, bytes], child: str, *, deleted: bool) -> tuple[str, bytes]:
    """The next record of a child's certificate, and its key in the book: for another year, or deleted (F25)."""
    key, content = next((key, one) for key, one in starting(tray, _BOOK) if _facts(one).child == child)
    record = _read(content)
    said = {"history_key": str(int(value(record, RECORD, "history_key")) + 1)}
    if deleted:
        said["deleted"] = "true"
    else:
        said["valid_from"] = value(record, RECORD, "valid_to")
        said["valid_to"] = str(date.fromisoformat(said["valid_from"]) + YEAR)
    return key, _with(record, said)


def of_notice(request: Request) -> Answer:
    """Raises Refusal. What PMH holds is never lowered by a notice: that is decided by people, in the welfare system."""
    notice = partner_xml.read(request.body, NOTICE, "notice", CONTENT)
    number, item = value(notice, NOTICE, "addressee_number"), value(notice, NOTICE, "data_item")
    if not (number or item):
        raise Refusal(422, NOTICE)
    sets = value(notice, NOTICE, "action") == "set"
    records = () if item else starting(request.laid_out, _BOOK)
    book = {key: _read(content) for key, content in records if number in _facts(content).people}
    lays_out: dict[str, bytes] = {}
    documents: list[bytes] = []
    for key, record in book.items() if sets else ():
        history_key = int(value(record, RECORD, "history_key")) + 1
        anew = _not_disclosed(record, history_key)
        lays_out[key] = anew
        asked = f"{_ANEW}{key.removeprefix(_BOOK)}-{record_digest(number)}"
        lays_out[asked] = f"{number}/{history_key}".encode()
        documents.append(anew)
    # what PMH has no record of is as good as not disclosed there; of data items it knows nothing
    documents = documents or [_held(number, item, sets or bool(book))]
    version = int(value(notice, NOTICE, "version"))
    source = value(notice, NOTICE, "source")
    return Answer(
        200, partner_xml.enveloped(documents), operation=NOTICE, record=f"{source}/{number}/{item}", version=version,
        lays_out=lays_out,
    )  # fmt: skip


def of_result(request: Request, history_key: int, answer: Answer) -> Answer:
    """`answer` to the result of a registration PMH has taken, with what that settles."""
    waiting = list(_waiting(request.laid_out))
    if not waiting:
        return answer
    records = {each.certificate: request.laid_out.get(_BOOK + each.certificate) for each in waiting}
    newest = {certificate for certificate, record in records.items() if record and _facts(record).key == history_key}
    about = newest | {each.certificate for each in waiting if each.history_key == history_key}
    settled = [each for each in waiting if each.certificate in about and each.history_key <= history_key]
    left = {each.number for each in waiting if each not in settled}
    people = dict.fromkeys(each.number for each in settled if each.number not in left)
    if not settled:
        return answer
    return Answer(
        200, partner_xml.enveloped([_held(number, "", True) for number in people]), operation=answer.operation,
        record=answer.record, version=answer.version, taken=tuple(each.key for each in settled),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Facts:
    """Whose record it is, whom it names, and its 履歴キー."""

    child: str
    people: frozenset[str]
    key: int


@lru_cache(maxsize=65_536)
def _facts(content: bytes) -> _Facts:
    """Read once: the whole book is looked through for every notice."""
    record = _read(content)
    people = (each.text or "" for each in record.iter(partner_xml.namespace(RECORD) + "addressee_number"))
    child = value(record, RECORD, "addressee_number")
    return _Facts(child, frozenset(people), int(value(record, RECORD, "history_key")))


def _read(content: bytes) -> Element:
    return ElementTree.fromstring(content)  # noqa: S314 - its own book


def _waiting(tray: Mapping[str, bytes]) -> Iterator[_Anew]:
    for key, content in starting(tray, _ANEW):
        number, _, history_key = content.decode().partition("/")
        yield _Anew(key, key.split("-")[1], number, int(history_key))


def _certificate(record: Element) -> str:
    child, kind = (value(record, RECORD, name) for name in ("addressee_number", "certificate_type"))
    return record_digest(f"{child}/{kind}")


def _not_disclosed(record: Element, history_key: int) -> bytes:
    return _with(record, {"history_key": str(history_key), "not_disclosed": "true"})


def _with(record: Element, said: Mapping[str, str]) -> bytes:
    """The record saying something else in these elements."""
    content: list[Content] = []
    for child in record:
        name = child.tag.partition("}")[2]
        content.append((name, said[name]) if name in said else child)
    return partner_xml.write(RECORD, "eligibility", *content)


def _held(number: str, item: str, held: bool) -> bytes:
    about = [(name, text) for name, text in (("addressee_number", number), ("data_item", item)) if text]
    now = datetime.now(_JST).isoformat(timespec="seconds")
    return partner_xml.write(
        HELD, "non_disclosure", *about, ("held", "true" if held else "false"), ("stated_at", now)
    )  # fmt: skip
