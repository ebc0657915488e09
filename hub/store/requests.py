"""Requests for a second person, and everything else that waits for one."""

import json
from collections.abc import Collection
from dataclasses import asdict, fields
from typing import Any

import sqlalchemy as sa

from hub.ports.audit import Entry
from hub.ports.edits import EditState
from hub.ports.erasure import ErasureState
from hub.ports.holds import HoldState
from hub.ports.requests import NewRequest, Request, RequestKind, RequestState, Waiting
from hub.store.recording import Recording
from hub.store.tables import dead_letters
from hub.store.tables_edits import edits
from hub.store.tables_erasures import erasures
from hub.store.tables_fence import hold_acts, holds
from hub.store.tables_requests import requests

_PERISHABLE = (RequestState.OPEN.value, RequestState.APPROVED.value)
_STANDING = (RequestState.OPEN, RequestState.APPROVED, RequestState.DONE)


class Requests(Recording):
    """See `hub.ports.requests`."""

    def add_request(self, new: NewRequest) -> int:
        """See the port."""
        row = asdict(new) | {
            "tenant": self._tenant, "kind": new.kind.value, "state": RequestState.OPEN.value,
            "subjects": _subjects(new.subjects), "scope": json.dumps(new.scope),
        }  # fmt: skip
        insert = sa.insert(requests).values(row).returning(requests.c.id)

        def work(connection: sa.Connection) -> int:
            made = int(connection.execute(insert).scalar_one())
            what, details = (f"request:{made}",), {"kind": new.kind.value, "digest": new.digest}
            self._record(connection, [Entry("request.ask", what, new.at, (), new.purpose, "", details, new.who)])
            return made

        return self._database.write(work)

    def requests(
        self, states: Collection[RequestState], now: int, after_id: int = 0, limit: int = 100
    ) -> list[Request]:
        """See the port."""
        wanted = _state(now).in_([state.value for state in states])
        query = self._all_requests(now).where(wanted, requests.c.id > after_id).order_by(requests.c.id).limit(limit)
        return [_request(row) for row in self._database.read(lambda connection: connection.execute(query).all())]

    def request(self, request_id: int, now: int) -> Request | None:
        """See the port."""
        query = self._all_requests(now).where(requests.c.id == request_id)
        row = self._database.read(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else _request(row)

    def request_for(self, kind: RequestKind, subjects: Collection[int], now: int) -> Request | None:
        """See the port."""
        about = (requests.c.kind == kind.value, requests.c.subjects == _subjects(subjects))
        standing = _state(now).in_([state.value for state in _STANDING])
        query = self._all_requests(now).where(*about, standing).order_by(requests.c.id.desc()).limit(1)
        row = self._database.read(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else _request(row)

    def decide_request(self, request_id: int, state: RequestState, who: str, reason: str, at: int) -> bool:
        """See the port."""
        decide = (
            sa.update(requests)
            .values(state=state.value, decided_by=who, decided_reason=reason, decided_at=at)
            .where(self._is_mine(requests), requests.c.id == request_id, _state(at) == RequestState.OPEN.value)
        )
        if state is RequestState.APPROVED:
            decide = decide.where(requests.c.who != who)

        def work(connection: sa.Connection) -> bool:
            if connection.execute(decide).rowcount != 1:
                return False
            what, details = (f"request:{request_id}",), {"state": state.value}
            self._record(connection, [Entry("request.decide", what, at, (), reason, "", details, who)])
            return True

        return self._database.write(work)

    def finish_request(self, request_id: int) -> None:
        """See the port."""
        finish = (
            sa.update(requests)
            .values(state=RequestState.DONE.value)
            .where(self._is_mine(requests), requests.c.id == request_id)
            .where(requests.c.state == RequestState.APPROVED.value)
        )
        self._database.write(lambda connection: connection.execute(finish))

    def waiting(self, now: int, limit: int = 100) -> list[Waiting]:
        """See the port."""
        found = [
            Waiting(one.kind.value, str(one.id), one.who, one.at, one.purpose, one.ticket, one.expires_at, one.scope)
            for one in self.requests([RequestState.OPEN], now, limit=limit)
        ]

        def work(connection: sa.Connection) -> list[Waiting]:
            return [
                Waiting(kind, str(row.id), row.who, row.at, row.purpose, row.ticket, scope=_scope(row))
                for kind, query in self._others().items()
                for row in connection.execute(query.order_by(query.selected_columns.id).limit(limit)).all()
            ]

        return found + self._database.read(work)

    def waiting_counts(self, now: int) -> list[tuple[str, int, int]]:
        """See the port."""
        own = (
            sa.select(requests.c.kind, sa.func.count(), sa.func.min(requests.c.at))
            .where(self._is_mine(requests), _state(now) == RequestState.OPEN.value)
            .group_by(requests.c.kind)
        )

        def work(connection: sa.Connection) -> list[tuple[str, int, int]]:
            found = [(kind, count, oldest) for kind, count, oldest in connection.execute(own).all()]
            for kind, query in self._others().items():
                each = query.subquery()
                counted = sa.select(sa.func.count(), sa.func.min(each.c["at"])).select_from(each)
                count, oldest = connection.execute(counted).one()
                if count:
                    found.append((kind, count, oldest))
            return found

        return self._database.read(work)

    def _others(self) -> dict[str, sa.Select[Any]]:
        """id, who, at, purpose, ticket, hop and type of what takes its second person in states of its own."""
        last = (
            sa.select(sa.func.max(hold_acts.c.id))
            .where(self._is_mine(hold_acts), hold_acts.c.hold_id == holds.c.id, hold_acts.c.act == "review")
            .correlate(holds)
            .scalar_subquery()
        )
        none = sa.null().label
        return {
            "edit": sa.select(
                edits.c.id, edits.c.who, edits.c["at"], edits.c.reason.label("purpose"), edits.c.ticket,
                dead_letters.c.hop, dead_letters.c.type,
            )
            .join(dead_letters, sa.and_(dead_letters.c.id == edits.c.dead_id, self._is_mine(dead_letters)))
            .where(self._is_mine(edits), edits.c.state == EditState.PROPOSED.value),
            "erasure": sa.select(
                erasures.c.id, erasures.c.who, erasures.c["at"], erasures.c.reason.label("purpose"),
                erasures.c.ticket, none("hop"), none("type"),
            ).where(self._is_mine(erasures), erasures.c.state == ErasureState.ASKED.value),
            "hold": sa.select(
                holds.c.id, hold_acts.c.who, hold_acts.c["at"], hold_acts.c.reason.label("purpose"),
                hold_acts.c.ticket,
                holds.c.hop, holds.c.type,
            )
            .join(hold_acts, hold_acts.c.id == last)
            .where(self._is_mine(holds), holds.c.state == HoldState.REVIEWED.value),
        }  # fmt: skip

    def _all_requests(self, now: int) -> sa.Select[Any]:
        columns = [requests.c[field.name] for field in fields(Request) if field.name != "state"]
        return sa.select(*columns, _state(now).label("state")).where(self._is_mine(requests))


def _state(now: int) -> sa.ColumnElement[str]:
    over = sa.and_(requests.c.state.in_(_PERISHABLE), requests.c.expires_at <= now)
    return sa.case((over, RequestState.EXPIRED.value), else_=requests.c.state)


def _subjects(ids: Collection[int]) -> str:
    return json.dumps(sorted(set(ids)))


def _scope(row: sa.Row[Any]) -> tuple[tuple[str, str], ...]:
    return () if row.hop is None else ((row.hop, row.type),)


def _request(row: sa.Row[Any]) -> Request:
    found = row._asdict()
    return Request(
        **found
        | {
            "kind": RequestKind(row.kind),
            "state": RequestState(row.state),
            "subjects": tuple(json.loads(row.subjects)),
            "scope": tuple((hop, type_) for hop, type_ in json.loads(row.scope)),
        }
    )
