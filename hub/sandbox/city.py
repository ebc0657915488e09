"""A synthetic city: the same seed gives the same residents, byte for byte. Nobody in it exists.

city = City(seed=1, persons=500)
city.residents[0].individual_number     a valid check digit, nobody's number
islice(city.changes(), 200)             the first 200 changes of the resident registry, in the order they happened
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from hub.sandbox import names, numbers
from hub.sandbox.addresses import Address, address
from hub.sandbox.names import Name

TODAY = date(2026, 9, 1)  # the city's own: its contents must not depend on the day they are made
ADULT = 18 * 365  # days
PROTECTED = 0.03  # share of the households under 支援措置
NEWCOMERS = 0.5  # share of the events that are a household moving in
UNKNOWN_BIRTHS = ("昭和30年頃", "昭和二十年月日不詳", "1948年5月 日不詳")

# Codes of the resident registry's messages: 続柄, 異動事由, 住民状態
HEAD, HUSBAND, WIFE, CHILD = "02", "11", "12", "20"
MOVED_IN, MOVED_WITHIN, MOVED_OUT, HOUSEHOLD, CORRECTED = "02", "03", "04", "06", "07"
RESIDENT, GONE = "1", "3"


@dataclass(frozen=True, slots=True)
class Resident:
    """One person as the resident registry knows them. `born` None: unknown, `born_as_noted` says what is known.

    `sex`: "1" male, "2" female; `protected`: 支援措置. Numbers: see `hub.sandbox.numbers`.
    """

    addressee_number: str
    individual_number: str
    household_number: str
    surname: Name
    given_name: Name
    sex: str
    born: date | None
    born_as_noted: str
    relationship: str
    address: Address
    protected: bool

    @property
    def name(self) -> str:
        return f"{self.surname.text}　{self.given_name.text}"

    @property
    def kana(self) -> str:
        return f"{self.surname.kana}　{self.given_name.kana}"

    @property
    def is_child(self) -> bool:
        return self.relationship == CHILD


@dataclass(frozen=True, slots=True)
class Household:
    """Residents under one 世帯番号; the first is the head (世帯主)."""

    members: tuple[Resident, ...]

    @property
    def number(self) -> str:
        return self.members[0].household_number

    @property
    def guardians(self) -> tuple[Resident, ...]:
        return tuple(member for member in self.members if not member.is_child)

    @property
    def children(self) -> tuple[Resident, ...]:
        return tuple(member for member in self.members if member.is_child)


@dataclass(frozen=True, slots=True)
class Change:
    """One 異動: the whole record as it is afterwards. `history_number` counts up from 1 per 宛名番号, without gaps.

    `household`: all members afterwards; `state`: 住民状態; `arrived_on`: 住民となった日.
    """

    resident: Resident
    household: Household
    history_number: int
    reason: str
    state: str
    happened_on: date
    reported_on: date
    arrived_on: date


class City:
    """Residents in households, drawn from `seed`; the last household is cut so that there are `persons` of them."""

    def __init__(self, seed: int, persons: int) -> None:
        self.seed = seed
        rng = Random(f"renkei-city-{seed}")
        self.households: tuple[Household, ...] = tuple(_households(rng, persons))
        self.residents = tuple(member for household in self.households for member in household.members)

    @property
    def children(self) -> tuple[Resident, ...]:
        return tuple(resident for resident in self.residents if resident.is_child)

    def household_of(self, resident: Resident) -> Household:
        """The household as it was drawn, before any change."""
        return next(each for each in self.households if each.number == resident.household_number)

    def changes(self) -> Iterator[Change]:
        """All changes of the registry: every resident's first, mixed with later ones of others; ends when all left."""
        rng = Random(f"renkei-changes-{self.seed}")
        newcomers = iter(self.households)
        living: list[Household] = []
        history: dict[str, int] = {}
        arrived: dict[str, date] = {}
        day = TODAY
        while True:
            household = next(newcomers, None) if rng.random() < NEWCOMERS or not living else None
            if household is not None:
                reason, affected = MOVED_IN, household.members
                arrived[household.number] = day
                living.append(household)
            elif living:
                position = rng.randrange(len(living))
                reason, household, affected = _event(rng, living[position])
                living[position] = household
                if reason == MOVED_OUT:
                    del living[position]
            else:
                return
            for member in affected:
                number = history[member.addressee_number] = history.get(member.addressee_number, 0) + 1
                reported = day + timedelta(days=rng.randrange(14))
                state = GONE if reason == MOVED_OUT else RESIDENT
                since = arrived[household.number]
                yield Change(member, household, number, reason, state, day, reported, since)
            day += timedelta(days=rng.randrange(2))


