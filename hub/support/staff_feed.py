"""Joiners, movers, leavers: what a feed of the personnel office and the rights table mean for the accounts (R51, R52).

What takes rights away needs nobody's leave and is done at once: who is not in the feed, has left, or moved to where the
rights table gives them nothing. What gives rights waits for the administrator of accounts: a mover's with `give`, a
joiner's by hand, since somebody has to hand over the password.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum
from hashlib import sha256

from hub.clock import JST, end_of_day
from hub.errors import Refused
from hub.ports.accounts import Account, Change
from hub.ports.staff import Alteration, Employee, Feed, Standing
from hub.ports.store import Store
from hub.support.accounts import Terms, detail
from hub.support.rights_table import Difference, Line
from hub.support.staff_file import StaffFile

_DAY_US = 86_400_000_000


class Kind(Enum):
    JOINER = "joiner"
    MOVER = "mover"
    LEAVER = "leaver"


@dataclass(frozen=True, slots=True)
class Step:
    """`before`: None where there is no account; `terms`: what the person is entitled to, None: nothing, and `why`.

    `after`: the account once the feed is applied, None where that is left to the administrator.
    """

    name: str
    kind: Kind
    why: str
    before: Account | None
    terms: Terms | None
    after: Account | None

    @property
    def takes(self) -> bool:
        """Somebody can do less than before."""
        return self.before is not None and self.after is not None and _less(self.before, self.after)

    @property
    def waits(self) -> bool:
        """Something is left to give."""
        return self.terms is not None and (self.after is None or _with(self.after, self.terms) != self.after)


def plan(
    accounts: Sequence[Account], file: StaffFile, table: Mapping[str, Line], now: int, give: bool = False
) -> list[Step]:
    """In the order of names; accounts that stay as they are have no step. Raises Refused `access.table`."""
    if any(line.department is None for line in table.values()):
        raise Refused("access.table", "line 1: beside a feed the table needs the column department")
    known, people = {one.name: one for one in accounts}, {one.account: one for one in file.people}
    steps = (_step(known.get(name), people.get(name), table.get(name), now, give) for name in known | people)
    return sorted((one for one in steps if one is not None), key=lambda one: one.name)


def apply(store: Store, file: StaffFile, content: bytes, steps: Sequence[Step], who: str, reason: str, now: int) -> int:
    """How many accounts changed. Raises Refused `access.feed_passed`."""
    told = f"personnel feed of {file.of}"
    altered = [
        Alteration(
            one.before, one.after, Change(now, who, _act(one.after), detail(one.after), _words(told, one, reason))
        )
        for one in steps
        if one.before is not None and one.after is not None and one.after != one.before
    ]
    feed = Feed(file.of, sha256(content).hexdigest(), len(file.people), now, who)
    if not store.apply_staff(feed, file.people, altered):
        raise Refused("access.feed_passed", "a feed of a later day was applied, or an account was changed just now")
    return len(altered)


def day_of(now: int) -> date:
    """In Japan."""
    return datetime.fromtimestamp(now / 1_000_000, JST).date()


def due_at(feed: Feed | None, days: int) -> int:
    """When the next one should have been applied: so long after the day the last one tells of. 0 without one."""
    return 0 if feed is None else end_of_day(feed.of) + days * _DAY_US


def compare(
    accounts: Sequence[Account], staff: Sequence[Employee], table: Mapping[str, Line], now: int
) -> list[Difference]:
    """Accounts beside the last feed, and its departments beside the rights table (R51). In the order of names."""
    known, people = {one.name: one for one in accounts}, {one.account: one for one in staff}
    found = []
    for name in sorted(known.keys() | people.keys()):
        account, person, line = known.get(name), people.get(name), table.get(name)
        gone = _gone(person, now)
        if account is None and not gone:
            found.append(Difference(name, "is in the last feed, and has no account"))
        if account is not None and account.works(now) and gone:
            found.append(Difference(name, f"works, and {gone}: disable it"))
        if person is not None and line is not None and line.department not in (None, person.department):
            found.append(Difference(name, "the last feed and the table name different departments"))
    return found


def check_owners(known: Sequence[Employee], file: StaffFile) -> None:
    """An account is one person's, for ever. Raises Refused `access.feed`."""
    owners = {one.account: one.staff_id for one in known}
    for one in file.people:
        if owners.get(one.account, one.staff_id) != one.staff_id:
            raise Refused("access.feed", f"account {one.account}: it was another person's; names are given once")


