"""Addresses of the synthetic city: real ward codes, invented towns that say so."""

from dataclasses import dataclass
from random import Random

CITY_CODE = "141305"  # 川崎市 as an organisation; addresses carry the code of the ward
PREFECTURE, CITY = "神奈川県", "川崎市"

WARDS = {
    "141313": "川崎区",
    "141321": "幸区",
    "141330": "中原区",
    "141348": "高津区",
    "141356": "多摩区",
    "141364": "宮前区",
    "141372": "麻生区",
}
_TOWNS = ("見本町", "例示町", "架空台", "試験ケ丘", "雛形本町")
_BUILDINGS = ("", "", "コーポ架空", "見本荘", "メゾン・ド・サンプル")


@dataclass(frozen=True, slots=True)
class Address:
    """`municipality_code`: of the ward, six digits; `building`: 方書, may be empty; `postal_code`: seven digits."""

    municipality_code: str
    town_code: str
    town: str
    number: str
    building: str
    postal_code: str

    @property
    def municipality(self) -> str:
        """City and ward."""
        return CITY + WARDS[self.municipality_code]

    @property
    def text(self) -> str:
        """On one line, as printed on a letter."""
        line = f"{PREFECTURE}{self.municipality}{self.town}{self.number}"
        return f"{line} {self.building}" if self.building else line


def address(rng: Random) -> Address:
    """An address somewhere in the city."""
    town = rng.randrange(len(_TOWNS))
    chome = rng.randint(1, 5)
    building = rng.choice(_BUILDINGS)
    return Address(
        municipality_code=rng.choice(tuple(WARDS)),
        town_code=f"{town + 1:04d}{chome:03d}",
        town=f"{_TOWNS[town]}{'一二三四五'[chome - 1]}丁目",
        number=f"{rng.randint(1, 40)}番{rng.randint(1, 20)}号",
        building=f"{building}{rng.randint(101, 909)}" if building else "",
        postal_code="2100000",  # 川崎市, no street listed: invented towns have no postal code of their own
    )
