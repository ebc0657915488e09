"""Accounts: every change is kept with who made it; a session begins with the code that was used for it."""

import json
from collections.abc import Collection
from dataclasses import asdict, fields
from typing import Any

import sqlalchemy as sa

from hub.clock import now_us
from hub.ports.accounts import Account, Change, Credentials, Role, Session
from hub.ports.audit import Entry
from hub.ports.sealed import SealedBody
from hub.store.recording import Recording
from hub.store.tables_accounts import account_changes, accounts, sessions

_SESSION = [sessions.c[field.name] for field in fields(Session)]


class Accounts(Recording):
    """See `hub.ports.accounts`."""

    def accounts(self) -> list[Account]:
        """See the port."""
        query = sa.select(accounts).where(self._is_mine(accounts)).order_by(accounts.c.name)
        return [_account(row) for row in self._database.read(lambda connection: connection.execute(query).all())]

    def account(self, name: str) -> Account | None:
        """See the port."""
        row = self._account_row(name)
        return None if row is None else _account(row)

    def credentials(self, name: str) -> Credentials | None:
        """See the port."""
        row = self._account_row(name)
        if row is None:
            return None
        totp = SealedBody(row.totp_key, bytes(row.totp))
        return Credentials(row.password, totp, row.step, row.failures, row.locked_until)

    def create_account(self, account: Account, credentials: Credentials, change: Change) -> bool:
        """See the port."""
        row = {"tenant": self._tenant, **_row(account), **_secret(credentials)}
        insert = self._database.insert(accounts).values(row).on_conflict_do_nothing().returning(accounts.c.name)

        def work(connection: sa.Connection) -> bool:
            if connection.execute(insert).one_or_none() is None:
                return False
            self._keep_change(connection, account.name, change)
            return True

        return self._database.write(work)

    def change_account(self, before: Account, after: Account, change: Change) -> bool:
        """See the port."""

        def work(connection: sa.Connection) -> bool:
            if self._locked_account(connection, before.name) != before:
                return False
            return self._alter(connection, after, change)

        return self._database.write(work)

    def set_credentials(self, name: str, credentials: Credentials, must_change: bool, change: Change) -> bool:
        """See the port."""
        values = {**_secret(credentials), "must_change": must_change}
        update = sa.update(accounts).values(values).where(self._is_account(name))
        return self._database.write(
            lambda connection: self._alter_row(connection, name, update, change, ends=change.act)
        )

    def account_changes(self, name: str) -> list[Change]:
        """See the port."""
        columns = [account_changes.c[field.name] for field in fields(Change)]
        query = (
            sa.select(*columns)
            .where(self._is_mine(account_changes), account_changes.c.name == name)
            .order_by(account_changes.c.id)
        )
        return [Change(*row) for row in self._database.read(lambda connection: connection.execute(query).all())]

    def note_failure(self, name: str) -> int:
        """See the port. Tries at the same moment are all counted."""
        update = sa.update(accounts).values(failures=accounts.c.failures + 1).where(self._is_account(name))
        counted = update.returning(accounts.c.failures)

        def work(connection: sa.Connection) -> int:
            failures = connection.execute(counted).scalar()
            if failures is None:  # a name that was typed in vain may be anything, and is kept nowhere
                return 0
            self._record(connection, [Entry("session.fail", (f"account:{name}",), now_us(), actor=name)])
            return int(failures)

        return self._database.write(work)

    def lock_account(self, name: str, until: int) -> None:
        """See the port."""
        update = sa.update(accounts).values(locked_until=until).where(self._is_account(name))
        self._database.write(lambda connection: connection.execute(update))

    def begin_session(self, session: Session, step: int) -> bool:
        """See the port."""
        used = (
            sa.update(accounts)
            .values(step=step, failures=0, locked_until=0)
            .where(self._is_account(session.name), accounts.c.step < step)
        )

        def work(connection: sa.Connection) -> bool:
            if connection.execute(used).rowcount != 1:
                return False
            connection.execute(sa.insert(sessions).values(tenant=self._tenant, **asdict(session)))
            what, details = (f"account:{session.name}",), {"from": session.terminal}
            began = Entry("session.begin", what, session.began_at, actor=session.name, details=details)
            self._record(connection, [began])
            return True

        return self._database.write(work)

    def session(self, token: str) -> Session | None:
        """See the port."""
        query = sa.select(*_SESSION).where(self._is_mine(sessions), sessions.c.token == token)
        row = self._database.read(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else Session(*row)

    def touch_session(self, token: str, at: int) -> None:
        """See the port."""
        update = (
            sa.update(sessions)
            .values(last_at=at)
            .where(self._is_mine(sessions), sessions.c.token == token, sessions.c.last_at < at)
        )
        self._database.write(lambda connection: connection.execute(update))

    def end_session(self, token: str, at: int, why: str) -> None:
        """See the port."""
        self._database.write(lambda connection: self._end_sessions(connection, sessions.c.token == token, at, why))

    def sessions(self, names: Collection[str] = (), limit: int = 100) -> list[Session]:
        """See the port."""
        query = sa.select(*_SESSION).where(self._is_mine(sessions))
        if names:
            query = query.where(sessions.c.name.in_(sorted(names)))
        query = query.order_by(sessions.c.began_at.desc()).limit(limit)
        return [Session(*row) for row in self._database.read(lambda connection: connection.execute(query).all())]

    def _alter(self, connection: sa.Connection, account: Account, change: Change) -> bool:
        update = sa.update(accounts).values(_row(account)).where(self._is_account(account.name))
        ends = "disabled" if account.disabled else None
        return self._alter_row(connection, account.name, update, change, ends)

    def _alter_row(
        self, connection: sa.Connection, name: str, update: sa.Update, change: Change, ends: str | None
    ) -> bool:
        if connection.execute(update).rowcount != 1:
            return False
        self._keep_change(connection, name, change)
        if ends is not None:
            self._end_sessions(connection, sessions.c.name == name, change.at, ends)
        return True

    def _end_sessions(self, connection: sa.Connection, which: sa.ColumnElement[bool], at: int, why: str) -> None:
        ended = connection.execute(
            sa.update(sessions)
            .values(ended_at=at, ended_why=why)
            .where(self._is_mine(sessions), which, sessions.c.ended_at.is_(None))
            .returning(sessions.c.name)
        ).scalars()
        self._record(
            connection, [Entry("session.end", (f"account:{name}",), at, purpose=why, actor=name) for name in ended]
        )

    def _keep_change(self, connection: sa.Connection, name: str, change: Change) -> None:
        connection.execute(sa.insert(account_changes).values(tenant=self._tenant, name=name, **asdict(change)))
        details = {"change": change.act, "detail": change.detail}
        happened = Entry("account.change", (f"account:{name}",), change.at, (), change.reason, "", details, change.who)
        self._record(connection, [happened])

    def _locked_account(self, connection: sa.Connection, name: str) -> Account | None:
        """Nobody changes it before this transaction ends."""
        row = connection.execute(sa.select(accounts).where(self._is_account(name)).with_for_update()).one_or_none()
        return None if row is None else _account(row)

    def _account_row(self, name: str) -> sa.Row[Any] | None:
        query = sa.select(accounts).where(self._is_account(name))
        return self._database.read(lambda connection: connection.execute(query).one_or_none())

    def _is_account(self, name: str) -> sa.ColumnElement[bool]:
        return sa.and_(self._is_mine(accounts), accounts.c.name == name)


def _row(account: Account) -> dict[str, object]:
    lists = {
        "roles": sorted(role.value for role in account.roles),
        "partners": sorted(account.partners),
        "flows": sorted(account.flows),
    }
    plain = ("name", "display", "disabled", "expires_at", "must_change", "created_at", "created_by")
    return {name: getattr(account, name) for name in plain} | {name: json.dumps(one) for name, one in lists.items()}


def _secret(credentials: Credentials) -> dict[str, object]:
    totp = credentials.totp
    return {
        "password": credentials.password,
        "totp_key": totp.key_id,
        "totp": totp.ciphertext,
        "step": credentials.step,
        "failures": credentials.failures,
        "locked_until": credentials.locked_until,
    }


def _account(row: sa.Row[Any]) -> Account:
    return Account(
        name=row.name,
        display=row.display,
        roles=frozenset(Role(role) for role in json.loads(row.roles)),
        partners=frozenset(json.loads(row.partners)),
        flows=frozenset(json.loads(row.flows)),
        disabled=row.disabled,
        expires_at=row.expires_at,
        must_change=row.must_change,
        created_at=row.created_at,
        created_by=row.created_by,
    )