def check_share(accounts: Sequence[Account], steps: Sequence[Step], share: float, seen: int | None, now: int) -> None:
    """`share`: of the working accounts, how many may lose something at once, one always. `seen`: as many, told by who
    has looked at the list. Raises Refused `access.feed_share`."""
    takes, working = sum(one.takes for one in steps), sum(one.works(now) for one in accounts)
    if takes > max(1.0, share * working) and takes != seen:
        raise Refused("access.feed_share", f"it takes rights from {takes} of {working} accounts")


def _step(account: Account | None, person: Employee | None, line: Line | None, now: int, give: bool) -> Step | None:
    due = _due(person, line, now)
    if account is None or not account.works(now):
        if isinstance(due, str) or person is None:
            return None
        why = "has no account" if account is None else "the account has ended"
        return Step(person.account, Kind.JOINER, why, account, due, None)
    if isinstance(due, str):
        kind = Kind.LEAVER if _gone(person, now) else Kind.MOVER
        return Step(account.name, kind, due, account, None, replace(account, disabled=True))
    wanted = _with(account, due)
    if wanted == account:
        return None
    after = wanted if give else _common(account, due)
    return Step(account.name, Kind.MOVER, f"is to have: {detail(wanted)}", account, due, after)


def _due(person: Employee | None, line: Line | None, now: int) -> Terms | str:
    """What somebody is entitled to, or why to nothing."""
    gone = _gone(person, now)
    if gone or person is None:
        return gone
    if line is None:
        return "is not in the rights table"
    if line.department != person.department:
        return "is in another department than the rights table says"
    if line.until is not None and line.until < day_of(now):
        return f"ended on {line.until} by the rights table"
    ends = [end_of_day(day) for day in (person.until, line.until) if day is not None]
    return Terms(line.roles, line.partners, line.flows, min(ends, default=None))


def _gone(person: Employee | None, now: int) -> str:
    """Why somebody does not work here today, "" where they do."""
    today = day_of(now)
    if person is None:
        return "is not in the feed"
    if person.standing is not Standing.ACTIVE:
        return f"is {person.standing.value} by the feed"
    if person.since > today:
        return f"begins on {person.since} by the feed"
    if person.until is not None and person.until < today:
        return f"ended on {person.until} by the feed"
    return ""


def _with(account: Account, terms: Terms) -> Account:
    return replace(account, roles=terms.roles, partners=terms.partners, flows=terms.flows, expires_at=terms.expires_at)


def _common(account: Account, terms: Terms) -> Account:
    """What the account has and is to have; ended where that is nothing."""
    roles = account.roles & terms.roles
    limits = [_both(account.partners, terms.partners), _both(account.flows, terms.flows)]
    ends = [one for one in (account.expires_at, terms.expires_at) if one is not None]
    partners, flows = limits
    if not roles or partners is None or flows is None:
        return replace(account, disabled=True)
    return replace(account, roles=roles, partners=partners, flows=flows, expires_at=min(ends, default=None))


def _both(one: frozenset[str], other: frozenset[str]) -> frozenset[str] | None:
    """What both limits let through; an empty limit is none. None: nothing."""
    if not one or not other:
        return one | other
    return one & other or None


def _less(before: Account, after: Account) -> bool:
    lost = _common(before, Terms(after.roles, after.partners, after.flows, after.expires_at))
    return after.disabled or lost != before


def _act(after: Account) -> str:
    return "disable" if after.disabled else "change"


def _words(feed: str, step: Step, reason: str) -> str:
    why = step.why if step.terms is None else ""
    return "; ".join(word for word in (feed, step.kind.value, why, reason) if word)
