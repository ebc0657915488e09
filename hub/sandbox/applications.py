"""Electronic applications (電子申請) of a synthetic city: the same 受付番号 gives the same application.

What an applicant wrote is drawn from the number, so that whoever knows the number knows the application: the simulated
application management system, which took it in (F5, not built), and the flows that speak about it.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from random import Random

from hub.sandbox import names, numbers
from hub.sandbox.addresses import address
from hub.sandbox.city import TODAY

_YEAR = "2026"
_ELSEWHERE = 8_000_000  # 宛名番号 of applicants' children begin here: nobody of the city's own


def reception_number(serial: int) -> str:
    """受付番号, 16 digits: year, serial number, check digit. The form is ours."""
    return numbers.with_luhn(f"{_YEAR}{serial:011d}")


def is_one(number: str) -> bool:
    """Whether there is such an application."""
    return len(number) == 16 and number.startswith(_YEAR) and numbers.with_luhn(number[:-1]) == number


def child_of(number: str) -> str:
    """宛名番号 of the child the application is for."""
    return numbers.padded(_ELSEWHERE + int(number[4:15]))


def written(number: str) -> Mapping[str, str]:
    """What the applicant wrote, by item (申請内容ファイル, S:188)."""
    rng = Random(f"renkei-application-{number}")
    surname = names.surname(rng, rng.randrange(1000))
    parent, child = names.given_name(rng, rng.choice("12")), names.given_name(rng, rng.choice("12"))
    born: date = TODAY - timedelta(days=rng.randrange(15 * 365))
    insurer = numbers.with_luhn(rng.choice(("0114130", "0614131", "14130")))
    return {
        "applicant_name": f"{surname.text}　{parent.text}",
        "child_name": f"{surname.text}　{child.text}",
        "child_name_kana": f"{surname.kana}　{child.kana}",
        "child_birth_date": born.isoformat(),
        "child_address": address(rng).text,
        "health_insurer_number": insurer,
        "insured_mark": f"{rng.randrange(100)}-{rng.randrange(10**6):06d}",
    }
