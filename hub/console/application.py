"""The web application: cookies, headers, session and right before a screen is asked, a card for every refusal."""

import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from hub.app import App
from hub.clock import now_us
from hub.console import cookies, forms, headers
from hub.console.desk import Desk
from hub.console.door import Door
from hub.console.page import Page
from hub.console.screen import Screen, Without
from hub.console.table import SCREENS, STREAMS
from hub.console.texts import Texts, preferred
from hub.errors import BrokerUnavailable, Refused, RenkeiError, StoreUnavailable
from hub.ports.accounts import Right
from hub.ports.audit import HUB, Entry, acting
from hub.support import emergencies

CLOSE_SECONDS = 20.0
LIVE = "x-live"  # sent by a page that asks by itself
CHOOSE_FIRST = "/password"  # where whoever has to choose one is led to first
_UNKNOWN, _DENIED = ".unknown", "access.denied"
_log = structlog.get_logger("hub.console")
_STATUS = {"access.denied": 403, "access.signed_out": 401, "console.form": 403, "console.page": 404}


def build(app: App, door: Door, secure: bool) -> Starlette:
    """`secure`: the browser comes over TLS. The caller closes `app` when the server has ended."""
    jar = cookies.Jar(secure)
    desk = Desk(app, door, jar)

    @asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(desk.runners.close, CLOSE_SECONDS)

    async def unknown(request: Request, _error: Exception) -> Response:
        page = _page(request, desk, jar, FormData())
        return await run_in_threadpool(_safely, page, lambda _page: _no_such_page())

    routes: list[Route | Mount] = [
        Route(screen.path, _endpoint(screen, desk, jar), methods=[screen.method]) for screen in SCREENS
    ]
    routes += [Route(stream.path, stream.endpoint(desk, jar), methods=["GET"]) for stream in STREAMS]
    routes.append(Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")))
    starlette = Starlette(routes=routes, lifespan=life, exception_handlers={404: unknown, 405: unknown})
    starlette.add_middleware(headers.Headers, secure=secure)
    return starlette


def _endpoint(screen: Screen, desk: Desk, jar: cookies.Jar) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        problem: RenkeiError | None = None
        form = FormData()
        if screen.method == "POST":
            try:
                form = await forms.read(request)
            except (Refused, HTTPException) as error:
                problem = error if isinstance(error, Refused) else Refused("console.form", "it cannot be read")
        page = _page(request, desk, jar, form)
        response = await run_in_threadpool(_safely, page, lambda page: _answered(page, screen, problem))
        jar.keep_visit(request, response, page.visit)
        return response

    return serve


def _page(request: Request, desk: Desk, jar: cookies.Jar, form: FormData) -> Page:
    language = preferred(request.cookies.get(cookies.LANGUAGE), request.headers.get("accept-language", ""))
    return Page(
        request=request,
        desk=desk,
        texts=Texts(language),
        visit=jar.visit(request) or forms.new_visit(),
        token=jar.token(request),
        terminal=request.client.host if request.client else "",
        form=form,
        path=request.url.path,
    )


def _answered(page: Page, screen: Screen, problem: RenkeiError | None) -> Response:
    """Form key first, then who it is, then the right, then the screen."""
    if problem is not None:
        raise problem
    if screen.method == "POST":
        forms.verify(page.request.headers, page.visit, page.token, page.form.get(forms.FIELD))
    if page.token:
        try:
            actor = page.desk.door.actor(page.token, page.terminal, LIVE not in page.request.headers)
            page.emergencies = emergencies.open_now(page.app.store)
            page.signed_in = emergencies.widened(actor, page.emergencies)
        except Refused:
            if screen.right is not Without.ANYONE:
                raise
    if screen.right is not Without.ANYONE and page.actor.must_change and screen.path != CHOOSE_FIRST:
        return page.go(CHOOSE_FIRST)
    with acting(HUB if page.signed_in is None else page.signed_in.name, page.terminal):
        try:
            if isinstance(screen.right, Right):
                page.actor.need(screen.right)
            return screen.answer(page)
        except Refused as error:
            if page.signed_in is not None and (error.code == _DENIED or error.code.endswith(_UNKNOWN)):
                _note_refusal(page, screen, error.code)
            raise


def _note_refusal(page: Page, screen: Screen, code: str) -> None:
    """Somebody asked for what is not there, or not theirs: who tries numbers is seen (R47, R49).

    Of the address its form alone: what was typed in it may be the number of a person.
    """
    page.app.store.record([Entry("look.refused", (f"page:{screen.path}",), now_us(), details={"code": code})])


def _safely(page: Page, answer: Callable[[Page], Response]) -> Response:
    """What is refused becomes a card that says what is next."""
    try:
        return answer(page)
    except RenkeiError as error:
        if error.code == "access.signed_out" and page.request.method == "GET":
            return _to_sign_in(page)
        unavailable = isinstance(error, StoreUnavailable | BrokerUnavailable)
        unknown = error.code.endswith(_UNKNOWN)
        status = 503 if unavailable else 404 if unknown else _STATUS.get(error.code, 409)
        return page.show("error.html", status, error=error, bare=isinstance(error, StoreUnavailable))
    except Exception as error:  # noqa: BLE001 - a bug of ours: its text may quote a message, so type and place only
        place = traceback.extract_tb(error.__traceback__)[-1]
        _log.error("page_failed", error=type(error).__name__, line=f"{place.name}:{place.lineno}")
        return page.show("error.html", 500, error=RenkeiError("hub.internal"), bare=True)


def _to_sign_in(page: Page) -> Response:
    """Back to where it was, once signed in; the address carries nothing that may not be seen."""
    asked = page.path + (f"?{page.request.url.query}" if page.request.url.query else "")
    query = {"next": asked} if asked != "/" else {}
    if page.token:
        query["why"] = "signed_out"
    return RedirectResponse(f"/sign-in?{urlencode(query)}" if query else "/sign-in", 303)


def _no_such_page() -> Response:
    raise Refused("console.page", "")