def _event(rng: Random, household: Household) -> tuple[str, Household, tuple[Resident, ...]]:
    """A later event: its 異動事由, the household afterwards, and the members whose record it changes."""
    drawn = rng.random()
    members = household.members
    if drawn < 0.5:
        home = address(rng)
        after = Household(tuple(replace(member, address=home) for member in members))
        return MOVED_WITHIN, after, after.members
    if drawn < 0.7 and len(household.guardians) == 2:
        after = Household(_with_other_head(members))
        return HOUSEHOLD, after, after.members
    if drawn < 0.95:
        last = replace(members[-1], given_name=names.given_name(rng, members[-1].sex))
        return CORRECTED, Household((*members[:-1], last)), (last,)
    return MOVED_OUT, household, members


def _with_other_head(members: tuple[Resident, ...]) -> tuple[Resident, ...]:
    head, spouse, *children = members
    now_spouse = replace(head, relationship=WIFE if head.sex == "2" else HUSBAND)
    return (replace(spouse, relationship=HEAD), now_spouse, *children)


def _households(rng: Random, persons: int) -> Iterator[Household]:
    drawn = 0
    taken: set[str] = set()
    serial = 0
    while drawn < persons:
        serial += 1
        members = []
        surname, home, protected = names.surname(rng, serial), address(rng), rng.random() < PROTECTED
        for sex, relationship, oldest in _composition(rng)[: persons - drawn]:
            drawn += 1
            resident = _resident(rng, drawn, serial, surname, sex, relationship, oldest, home, taken)
            members.append(replace(resident, protected=protected))
        yield Household(tuple(members))


def _composition(rng: Random) -> list[tuple[str, str, int]]:
    """(sex, relationship, greatest age in years) of the members, the head first."""
    head = rng.choice("12")
    members = [(head, HEAD, 60)]
    if rng.random() < 0.75:
        members.append(("2", WIFE, 60) if head == "1" else ("1", HUSBAND, 60))
    members += [(rng.choice("12"), CHILD, 15) for _ in range(rng.choice((1, 1, 1, 2, 2, 3)))]
    return members


def _resident(
    rng: Random, serial: int, household: int, surname: Name, sex: str, relationship: str, oldest: int,
    home: Address, taken: set[str],
) -> Resident:  # fmt: skip
    number = numbers.individual_number(rng)
    while number in taken:
        number = numbers.individual_number(rng)
    taken.add(number)
    youngest = 0 if relationship == CHILD else ADULT
    born = TODAY - timedelta(days=rng.randrange(youngest, max(oldest * 365, youngest + 1)))
    unknown = relationship != CHILD and rng.random() < 0.05
    return Resident(
        addressee_number=numbers.padded(1_000_000 + serial),
        individual_number=number,
        household_number=numbers.padded(2_000_000 + household),
        surname=surname,
        given_name=names.given_name(rng, sex),
        sex=sex,
        born=None if unknown else born,
        born_as_noted=rng.choice(UNKNOWN_BIRTHS) if unknown else "",
        relationship=relationship,
        address=home,
        protected=False,
    )
