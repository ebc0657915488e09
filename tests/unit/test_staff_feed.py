"""What a personnel feed and the rights table mean for the accounts: taken at once, given by a person (R51, R52)."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from hub.clock import JST
from hub.errors import Refused
from hub.ports.accounts import Account, Role
from hub.ports.staff import Employee, Feed, Standing
from hub.support import rights_table, staff_feed
from hub.support.staff_feed import Kind, Step
from hub.support.staff_file import StaffFile

TODAY = date(2027, 4, 2)
NOON = int(datetime(2027, 4, 2, 12, tzinfo=JST).timestamp() * 1_000_000)
DAY_US = 86_400_000_000
MIDNIGHT = NOON + DAY_US // 2  # after which the 2nd is over
HEADER = "name,roles,partners,flows,until,department\n"
SUZUKI = Employee("suzuki", "1", "Welfare", date(2025, 4, 1), None, Standing.ACTIVE)


def account(name: str = "suzuki", *roles: Role, **terms: object) -> Account:
    plain = Account(
        name, "x", frozenset(roles or {Role.SUPPORT}), frozenset(), frozenset(), disabled=False, expires_at=None,
        must_change=False, created_at=1, created_by="admin",
    )  # fmt: skip
    return replace(plain, **terms)  # type: ignore[arg-type]


def steps(accounts: list[Account], people: list[Employee], table: str, give: bool = False) -> list[Step]:
    file = StaffFile(TODAY, tuple(people), {one.account: "x" for one in people})
    return staff_feed.plan(accounts, file, rights_table.read((HEADER + table).encode()), NOON, give)


def only(mine: Account, person: Employee | None, table: str, give: bool = False) -> Step:
    [step] = steps([mine], [] if person is None else [person], table, give)
    return step


def test_who_has_what_the_table_says_stays_as_they_are() -> None:
    assert steps([account()], [SUZUKI], "suzuki,support,,,,Welfare\n") == []


@pytest.mark.rule("R51", "R52")
@pytest.mark.parametrize(
    ("person", "table", "kind", "why"),
    [
        (None, "suzuki,support,,,,Welfare\n", Kind.LEAVER, "is not in the feed"),
        (replace(SUZUKI, standing=Standing.LEFT), "suzuki,support,,,,Welfare\n", Kind.LEAVER, "is left by the feed"),
        (replace(SUZUKI, standing=Standing.SUSPENDED), "suzuki,support,,,,Welfare\n", Kind.LEAVER, "is suspended"),
        (replace(SUZUKI, until=date(2027, 4, 1)), "suzuki,support,,,,Welfare\n", Kind.LEAVER, "ended on 2027-04-01"),
        (replace(SUZUKI, since=date(2027, 4, 3)), "suzuki,support,,,,Welfare\n", Kind.LEAVER, "begins on"),
        (SUZUKI, "", Kind.MOVER, "is not in the rights table"),
        (SUZUKI, "suzuki,support,,,,Tax\n", Kind.MOVER, "is in another department"),
        (SUZUKI, "suzuki,support,,,2027-04-01,Welfare\n", Kind.MOVER, "ended on 2027-04-01 by the rights table"),
    ],
)
@pytest.mark.parametrize("give", [False, True])
def test_who_is_entitled_to_nothing_is_ended(
    person: Employee | None, table: str, kind: Kind, why: str, give: bool
) -> None:
    step = only(account(), person, table, give)
    assert (step.kind, step.takes, step.waits) == (kind, True, False)
    assert why in step.why
    assert step.after == account(disabled=True)


def test_the_last_day_is_worked_and_is_the_end_of_the_account() -> None:
    leaving = replace(SUZUKI, until=TODAY)
    step = only(account(), leaving, "suzuki,support,,,2027-05-31,Welfare\n")
    assert step.after == account(expires_at=MIDNIGHT)
    assert (step.kind, step.takes, step.waits) == (Kind.MOVER, True, False)


@pytest.mark.rule("R51")
def test_of_a_mover_is_taken_what_is_no_longer_theirs_and_given_only_if_asked() -> None:
    mine = account("suzuki", Role.SUPPORT, Role.OPERATOR, partners=frozenset({"pmh", "tax"}))
    table = "suzuki,support reviewer,pmh welfare,F16,,Welfare\n"

    taken = only(mine, SUZUKI, table)
    assert taken.after == replace(
        mine, roles=frozenset({Role.SUPPORT}), partners=frozenset({"pmh"}), flows=frozenset({"F16"})
    )
    assert (taken.takes, taken.waits) == (True, True)

    given = only(mine, SUZUKI, table, give=True)
    assert given.after == replace(
        mine,
        roles=frozenset({Role.SUPPORT, Role.REVIEWER}),
        partners=frozenset({"pmh", "welfare"}),
        flows=frozenset({"F16"}),
    )
    assert (given.takes, given.waits) == (True, False)


@pytest.mark.parametrize(
    ("mine", "table"),
    [
        (account(), "suzuki,reviewer,,,,Welfare\n"),
        (account(partners=frozenset({"pmh"})), "suzuki,support,tax,,,Welfare\n"),
        (account(flows=frozenset({"F16"})), "suzuki,support,,F12,,Welfare\n"),
    ],
)
def test_a_mover_with_nothing_in_common_is_ended_until_somebody_gives(mine: Account, table: str) -> None:
    taken = only(mine, SUZUKI, table)
    assert taken.after == replace(mine, disabled=True)
    assert taken.waits
    given = only(mine, SUZUKI, table, give=True)
    assert given.after is not None
    assert not given.after.disabled


def test_what_would_only_give_waits_and_takes_nothing() -> None:
    step = only(account(expires_at=MIDNIGHT), SUZUKI, "suzuki,support operator,,,,Welfare\n")
    assert step.after == step.before
    assert (step.takes, step.waits) == (False, True)


@pytest.mark.parametrize("ended", [{"disabled": True}, {"expires_at": NOON}])
@pytest.mark.parametrize("give", [False, True])
def test_a_feed_makes_no_account_and_gives_none_back(ended: dict[str, object], give: bool) -> None:
    for known in ([], [account(**ended)]):  # type: ignore[arg-type]
        [step] = steps(known, [SUZUKI], "suzuki,support,,,,Welfare\n", give)
        assert (step.kind, step.after, step.takes, step.waits) == (Kind.JOINER, None, False, True)
    assert steps([], [replace(SUZUKI, standing=Standing.LEFT)], "suzuki,support,,,,Welfare\n") == []
    assert steps([account(**ended)], [], "") == []  # type: ignore[arg-type]


def test_beside_a_feed_the_table_names_departments() -> None:
    with pytest.raises(Refused, match=r"access\.table"):
        table = rights_table.read(b"name,roles,partners,flows,until\nsuzuki,support,,,\n")
        staff_feed.plan([], StaffFile(TODAY, (SUZUKI,), {"suzuki": "x"}), table, NOON)


@pytest.mark.parametrize(
    ("people", "leavers", "share", "seen", "passes"),
    [
        (3, 1, 0.2, None, True),  # one always
        (3, 2, 0.2, None, False),
        (3, 2, 0.2, 2, True),
        (3, 2, 0.2, 3, False),  # another list than was looked at
        (10, 2, 0.2, None, True),
        (10, 3, 0.2, None, False),
        (10, 10, 1.0, None, True),
    ],
)
def test_a_feed_that_takes_from_many_needs_somebody_who_has_seen_it(
    people: int, leavers: int, share: float, seen: int | None, passes: bool
) -> None:
    known = [account(f"a{number}") for number in range(people)]
    staying = [replace(SUZUKI, account=one.name) for one in known[leavers:]]
    table = "".join(f"{one.account},support,,,,Welfare\n" for one in staying)
    found = steps(known, staying, table)
    if passes:
        staff_feed.check_share(known, found, share, seen, NOON)
        return
    with pytest.raises(Refused, match=r"access\.feed_share"):
        staff_feed.check_share(known, found, share, seen, NOON)


@pytest.mark.rule("R50")
def test_an_account_never_becomes_another_persons() -> None:
    file = StaffFile(TODAY, (replace(SUZUKI, staff_id="2"),), {"suzuki": "x"})
    staff_feed.check_owners([], file)
    with pytest.raises(Refused, match="another person's"):
        staff_feed.check_owners([SUZUKI], file)


@pytest.mark.rule("R51")
def test_accounts_beside_the_last_feed() -> None:
    known = [account(), account("left"), account("ended", disabled=True), account("stranger")]
    staff = [SUZUKI, replace(SUZUKI, account="left", standing=Standing.LEFT), replace(SUZUKI, account="new")]
    table = rights_table.read((HEADER + "suzuki,support,,,,Tax\n").encode())

    found = staff_feed.compare(known, staff, table, NOON)

    assert [(one.name, one.what) for one in found] == [
        ("left", "works, and is left by the feed: disable it"),
        ("new", "is in the last feed, and has no account"),
        ("stranger", "works, and is not in the feed: disable it"),
        ("suzuki", "the last feed and the table name different departments"),
    ]


def test_when_the_next_feed_is_due() -> None:
    assert staff_feed.due_at(None, 3) == 0
    assert staff_feed.due_at(Feed(TODAY, "", 0, 0, ""), 3) == MIDNIGHT + 3 * DAY_US
