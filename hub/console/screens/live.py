"""Streams that say when a page has something new to show; without them, a reload shows it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from hub.clock import now_us
from hub.console.cookies import Jar
from hub.console.desk import Desk
from hub.errors import Refused, RenkeiError
from hub.ports.accounts import Actor, Right
from hub.ports.store import Circuit
from hub.support import plans, sight

_SECONDS = 1.0
_LIFE_SECONDS = 120.0  # then the browser asks again, and whether it is still signed in is looked at again
_RETRY_MS = 5000


@dataclass(frozen=True, slots=True)
class Stream:
    """`mark`: something that differs when the page has changed. Asked once a second, it must be cheap.

    `there`: whether it is there for whoever asks (R17).
    """

    path: str
    right: Right
    mark: Callable[[Desk, Request], str]
    there: Callable[[Desk, Request, Actor], bool]

    def endpoint(self, desk: Desk, jar: Jar) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            terminal = request.client.host if request.client else ""
            try:
                actor = await run_in_threadpool(desk.door.actor, jar.token(request), terminal, False)
                actor.need(self.right)
                if not await run_in_threadpool(self.there, desk, request, actor):
                    raise Refused("access.denied", "it is about partners or flows of others")
            except Refused as error:
                return PlainTextResponse(error.code, 403)
            return StreamingResponse(self._events(desk, request), media_type="text/event-stream")

        return serve

    async def _events(self, desk: Desk, request: Request) -> AsyncIterator[str]:
        yield f"retry: {_RETRY_MS}\n\n"
        before, ends = "", time.monotonic() + _LIFE_SECONDS
        while time.monotonic() < ends and not await request.is_disconnected():
            try:
                now = await run_in_threadpool(self.mark, desk, request)
            except RenkeiError:
                now = "unavailable"
            if now != before:
                yield f"data: {now}\n\n"
                before = now
            await asyncio.sleep(_SECONDS)


def _plan(desk: Desk, request: Request) -> str:
    found = plans.progress(desk.app.store, int(request.path_params["plan_id"]))
    states = ",".join(f"{one.value}={count}" for one, count in sorted(found.tally.states.items(), key=str))
    return f"{found.plan.state.value} {found.runs} {states} {found.tally.arrivals}"


def _plan_seen(desk: Desk, request: Request, actor: Actor) -> bool:
    return sight.plan_seen(actor, desk.app.registry, desk.app.store, int(request.path_params["plan_id"]))


def _overview(desk: Desk, _request: Request) -> str:
    store, now = desk.app.store, now_us()
    states = (
        [(one.cause, one.letters) for one in store.causes(now)],
        store.hold_counts(),
        [(name, *_told(store.circuit(name))) for name in desk.app.registry.connectors],
    )
    return sha256(repr(states).encode()).hexdigest()[:16]


def _told(circuit: Circuit) -> tuple[str, bool]:
    return circuit.state, circuit.paused


STREAMS = (
    Stream("/events", Right.WATCH, _overview, lambda _desk, _request, _actor: True),
    Stream("/plans/{plan_id:int}/events", Right.WATCH, _plan, _plan_seen),
)
