"""Synthetic numbers with valid check digits (domain text section 4). None of them is anyone's."""

from hashlib import sha256
from random import Random

_NO_DIGITS = str.maketrans("0123456789", "ghijklmnop")


def individual_number(rng: Random) -> str:
    """個人番号: 11 drawn digits and the check digit of 総務省令第85号第5条, never all zero."""
    digits = f"{rng.randrange(1, 10**11):011d}"
    weights = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    remainder = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11
    return digits + str(0 if remainder <= 1 else 11 - remainder)


def with_luhn(digits: str) -> str:
    """`digits` and the check digit of 公費負担者番号, 公費受給者番号 and 保険者番号."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        product = int(digit) * (2 if position % 2 == 0 else 1)
        total += product // 10 + product % 10
    return digits + str(-total % 10)


def payer_number() -> str:
    """公費負担者番号 (8): 法別 83, 神奈川 14, invented 実施機関 130."""
    return with_luhn("8314130")


def recipient_number(serial: int) -> str:
    """公費受給者番号 (7) of the recipient with this serial number, 0 to 999999."""
    return with_luhn(f"{serial:06d}")


def integrated_number(individual_number: str) -> str:
    """団体内統合宛名番号 (15), as the simulated platform makes it: always the same, and that of no 宛名番号 here."""
    drawn = int.from_bytes(sha256(f"integrated {individual_number}".encode()).digest())
    return f"7{drawn % 10**14:014d}"


def pmh_key(individual_number: str) -> str:
    """PMHキー, as the simulated server of the insurers makes it: always the same, so that a run can be repeated."""
    return f"K{_letters(f'PMH key {individual_number}')}"


def link_number(individual_number: str, nth: int = 1) -> str:
    """既存の紐付番号 by which the insurers know a person, made like a PMHキー. `nth`: of those the person has had."""
    return f"L{_letters(f'link {individual_number} {nth}')}"


def _letters(name: str) -> str:
    """Fifteen, and no digits: twelve of them might happen to be a 個人番号."""
    return sha256(name.encode()).hexdigest()[:15].translate(_NO_DIGITS).upper()


def pseudonym(individual_number: str, nth: int = 1) -> str:
    """PMH仮名識別子: 32 letters. `nth`: of those that were made for the person."""
    return sha256(f"pseudonym {individual_number} {nth}".encode()).hexdigest()[:32].translate(_NO_DIGITS)


def institution_code(serial: int) -> str:
    """医療機関コード (10) of an invented institution in Kanagawa."""
    return with_luhn(f"1419{serial:05d}")


def padded(serial: int) -> str:
    """宛名番号, 世帯番号: 15 digits, zeros to the left."""
    return f"{serial:015d}"
