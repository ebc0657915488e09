"""Check digits of the numbers the hub carries (domain text, section 4).

All functions take text and answer whether it is a valid number of exactly the given digits: ASCII digits, nothing else
(python-stdnum's own `is_valid` drops separators first).
A passed check proves little: of single-digit errors in an individual number about 1.7 % go unnoticed.
"""

from collections.abc import Callable, Mapping
from typing import Literal

import stdnum.luhn as _luhn
from stdnum.jp import cn as _cn
from stdnum.jp import in_ as _in

CheckKind = Literal["individual_number", "corporate_number", "luhn", "municipality_code"]


def individual_number(text: str) -> bool:
    """個人番号, 12 digits. All zeros satisfy the formula and are refused all the same: nobody has that number."""
    return _digits(text, 12) and text != "000000000000" and bool(_in.calc_check_digit(text[:-1]) == text[-1])


def corporate_number(text: str) -> bool:
    """法人番号, 13 digits."""
    return _digits(text, 13) and bool(_cn.calc_check_digit(text[1:]) == text[0])


def luhn(text: str) -> bool:
    """公費負担者番号, 公費受給者番号, 保険者番号, 医療機関コード: any length; the length is for the schema to say."""
    return _digits(text, len(text)) and bool(_luhn.checksum(text) == 0)


def municipality_code(text: str) -> bool:
    """全国地方公共団体コード, 6 digits."""
    if not _digits(text, 6):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, (6, 5, 4, 3, 2), strict=False))
    return int(text[5]) == (11 - total % 11) % 10


CHECKS: Mapping[CheckKind, Callable[[str], bool]] = {
    "individual_number": individual_number,
    "corporate_number": corporate_number,
    "luhn": luhn,
    "municipality_code": municipality_code,
}


def _digits(text: str, length: int) -> bool:
    """`str.isdigit` alone accepts full-width digits."""
    return len(text) == length > 0 and text.isascii() and text.isdigit()
