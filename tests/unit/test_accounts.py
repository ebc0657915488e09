"""Accounts, signing in and the rights table, on a real store."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyotp
import pytest

from hub.errors import Refused
from hub.ports.accounts import RIGHTS, Account, Actor, Right, Role
from hub.seal import Sealer
from hub.store import SqlStore, migrate
from hub.support import accounts, rights_table
from hub.support.accounts import Terms
from hub.support.sign_in import Limits, SignedIn, actor_of, live, sign_in, sign_out
from tests.audit import audit_key

SECOND, MINUTE = 1_000_000, 60_000_000
NOON = 1_800_000_000 * SECOND
GOOD = "three plain words here"


@dataclass
class Office:
    store: SqlStore
    sealer: Sealer
    secret: str = ""
    password: str = ""

    def join(self, name: str = "suzuki", *roles: Role) -> None:
        made = accounts.create(
            self.store, self.sealer, name, "Synthetic Suzuki", Terms(frozenset(roles or {Role.SUPPORT})), "admin", "new"
        )
        self.password, self.secret = made.password, pyotp.parse_uri(made.uri).secret

    def code(self, now: int = NOON) -> str:
        return pyotp.TOTP(self.secret).at(now // SECOND)

    def sign_in(self, now: int = NOON, name: str = "suzuki", terminal: str = "10.0.0.5", **wrong: str) -> SignedIn:
        given = {"password": self.password, "code": self.code(now)} | wrong
        return sign_in(self.store, self.sealer, name, given["password"], given["code"], terminal, now)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    url = f"sqlite:///{tmp_path / 'hub.db'}"
    migrate(url)
    store = SqlStore(url, "141305", audit_key)
    made = Office(store, Sealer(bytes(32), store))
    made.join()
    yield made
    store.close()


def refused(office: Office, expected: str, /, now: int = NOON, **wrong: str) -> str:
    with pytest.raises(Refused) as caught:
        office.sign_in(now, **wrong)
    assert caught.value.code == expected
    return caught.value.detail


def test_password_and_code_open_a_session_with_the_rights_of_the_roles(office: Office) -> None:
    signed = office.sign_in()

    assert (signed.actor.name, signed.actor.rights, signed.elsewhere) == ("suzuki", RIGHTS[Role.SUPPORT], False)
    assert actor_of(office.store, signed.token, "10.0.0.5", NOON + MINUTE) == signed.actor
    sign_out(office.store, signed.token, NOON + 2 * MINUTE)
    with pytest.raises(Refused, match=r"access\.signed_out"):
        actor_of(office.store, signed.token, "10.0.0.5", NOON + 2 * MINUTE)


def test_nobody_may_anything_before_they_have_chosen_a_password(office: Office) -> None:
    actor = office.sign_in().actor
    assert actor.must_change
    with pytest.raises(Refused, match=r"access\.denied"):
        actor.need(Right.WATCH)

    accounts.set_password(office.store, "suzuki", office.password, GOOD)

    later = office.sign_in(NOON + MINUTE, password=GOOD).actor
    later.need(Right.REPLAY)
    with pytest.raises(Refused, match=r"access\.denied"):
        later.need(Right.APPROVE)


@pytest.mark.parametrize("new", ["short", "aaaaaaaaaaaaaaaa", "Suzuki-is-my-name", GOOD])
def test_a_password_that_is_easy_to_guess_is_refused(office: Office, new: str) -> None:
    accounts.set_password(office.store, "suzuki", office.password, GOOD)
    with pytest.raises(Refused, match=r"access\.password"):
        accounts.set_password(office.store, "suzuki", GOOD, new)
    with pytest.raises(Refused, match=r"access\.sign_in"):
        accounts.set_password(office.store, "suzuki", "not mine", "another good one here")


def test_unknown_name_wrong_password_and_wrong_code_get_one_answer(office: Office) -> None:
    answers = {
        refused(office, "access.sign_in", name="nobody"),
        refused(office, "access.sign_in", password="wrong"),
        refused(office, "access.sign_in", code="000000"),
    }
    assert len(answers) == 1


def test_a_code_counts_once_and_holds_one_step_either_way(office: Office) -> None:
    office.sign_in()
    refused(office, "access.sign_in")
    refused(office, "access.sign_in", now=NOON + 5 * MINUTE, code=office.code(NOON))
    office.sign_in(NOON + 5 * MINUTE + 30 * SECOND, code=office.code(NOON + 5 * MINUTE))


@pytest.mark.rule("R50")
def test_r50_five_failures_lock_for_a_minute_and_each_further_one_for_twice_as_long(office: Office) -> None:
    for _ in range(5):
        refused(office, "access.sign_in", password="wrong")
    assert "in 1 minutes" in refused(office, "access.locked")
    refused(office, "access.sign_in", password="wrong")  # who has not the password is not told, and nothing is added
    after = NOON + MINUTE
    refused(office, "access.sign_in", now=after, password="wrong")
    assert "in 2 minutes" in refused(office, "access.locked", now=after)
    assert office.sign_in(after + 2 * MINUTE).actor.name == "suzuki"
    refused(office, "access.sign_in", now=after + 2 * MINUTE, password="wrong")
    office.sign_in(after + 3 * MINUTE)


def test_a_session_ends_when_it_is_not_used_and_at_the_end_of_the_day(office: Office) -> None:
    token, limits = office.sign_in().token, Limits()
    at = NOON
    while at - NOON <= limits.most:
        actor_of(office.store, token, "10.0.0.5", at)
        at += 10 * MINUTE
    with pytest.raises(Refused, match=r"access\.signed_out"):
        actor_of(office.store, token, "10.0.0.5", at)

    idle = office.sign_in(at).token
    with pytest.raises(Refused, match=r"access\.signed_out"):
        actor_of(office.store, idle, "10.0.0.5", at + limits.idle + 1)
    assert office.store.sessions(["suzuki"])[0].ended_why == "expired"


@pytest.mark.rule("R50")
def test_r50_one_account_at_two_places_is_told(office: Office) -> None:
    first = office.sign_in()
    second = office.sign_in(NOON + MINUTE, terminal="10.0.0.9")
    assert second.elsewhere
    assert len(live(office.store, "suzuki", NOON + MINUTE)) == 2
    with pytest.raises(Refused, match=r"access\.signed_out"):
        actor_of(office.store, first.token, "10.0.0.9", NOON + MINUTE)


@pytest.mark.rule("R52")
def test_r52_a_leaver_is_out_at_once(office: Office) -> None:
    token = office.sign_in().token
    accounts.disable(office.store, "suzuki", "admin", "left")
    with pytest.raises(Refused, match=r"access\.signed_out"):
        actor_of(office.store, token, "10.0.0.5", NOON)
    refused(office, "access.expired", now=NOON + MINUTE)


@pytest.mark.rule("R51")
def test_r51_rights_taken_away_are_gone_with_the_next_look(office: Office) -> None:
    token = office.sign_in().token
    accounts.change(office.store, "suzuki", Terms(frozenset({Role.OPERATOR})), "admin", "moved")
    assert actor_of(office.store, token, "10.0.0.5", NOON).rights == RIGHTS[Role.OPERATOR]
    ends = Terms(frozenset({Role.OPERATOR}), expires_at=NOON + MINUTE)
    accounts.change(office.store, "suzuki", ends, "admin", "until then")
    with pytest.raises(Refused, match=r"access\.signed_out"):
        actor_of(office.store, token, "10.0.0.5", NOON + MINUTE)


def test_a_page_that_follows_by_itself_does_not_lengthen_a_session(office: Office) -> None:
    limits = Limits()
    token = office.sign_in().token
    for minute in range(1, limits.idle // MINUTE + 1):
        actor_of(office.store, token, "10.0.0.5", NOON + minute * MINUTE, use=False)
    with pytest.raises(Refused, match=r"access\.signed_out"):
        actor_of(office.store, token, "10.0.0.5", NOON + limits.idle + 1, use=False)


def test_a_reset_ends_sessions_and_the_old_secret(office: Office) -> None:
    token, old = office.sign_in().token, office.code(NOON + MINUTE)
    made = accounts.reset(office.store, office.sealer, "suzuki", "admin", "lost the telephone")
    with pytest.raises(Refused, match=r"access\.signed_out"):
        actor_of(office.store, token, "10.0.0.5", NOON)
    refused(office, "access.sign_in", now=NOON + MINUTE, password=made.password, code=old)


def test_nothing_that_signs_in_is_kept_in_the_clear(office: Office, tmp_path: Path) -> None:
    token = office.sign_in().token
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("hub.db*"))
    for secret in (office.password, office.secret, token):
        assert secret.encode() not in kept


@pytest.mark.parametrize(
    ("name", "roles", "code"),
    [
        ("suzuki", {Role.SUPPORT}, "access.exists"),
        ("", {Role.SUPPORT}, "access.name"),
        ("鈴木", {Role.SUPPORT}, "access.name"),
        ("a" * 41, {Role.SUPPORT}, "access.name"),
        ("sato", set(), "access.roles"),
        ("sato", {Role.ADMIN, Role.SUPPORT}, "access.roles"),
    ],
)
def test_what_cannot_be_an_account(office: Office, name: str, roles: set[Role], code: str) -> None:
    with pytest.raises(Refused) as caught:
        accounts.create(office.store, office.sealer, name, "x", Terms(frozenset(roles)), "admin", "new")
    assert caught.value.code == code


@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_what_its_rights_say_and_nothing_else(role: Role) -> None:
    actor = Actor("x", RIGHTS[role])
    for right in Right:
        if right in RIGHTS[role]:
            actor.need(right)
        else:
            with pytest.raises(Refused, match=r"access\.denied"):
                actor.need(right)


def test_no_role_can_both_do_and_agree_to_what_takes_two() -> None:
    """Whoever proposes, discards, replays or gives rights has not the right to approve by the same role."""
    for rights in RIGHTS.values():
        if Right.APPROVE in rights:
            assert not rights & {Right.EDIT, Right.DISCARD, Right.REPLAY, Right.ACCOUNTS}
    assert all(Right.READ not in RIGHTS[role] for role in (Role.OPERATOR, Role.ADMIN)), "no bodies"


@pytest.mark.rule("R17", "R55")
def test_r17_what_belongs_to_others_is_not_there() -> None:
    everybody = Actor("x", frozenset())
    confined = Actor("x", frozenset(), partners=frozenset({"pmh"}), flows=frozenset({"F16"}))
    assert everybody.sees("delivery.welfare", "F2")
    assert confined.sees("delivery.pmh", "F16")
    assert not confined.sees("delivery.pmh", "F17")
    assert not confined.sees("intake.welfare", "F16")


TABLE = "name,roles,partners,flows,until\nsuzuki,support,,,\n"


def compared(office: Office, table: str, now: int = NOON) -> list[str]:
    found = rights_table.compare(office.store.accounts(), rights_table.read(table.encode()), now)
    return [f"{one.name} {one.what}" for one in found]


@pytest.mark.rule("R51")
def test_r51_accounts_beside_the_rights_table(office: Office) -> None:
    office.join("sato", Role.REVIEWER)
    assert compared(office, TABLE + "sato,reviewer,,,\n") == []
    assert compared(office, TABLE) == ["sato works, and is not in the table: disable it"]
    assert compared(office, TABLE + "sato,reviewer support,pmh,,2027-01-14\ntanaka,operator,,,\n") == [
        "sato works, and has ended by the table: disable it",
        "sato roles differ: reviewer here, reviewer support in the table",
        "sato partners differ: all here, pmh in the table",
        "tanaka is in the table, and does not work here",
    ]
    accounts.disable(office.store, "sato", "admin", "left")
    assert compared(office, TABLE) == []
    assert compared(office, TABLE + "sato,reviewer,,,2027-01-14\n") == []


@pytest.mark.parametrize(
    ("table", "what"),
    [
        ("name,roles\n", "line 1"),
        (TABLE + "suzuki,support,,,\n", "line 3: name"),
        (TABLE + "sato,chief,,,\n", "line 3: an unknown role"),
        (TABLE + "sato,support,,,soon\n", "line 3: an unknown role, or until"),
    ],
)
def test_a_table_that_is_not_well_formed_names_its_line(table: str, what: str) -> None:
    with pytest.raises(Refused, match=r"access\.table") as caught:
        rights_table.read(table.encode())
    assert what in caught.value.detail


@pytest.mark.rule("R51", "R52")
def test_a_leaver_does_not_get_the_account_back_by_a_change_that_was_under_way(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given an administrator who has opened an account to give it other roles
    When another one ends it before the change is made
    Then the roles are changed, and it has ended all the same
    """
    read = office.store.account
    late = [lambda: accounts.disable(office.store, "suzuki", "other", "left")]

    def account(name: str) -> Account | None:
        found = read(name)
        if late:
            late.pop()()
        return found

    monkeypatch.setattr(office.store, "account", account)
    changed = accounts.change(office.store, "suzuki", Terms(frozenset({Role.OPERATOR})), "admin", "moved")

    assert changed.disabled
    assert read("suzuki") == changed
    assert changed.roles == {Role.OPERATOR}
