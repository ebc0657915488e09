"""Claims (レセプト) of the synthetic city, as 支払基金 lays them out: CSV, cp932, CRLF, totals at the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from hub.sandbox import numbers
from hub.sandbox.city import Resident

NEVER_ISSUED = 900_000  # recipients' serial numbers from here on are nobody's


def issued(recipient_number: str) -> bool:
    """Whether the welfare system has given somebody this 公費受給者番号."""
    own = len(recipient_number) == 7 and recipient_number.isascii() and recipient_number.isdigit()
    return own and numbers.recipient_number(int(recipient_number[:6])) == recipient_number < str(NEVER_ISSUED)


@dataclass(frozen=True, slots=True)
class Claim:
    """One visit or stay. `month`: 診療年月, yyyymm; `serial`: of the recipient; amounts in yen."""

    number: int
    month: str
    serial: int
    child: Resident
    amount: int

    def line(self) -> str:
        born: date | None = self.child.born
        assert born is not None, "of a child the date of birth is known"
        recipient = numbers.recipient_number(self.serial)
        insurer = numbers.with_luhn("0614131")
        shares = f"{self.amount},{self.amount // 5},500,{self.amount // 5 - 500}"
        name = self.child.name
        return f"D,{self.number:09d},{self.month},{recipient},{name},{born:%Y%m%d},09,1,{insurer},{shares}"


def batch(number: str, month: str, claims: Sequence[Claim], total: int | None = None) -> bytes:
    """One file. `total`: instead of the right one."""
    right = sum(each.amount for each in claims)
    lines = [f"H,{number},{month}", *(each.line() for each in claims)]
    lines.append(f"T,{len(claims)},{right if total is None else total}")
    return "".join(f"{line}\r\n" for line in lines).encode("cp932")


def in_cp932(text: str) -> bool:
    """Whether cp932 brings the text back as it was; 外字 come back, but mean something in one system only."""
    try:
        back = text.encode("cp932").decode("cp932")
    except UnicodeEncodeError:
        return False
    return back == text and not any(0xE000 <= ord(character) < 0xF900 for character in text)
