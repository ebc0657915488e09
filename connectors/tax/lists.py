"""The files of the yearly renewal (F9, F25): the list of persons, and the answers. CSV, cp932, CRLF.

    list      H list number, year, reference date, basis, persons
              D line, 宛名番号, 氏名
              T persons, 宛名番号 total
    answers   H list number, year, reference date, written at
              D line, 宛名番号, outcome, 所得, 所得割, 均等割, 扶養
              T answers, 所得割 total, 均等割 total

The total over 宛名番号 is their sum modulo 10^8: it controls what no amount could, and names nobody. Outcome: 1 known,
2 lived elsewhere on the reference date, 3 abroad, 9 no record; with any other than 1 the amounts are empty.
"""

from collections.abc import Sequence
from xml.etree import ElementTree

from connectors.file_drop import read_records, write_records
from connectors.file_drop.xml import Content, document, fields, iso_date, parts, records
from hub.errors import Refused

ANSWERS = "tax.income_list_answer"
BASES = {"ordinance-9-2": "1", "ordinance-19-11": "2"}
UNKNOWN = {"2": "elsewhere", "3": "abroad", "9": "no_record"}
AMOUNTS = ("total_income", "income_levy", "per_capita_levy", "dependants")
_MODULUS = 10**8


def listed(content: bytes) -> bytes:
    """The file of a valid `tax.income_list`. Raises Refused `translate.unencodable`: a name cp932 cannot carry."""
    root = ElementTree.fromstring(content)  # noqa: S314 - written by the hub
    head, people = fields(root), list(records(root, "person"))
    numbers = [person["addressee_number"].strip() for person in people]
    header = [("list_number", head["list_number"].strip()), ("fiscal_year", head["fiscal_year"].strip())]
    header += [("reference_date", head["reference_date"].strip().replace("-", ""))]
    header += [("legal_basis", BASES[head["legal_basis"].strip()]), ("persons", str(len(people)))]
    details = [
        [("mark", "D"), ("line", str(line)), ("addressee_number", number), ("name", person["name"])]
        for line, (number, person) in enumerate(zip(numbers, people, strict=True), start=1)
    ]
    total = sum(map(int, numbers)) % _MODULUS
    trailer = [("mark", "T"), ("persons", str(len(people))), ("total", str(total))]
    return write_records([[("mark", "H"), *header], *details, trailer])


def answered(content: bytes) -> bytes:
    """The `tax.income_list_answer` of a file of answers; whether its totals are right is checked with the contract.

    Raises Refused `validate.encoding` where the file is not laid out as agreed.
    """
    header, details, trailer = parts(read_records(content), 4, 7, 3)
    number, year, day, written_at = header
    for position, line in enumerate(details, start=1):
        if line[0] != str(position):
            raise Refused("validate.encoding", f"the D record {position} has another line number")
    return document(
        ANSWERS,
        "answers",
        [
            ("list_number", number),
            ("fiscal_year", year),
            ("reference_date", iso_date(day)),
            *(("answer", _answer(line)) for line in details),
            *zip(("answer_count", "income_levy_total", "per_capita_levy_total"), trailer, strict=True),
            ("answered_at", written_at),
        ],
    )


def _answer(line: Sequence[str]) -> list[tuple[str, Content]]:
    position, number, outcome, *amounts = line
    if outcome == "1":
        return [("addressee_number", number), ("levy", list(zip(AMOUNTS, amounts, strict=True)))]
    if outcome not in UNKNOWN or any(amounts):
        raise Refused("validate.encoding", f"the D record {position} has an unknown outcome, or amounts beside it")
    return [("addressee_number", number), ("unknown", UNKNOWN[outcome])]
